import Exploration
import RuleLanguage
import Rules
import VirtualMemory

/// What tests allow under compositions of rule sets. Each test is explored once for all sets that behave alike in what it
/// reaches.
struct ExploredCompositions: Sendable {
    /// The tests.
    let tests: [LoweredTest]
    /// What compositions are made of.
    let library: RuleLibrary
    private let checker: Checker
    private let workers: Int

    /// What a test allows, under the first set for which that was found out.
    struct Explored: Sendable {
        let set: RuleSet
        let report: TestReport
    }

    /// A composition as a rule set.
    private struct Made: Sendable {
        let set: RuleSet
        let behaviour: UInt64
    }

    /// What is known of each test.
    private(set) var known: [[Explored]]
    private var made: [String: Made] = [:]
    /// For each behaviour of a rule set, the place of what holds for it in the list of each test.
    private var places: [UInt64: [Int]] = [:]
    /// All that some test asked of some set.
    private var footprint = Footprint()

    init(_ tests: [LoweredTest], library: RuleLibrary, checker: Checker, workers: Int) {
        self.tests = tests
        self.library = library
        self.checker = checker
        self.workers = workers
        known = tests.map { _ in [] }
    }

    /// The rule set of a composition; nil where it was not explored.
    func set(of composition: Composition) -> RuleSet? { made[composition.key]?.set }

    /// For each test, the place of what the composition allows among all that is known of the test: equal where no test
    /// can tell two compositions apart. Empty where it was not explored.
    func places(of composition: Composition) -> [Int] {
        made[composition.key].flatMap { places[$0.behaviour] } ?? []
    }

    /// Whether some test, under some set that was explored, asks for a rule of an aspect.
    func reach(_ aspect: Aspect) -> Bool {
        aspect.paths.contains { footprint.paths & 1 << UInt64($0.rawValue) != 0 }
            || aspect.mechanisms.contains { footprint.mechanisms & 1 << UInt64($0.rawValue) != 0 }
            || aspect.interfaces.contains { footprint.interfaces & 1 << UInt64($0.rawValue) != 0 }
    }

    /// Explores the tests under compositions as far as that is not known.
    mutating func explore(
        _ compositions: [Composition], finished: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws(RuleLibraryError) {
        try make(compositions)
        var missing: [UInt64: RuleSet] = [:]
        for case let made? in compositions.map({ made[$0.key] }) where places[made.behaviour] == nil {
            missing[made.behaviour] = made.set
        }
        let ordered = missing.sorted { $0.key < $1.key }
        guard !ordered.isEmpty else { return }
        let found = await explore(ordered.map(\.value), finished: finished)
        for (test, reports) in found.enumerated() {
            for (set, report) in reports where place(of: set, inTest: test) == nil {
                known[test].append(Explored(set: set, report: report))
                if let asked = report.footprint { footprint = footprint.union(asked) }
            }
        }
        for (behaviour, set) in ordered {
            places[behaviour] = tests.indices.map { place(of: set, inTest: $0) ?? 0 }
        }
    }

    private mutating func make(_ compositions: [Composition]) throws(RuleLibraryError) {
        var new: [Composition] = []
        for composition in compositions
        where made[composition.key] == nil && !new.contains(where: { $0.key == composition.key }) {
            new.append(composition)
        }
        for (composition, set) in zip(new, try library.sets(of: new)) {
            made[composition.key] = Made(set: set, behaviour: set.rules.behaviour)
        }
    }

    /// Reports of what is not known of each test.
    private func explore(
        _ sets: [RuleSet], finished: @escaping @Sendable (Int) -> Void
    ) async -> [[(RuleSet, TestReport)]] {
        var found: [[(RuleSet, TestReport)]] = tests.map { _ in [] }
        let (checker, known, tests) = (checker, known, tests)
        await withTaskGroup(of: (Int, [(RuleSet, TestReport)]).self) { group in
            var next = 0
            func startOne() {
                guard next < tests.count else { return }
                let index = next
                next += 1
                group.addTask {
                    let missing = sets.filter { known[index].place(of: $0) == nil }
                    return (index, Array(zip(missing, checker.check(tests[index], under: missing))))
                }
            }
            for _ in 0..<max(workers, 1) { startOne() }
            var done = 0
            for await (index, reports) in group {
                found[index] = reports
                done += 1
                finished(done)
                startOne()
            }
        }
        return found
    }

    private func place(of set: RuleSet, inTest test: Int) -> Int? { known[test].place(of: set) }
}

extension [ExploredCompositions.Explored] {
    /// The place of what holds for a set, too.
    fileprivate func place(of set: RuleSet) -> Int? {
        firstIndex { one in
            guard let footprint = one.report.footprint else {
                return one.report.rulesHash == set.rules.behaviour
            }
            return footprint.agrees(one.set.rules, set.rules)
        }
    }
}
