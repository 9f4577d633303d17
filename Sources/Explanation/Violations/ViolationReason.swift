import Exploration
import VirtualMemory

/// Says why a section broke a guarantee, naming who is concerned.
struct ViolationReason {
    let replay: Replay
    let names: TestNames
    /// The states before the first section and behind each.
    let states: [NamedState]
    /// The section, from 0.
    let index: Int
    let violation: Violation

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
        case .tracking: "a store is reported by no tracker"
        case .precision: precision
        case .safety: safety
        }
    }

    /// A store: through whose memory it comes, and where it arrives.
    struct Store {
        var process: Int
        var page: Int
        var word: Int
        var frame: Int?
        /// The reference that it comes through; nil for a CPU's.
        var reference: Int?
    }

    /// The store that the section did, if it did one.
    var store: Store? { store(at: index) }

    /// The store that a section did, if it did one; attempts that faulted are none.
    func store(at index: Int) -> Store? {
        let step = replay.steps[index]
        let after = states[index + 1].snapshot
        guard after.threads[step.thread].place != states[index].snapshot.threads[step.thread].place else {
            return nil
        }
        switch names.operation(of: step) {
        case .store(let page, let word, _) where step.site?.function == "store":
            let process = replay.test.processes[step.thread]
            let entry =
                step.choice > 0
                ? after.threads[step.thread].oldTranslations[Int(page)].first
                : after.spaces[process].pages[Int(page)].entry
            return Store(process: process, page: Int(page), word: Int(word), frame: entry?.frame)
        case .write(let index, let word, _, _):
            let reference = after.references[Int(index)]
            return Store(
                process: reference.owner, page: names.page(ofReference: Int(index)), word: Int(word),
                frame: reference.frame, reference: Int(index))
        default: return nil
        }
    }

    /// Who stores, in words.
    func storer(_ store: Store) -> String {
        store.reference.map { "the device behind \(names.reference($0))" } ?? actor
    }

    func frame(_ store: Store) -> String { store.frame.map { after.name(of: $0) } ?? "a freed frame" }
}
