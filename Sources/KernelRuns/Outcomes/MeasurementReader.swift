import Exploration
import TestLanguage

/// Reads one measured outcome as values of columns.
struct MeasurementReader {
    private let outcome: MeasuredOutcome
    private let test: ResolvedTest
    private let looks: [CompiledLook: Measurement]

    /// nil where the outcome has other parts than the test.
    init?(_ outcome: MeasuredOutcome, of test: ResolvedTest, looks: [CompiledLook]) {
        guard outcome.registers.count == test.registers.count, outcome.actors.count == test.actors.count,
            outcome.looks.count == looks.count
        else { return nil }
        self.outcome = outcome
        self.test = test
        self.looks = Dictionary(zip(looks, outcome.looks)) { first, _ in first }
    }

    /// One value for each column; nil for what cannot be seen.
    func values(of columns: OutcomeColumns) -> [OutcomeValue?] {
        var names = FrameNames()
        return columns.columns.map { column in
            switch column {
            case .register(let index): register(index, &names)
            case .actor(let index): end(of: index)
            case .content(let process, let mapping, let page, let word):
                number(.content(process: process, mapping: mapping, page: page, word: word), absent: .absent)
            case .file(let file, let page, let word):
                number(.file(file, page: page, word: word), absent: .absent)
            case .fact(let fact): holds(fact).map { .number($0 ? 1 : 0) }
            case .copies: nil
            case .frame(let process, let mapping, let page):
                frame(process, mapping, page).map { names.value(ofFrame: $0) }
            }
        }
    }

    private func register(_ index: Int, _ names: inout FrameNames) -> OutcomeValue? {
        switch outcome.registers[index] {
        case .absent: .absent
        case .notObservable: nil
        case .number(let number):
            test.registers[index].kind == .frame ? names.value(ofFrame: number) : .number(number)
        }
    }

    private func end(of actor: Int) -> OutcomeValue {
        switch outcome.actors[actor] {
        case .notStarted, .finished: .absent
        case .blocked: .blocked
        case .killed: .killed
        }
    }

    private func number(_ look: CompiledLook, absent: OutcomeValue) -> OutcomeValue? {
        switch looks[look] {
        case .absent: absent
        case .number(let number): .number(number)
        case .notObservable, nil: nil
        }
    }

    // MARK: Facts

    private func holds(_ fact: Fact) -> Bool? {
        switch fact {
        case .killed(let name): test.actor(named: name.text).map { end(of: $0.index) == .killed }
        case .blocked(let name): test.actor(named: name.text).map { end(of: $0.index) == .blocked }
        case .forked(let name):
            test.actor(named: name.text).map { outcome.actors[$0.index] != .notStarted }
        case .same(let first, let second): same(first, second)
        case .moved(let place): moved(place)
        case .mapped(let place): bit(place) { .mapped(process: $0, mapping: $1, page: $2) }
        case .young(let place): bit(place) { .young(process: $0, mapping: $1, page: $2) }
        case .softDirty(let place): bit(place) { .softDirty(process: $0, mapping: $1, page: $2) }
        case .coherent(let process, let name):
            test.handle(named: name, of: process).flatMap { flag(.coherent(reference: $0.index)) }
        }
    }

    private func same(_ first: ProcessAddress, _ second: ProcessAddress) -> Bool? {
        guard let a = frame(first), let b = frame(second) else { return nil }
        return a != 0 && a == b
    }

    private func moved(_ address: ProcessAddress) -> Bool? {
        guard let now = frame(address), let (_, mapping, page) = place(of: address) else { return nil }
        switch looks[.frameAtStart(mapping: mapping, page: page)] {
        case .number(let start): return start != 0 && now != 0 && start != now
        case .absent: return false
        case .notObservable, nil: return nil
        }
    }

    private func bit(_ address: ProcessAddress, _ look: (Int, Int, Int) -> CompiledLook) -> Bool? {
        place(of: address).flatMap { flag(look($0, $1, $2)) }
    }

    private func flag(_ look: CompiledLook) -> Bool? {
        number(look, absent: .number(0)).map { $0 != .number(0) }
    }

    private func frame(_ address: ProcessAddress) -> Int? {
        place(of: address).flatMap { frame($0, $1, $2) }
    }

    /// The number of a page frame, 0 for none; nil where it cannot be seen.
    private func frame(_ process: Int, _ mapping: Int, _ page: Int) -> Int? {
        switch looks[.frame(process: process, mapping: mapping, page: page)] {
        case .number(let number): number
        case .absent: 0
        case .notObservable, nil: nil
        }
    }

    private func place(of address: ProcessAddress) -> (process: Int, mapping: Int, page: Int)? {
        guard let actor = test.actor(named: address.process.text),
            let mapping = test.mapping(named: address.address.mapping.text)
        else { return nil }
        return (actor.process, mapping.index, address.address.page ?? 0)
    }
}

/// Names for the numbers of page frames, in the order in which they come.
private struct FrameNames {
    private var names: [Int: Int] = [:]

    /// 0 is none, 1 the zero page; an error is itself.
    mutating func value(ofFrame number: Int) -> OutcomeValue {
        if number <= 0 { return .number(number) }
        if number == 1 { return .zeroPage }
        let name = names[number] ?? names.count + 1
        names[number] = name
        return .frame(name)
    }
}
