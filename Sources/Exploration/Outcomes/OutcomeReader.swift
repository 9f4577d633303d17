import TestLanguage
import VirtualMemory

/// Reads the outcome of a state in which nothing can go on.
struct OutcomeReader {
    let lowered: LoweredTest
    let columns: OutcomeColumns

    init(_ lowered: LoweredTest) {
        self.lowered = lowered
        columns = OutcomeColumns(lowered)
    }

    /// The outcome of the state that a simulation is in.
    ///
    /// - Parameter blocked: which threads wait for something that will not come.
    func read(_ view: MachineView, blocked: [Bool]) -> Outcome {
        var names: [Register.Value: Int] = [:]
        return Outcome(
            values: columns.columns.map { column in
                switch column {
                case .register(let index): value(view.register(index), &names)
                case .actor(let index): end(of: index, view, blocked)
                case .content(let process, let mapping, let page, let word):
                    content(process, lowered.firstPages[mapping] + page, word, view)
                case .file(let file, let page, let word):
                    .number(view.fileContent(lowered.firstSlots[file] + page, word))
                case .fact(let fact): .number(holds(fact, view) ? 1 : 0)
                case .copies: .number(view.copies)
                case .frame(let process, let mapping, let page):
                    frame(
                        memory(of: lowered.processes[process], view), lowered.firstPages[mapping] + page,
                        view,
                        &names)
                }
            })
    }

    private func value(_ value: Register.Value, _ names: inout [Register.Value: Int]) -> OutcomeValue {
        switch value {
        case .unwritten: return .absent
        case .number(let number): return .number(number)
        case .zeroPage: return .zeroPage
        case .frame, .retiredFrame:
            let name = names[value] ?? names.count + 1
            names[value] = name
            return .frame(name)
        }
    }

    private func content(_ process: Int, _ page: Int, _ word: Int, _ view: MachineView) -> OutcomeValue {
        let process = memory(of: lowered.processes[process], view)
        let word = view.content(process, view.knownPlace(of: page, in: process), word)
        return word.map { .number($0) } ?? .absent
    }

    /// The frame at a page, which is named by its mapping's first address.
    private func frame(_ process: Int, _ page: Int, _ view: MachineView) -> Int? {
        view.frame(process, view.knownPlace(of: page, in: process))
    }

    private func frame(
        _ process: Int, _ page: Int, _ view: MachineView, _ names: inout [Register.Value: Int]
    ) -> OutcomeValue {
        guard let frame = frame(process, page, view) else { return .number(0) }
        return value(frame == 0 ? .zeroPage : .frame(frame), &names)
    }

    private func end(of actor: Int, _ view: MachineView, _ blocked: [Bool]) -> OutcomeValue {
        if blocked[actor] { return .blocked }
        guard view.isKilled(lowered.processes[actor]) else { return .absent }
        // A process is over when its memory is gone; a thread that had ended before its process did was not killed.
        let isThread = lowered.test.actors[actor].kind == .thread
        return !isThread || view.thread(actor) == .gone ? .killed : .absent
    }

    private func holds(_ fact: Fact, _ view: MachineView) -> Bool {
        switch fact {
        case .forked(let name):
            return lowered.test.actor(named: name.text).map { view.wasForked(lowered.processes[$0.index]) }
                ?? false
        case .same(let a, let b):
            guard let first = frame(a, view), let second = frame(b, view) else { return false }
            return first == second
        case .moved(let place):
            guard let page = lowered.pages(of: place.address)?.first, let now = frame(place, view),
                let register = lowered.initialFrames[Int(page)]
            else { return false }
            switch view.register(register) {
            case .unwritten: return false
            case .frame(let then): return then != now
            case .zeroPage, .retiredFrame, .number: return true
            }
        case .mapped(let place): return frame(place, view) != nil
        case .coherent(let process, let name): return isCoherent(process, name, view)
        case .young(let place): return isYoung(place, view)
        case .softDirty(let place): return isSoftDirty(place, view)
        case .killed, .blocked: return false
        }
    }

    private func frame(_ place: ProcessAddress, _ view: MachineView) -> Int? {
        guard let actor = lowered.test.actor(named: place.process.text),
            let page = lowered.pages(of: place.address)?.first
        else { return nil }
        return frame(memory(of: lowered.processes[actor.index], view), Int(page), view)
    }

    private func isYoung(_ place: ProcessAddress, _ view: MachineView) -> Bool {
        guard frame(place, view) != nil, let actor = lowered.test.actor(named: place.process.text),
            let page = lowered.pages(of: place.address)?.first
        else { return false }
        let process = memory(of: lowered.processes[actor.index], view)
        return view.entry(process, view.knownPlace(of: Int(page), in: process)).isYoung
    }

    private func isSoftDirty(_ place: ProcessAddress, _ view: MachineView) -> Bool {
        guard let actor = lowered.test.actor(named: place.process.text),
            let page = lowered.pages(of: place.address)?.first
        else { return false }
        let process = memory(of: lowered.processes[actor.index], view)
        return view.isSoftDirty(process, view.knownPlace(of: Int(page), in: process))
    }

    /// The process whose memory a process has: until the child of a vfork executes another program, its parent's.
    private func memory(of process: Int, _ view: MachineView) -> Int {
        view.process(of: lowered.mainActor(of: process))
    }

    /// Whether a reference leads to the frame that its owner has mapped where it was taken.
    private func isCoherent(_ process: Name?, _ name: Name, _ view: MachineView) -> Bool {
        let test = lowered.test
        let handle: ResolvedTest.Handle?
        if let process, let actor = test.actor(named: process.text) {
            handle = test.handle(named: name.text, saidBy: actor.index)
        } else {
            handle = test.handles.first { $0.name.text == name.text }
        }
        guard let handle else { return false }
        let first = lowered.firstReferences[handle.index]
        return (first..<(first + handle.pages)).allSatisfy { index in
            guard let target = view.target(ofReference: index) else { return false }
            let page = lowered.program.geometry.pageOfReference[index]
            return frame(view.owner(ofReference: index), page, view) == target
        }
    }
}
