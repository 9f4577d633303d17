import Exploration
import VirtualMemory

/// An execution with the names that its explanation uses.
struct ToldExecution: Sendable {
    let replay: Replay
    let names: TestNames
    /// The states before the first section and behind each.
    let states: [NamedState]

    init(_ replay: Replay) {
        self.replay = replay
        names = TestNames(test: replay.test)
        states = NamedState.states(
            of: [replay.initial] + replay.steps.map(\.after), pinBias: replay.test.program.pinBias)
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
                ? usedTranslation(at: index) : after.spaces[process].pages[Int(page)].entry
            return Store(process: process, page: Int(page), word: Int(word), frame: entry?.frame)
        case .write(let index, let word, _, _):
            let reference = after.references[Int(index)]
            return Store(
                process: reference.owner, page: names.page(ofReference: Int(index)), word: Int(word),
                frame: reference.frame, reference: Int(index))
        default: return nil
        }
    }

    /// The old translation that an access of a CPU used; nil where it walked.
    func usedTranslation(at index: Int) -> MachineSnapshot.Entry? {
        let step = replay.steps[index]
        let before = states[index].snapshot
        guard step.choice > 0 else { return nil }
        let usable: [MachineSnapshot.Entry]
        switch names.operation(of: step) {
        case .store(let page, _, _):
            usable = before.threads[step.thread].oldTranslations[Int(page)].filter {
                $0.frame == nil || ($0.isWritable && $0.isDirty)
            }
        case .load(let page, _, _):
            let entry = before.spaces[replay.test.processes[step.thread]].pages[Int(page)].entry
            usable = before.threads[step.thread].oldTranslations[Int(page)].filter {
                $0.frame == nil || (entry?.isHidden ?? true) || $0.frame != entry?.frame
            }
        default: return nil
        }
        return step.choice <= usable.count ? usable[step.choice - 1] : nil
    }
}
