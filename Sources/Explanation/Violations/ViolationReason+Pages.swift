import Exploration
import VirtualMemory

// What is broken when an entry comes about, when fork is done, when an operation goes wrong.
extension ViolationReason {
    /// The process and the page whose entry the section changed to another frame.
    private var installed: (process: Int, page: Int)? {
        for process in after.snapshot.spaces.indices {
            for page in after.snapshot.spaces[process].pages.indices {
                let new = after.snapshot.spaces[process].pages[page].entry
                if new != nil, new?.frame != before.snapshot.spaces[process].pages[page].entry?.frame {
                    return (process, page)
                }
            }
        }
        return nil
    }

    /// The state in which a page had another frame last, and that frame's name then.
    private func replaced(_ process: Int, _ page: Int) -> (section: Int, frame: Int, name: String)? {
        for section in stride(from: index, through: 0, by: -1) {
            let entry = states[section].snapshot.spaces[process].pages[page].entry
            if let frame = entry?.frame { return (section, frame, states[section].name(of: frame)) }
        }
        return nil
    }

    var coherence: String {
        for index in after.snapshot.references.indices {
            let reference = after.snapshot.references[index]
            let page = names.page(ofReference: index)
            guard reference.state == .confirmed, reference.isPin, !reference.isGivenUp,
                reference.isForWriting || reference.isLongTerm, let frame = reference.frame,
                let entry = after.snapshot.spaces[reference.owner].pages[page].entry, entry.frame != frame
            else { continue }
            return "\(names.reference(index)) pins \(after.name(of: frame)), but "
                + "\(names.page(reference.owner, page)) now maps \(entry.frame.map { after.name(of: $0) } ?? "")"
        }
        return "a pin leads to another frame than the one that is mapped"
    }

    /// A copy is mapped that lacks what was stored into its source since.
    var lostBehindCopy: String {
        guard let (process, page) = installed, let (section, frame, name) = replaced(process, page) else {
            return "a store that completed is lost"
        }
        let copy =
            after.snapshot.spaces[process].pages[page].entry?.frame.map { after.name(of: $0) } ?? "a copy"
        let lost = stores(into: frame, sections: copyBegin(before: section)..<index).last
        let what = lost.map { "what \($0) had stored" } ?? "a store that had completed"
        return "\(names.page(process, page)) now maps the copy \(copy), which lacks \(what) into \(name)"
    }

    /// The section in which the thread of this one began to copy the page.
    private func copyBegin(before section: Int) -> Int {
        var first = section
        while first > 0 {
            let step = replay.steps[first - 1]
            if step.thread == self.step.thread, step.site?.function == "handle_pte_fault" { return first - 1 }
            first -= 1
        }
        return 0
    }

    /// Who stored into a frame, each as `T by '*x = 1'`.
    private func stores(into frame: Int, sections: Range<Int>) -> [String] {
        sections.compactMap { section in
            let step = replay.steps[section]
            guard step.thread != self.step.thread, let operation = step.operation,
                let store = execution.store(at: section), store.frame == frame
            else { return nil }
            return "\(names.actor(step.thread)) by '\(names.statement(step.thread, operation))'"
        }
    }

    var precision: String {
        guard let (process, page) = installed else {
            let source = precisionSource.map { "\(names.page($0.process, $0.page)) (\($0.name))" } ?? "a page"
            return "fork copies \(source) at once, though no pin is on it"
        }
        let owner = names.process(process)
        if let parent = parent(forming: process) {
            let source = replaced(parent, page)?.name ?? "the page"
            return
                "fork copies \(source) for \(owner) at once, though no pin of \(names.process(parent)) is on it"
        }
        let source = replaced(process, page)?.name ?? "the page"
        return "\(source) was copied though nobody but \(owner) can see it"
    }

    /// For an early copy that has only begun: a page with as many references as a pin's, but no pin.
    private var precisionSource: (process: Int, page: Int, name: String)? {
        let process = replay.test.processes[step.thread]
        for page in after.snapshot.spaces[process].pages.indices {
            guard let frame = after.snapshot.spaces[process].pages[page].entry?.frame,
                frame != MachineView.zeroFrame
            else { continue }
            let facts = after.facts(frame)
            if facts.pins == 0, facts.frame.references >= facts.pinBias {
                return (process, page, after.name(of: frame))
            }
        }
        return nil
    }

    /// The parent of a child whose fork is under way.
    private func parent(forming child: Int) -> Int? {
        guard after.snapshot.spaces[child].facts.life == .forming else { return nil }
        return replay.test.processes[step.thread]
    }

    /// The cut that a child got has a store and lacks one that was done before.
    var snapshot: String {
        guard
            let child = after.snapshot.spaces.indices.first(where: {
                before.snapshot.spaces[$0].facts.life == .forming
                    && after.snapshot.spaces[$0].facts.life == .live
            })
        else { return "the child's memory is no consistent cut of its parent's" }
        let name = names.process(child)
        var has: String?
        var lacks: String?
        for section in formingSections(of: child) {
            guard let store = execution.store(at: section),
                store.process == replay.test.processes[step.thread],
                case .store(_, _, let value)? = names.operation(of: replay.steps[section]),
                let operation = replay.steps[section].operation
            else { continue }
            let thread = replay.steps[section].thread
            let told = "'\(names.statement(thread, operation))' of \(names.actor(thread))"
            let frame = after.snapshot.spaces[child].pages[store.page].entry?.frame
            let word = frame.map { after.snapshot.frames[$0].words[store.word] } ?? 0
            if word != value { lacks = lacks ?? told } else if lacks != nil { has = told }
        }
        guard let has, let lacks else { return "\(name)'s memory is no consistent cut of its parent's" }
        return "\(name) has \(has), but lacks \(lacks), which was done before"
    }

    private func formingSections(of child: Int) -> Range<Int> {
        var first = index
        while first > 0, states[first].snapshot.spaces[child].facts.life == .forming { first -= 1 }
        return first..<index
    }

    var safety: String {
        switch names.operation(of: step) {
        case .store(let page, _, _) where step.choice > 0, .load(let page, _, _) where step.choice > 0:
            return "the TLB of \(actor) still leads from \(names.test.name(ofPage: Int(page))) to a frame "
                + "that was freed"
        case .read(let index, _, _), .write(let index, _, _, _):
            return "\(names.reference(Int(index))) leads to a frame that was freed"
        default:
            return "a count went wrong"
        }
    }
}
