import Exploration
import VirtualMemory

/// Says why a section broke a guarantee, naming who is concerned.
struct ViolationReason {
    let execution: ToldExecution
    /// The section, from 0.
    let index: Int
    let violation: Violation

    var replay: Replay { execution.replay }
    var names: TestNames { execution.names }
    var states: [NamedState] { execution.states }
    var step: Replay.Step { replay.steps[index] }
    var before: NamedState { states[index] }
    var after: NamedState { states[index + 1] }
    var actor: String { names.actor(step.thread) }

    /// One sentence, without its full stop.
    var text: String {
        switch violation.guarantee {
        case .isolation: isolation
        case .snapshot: snapshot
        case .coherence: coherence
        case .durability: durability
        case .authority: authority
        case .tracking: tracking
        case .precision: precision
        case .safety: safety
        }
    }

    /// The store that the section did, if it did one.
    var store: ToldExecution.Store? { execution.store(at: index) }

    /// Who stores, in words.
    func storer(_ store: ToldExecution.Store) -> String {
        store.reference.map { "the device behind \(names.reference($0))" } ?? actor
    }

    func frame(_ store: ToldExecution.Store) -> String {
        store.frame.map { after.name(of: $0) } ?? "a freed frame"
    }
}
