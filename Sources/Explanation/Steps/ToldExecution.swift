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
        if let store = storeWithinCall(at: index) { return store }
        guard after.threads[step.thread].place != states[index].snapshot.threads[step.thread].place else {
            return nil
        }
        switch names.operation(of: step) {
        case .store(let page, let word, _) where step.site?.function == "store":
            let process = states[index].snapshot.threads[step.thread].memory
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

    /// A store that is not the end of its statement: by a direct read, or into another process's memory.
    private func storeWithinCall(at index: Int) -> Store? {
        let step = replay.steps[index]
        let before = states[index].snapshot
        switch (names.operation(of: step), step.site?.function) {
        case (.complete(let reference, let word, _, _, _), "device"):
            let record = before.references[Int(reference)]
            guard record.isForWriting, record.frame != nil else { return nil }
            return Store(
                process: record.owner, page: names.page(ofReference: Int(reference)), word: Int(word),
                frame: record.frame, reference: Int(reference))
        case (.writeRemotely(_, let process, let range, let word, _, let first, _), "copy_page_from_iter"):
            let references = Int(first)..<(Int(first) + Int(range.count))
            guard let reference = references.first(where: { before.references[$0].isOpen }) else {
                return nil
            }
            return Store(
                process: Int(process), page: names.page(ofReference: reference), word: Int(word),
                frame: before.references[reference].frame)
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
            let entry = before.spaces[before.threads[step.thread].memory].pages[Int(page)].entry
            usable = before.threads[step.thread].oldTranslations[Int(page)].filter {
                $0.frame == nil || (entry?.isHidden ?? true) || $0.frame != entry?.frame
                    || (replay.test.program.observesYoung && !(entry?.isYoung ?? true))
            }
        default: return nil
        }
        return step.choice <= usable.count ? usable[step.choice - 1] : nil
    }
}
