import Exploration
import RuleLanguage
import Rules
import VirtualMemory

/// Rule sets and what they have to say of a kernel's answers. Each test is explored once for all sets that behave alike in
/// what it reaches.
struct JudgedSets: Sendable {
    /// The tests, all of which are modelled.
    let tests: [ProbedTest]
    private let lowered: [LoweredTest]
    private let matchers: [OutcomeMatcher]
    private let checker: Checker
    private let workers: Int

    private struct Known: Sendable {
        let set: RuleSet
        let report: TestReport
        let judgement: Judgement
    }

    /// What is known of each test, each set in it once for all that behave like it there.
    private var known: [[Known]]
    /// For each behaviour of a rule set, the place of what holds for it in the list of each test.
    private var places: [UInt64: [Int]] = [:]

    init(_ tests: [ProbedTest], checker: Checker, workers: Int) {
        let modelled = tests.filter { $0.lowered != nil }
        self.tests = modelled
        lowered = modelled.compactMap(\.lowered)
        matchers = modelled.map { OutcomeMatcher($0.test, $0.observation.columns, frames: true) }
        self.checker = checker
        self.workers = workers
        known = modelled.map { _ in [] }
    }

    /// What a set says of each test; the set must have been judged before.
    func judgements(of set: RuleSet) -> [Judgement] {
        let places = self.places[set.rules.behaviour] ?? []
        return zip(known, places).map { $0[$1].judgement }
    }

    /// In how many tests the kernel did what a set does not allow.
    func disagreements(of set: RuleSet) -> Int {
        judgements(of: set).count(where: \.disagrees)
    }

    /// What no test tells from others of its kind: for each test, the group of sets that behave alike there.
    func profile(of set: RuleSet) -> [Int] { places[set.rules.behaviour] ?? [] }

    /// Whether some test, under some set that was judged, asks for a rule of an aspect.
    func reach(_ aspect: Aspect) -> Bool {
        let footprint = known.joined().compactMap(\.report.footprint).reduce(Footprint()) { $0.union($1) }
        return aspect.paths.contains { footprint.paths & 1 << UInt64($0.rawValue) != 0 }
            || aspect.mechanisms.contains { footprint.mechanisms & 1 << UInt64($0.rawValue) != 0 }
            || aspect.interfaces.contains { footprint.interfaces & 1 << UInt64($0.rawValue) != 0 }
    }

    /// Explores the tests under sets as far as that is not known.
    mutating func judge(_ sets: [RuleSet], finished: @escaping @Sendable (Int) -> Void = { _ in }) async {
        var new: [UInt64: RuleSet] = [:]
        for set in sets where places[set.rules.behaviour] == nil { new[set.rules.behaviour] = set }
        let ordered = new.sorted { $0.key < $1.key }
        guard !ordered.isEmpty else { return }
        let found = await explore(ordered.map(\.value), finished: finished)
        for (place, reports) in found.enumerated() { add(reports, toTest: place) }
        for (behaviour, set) in ordered {
            places[behaviour] = lowered.indices.map { place(of: set, inTest: $0) ?? 0 }
        }
    }

    /// Reports of what is not known of each test.
    private func explore(
        _ sets: [RuleSet], finished: @escaping @Sendable (Int) -> Void
    ) async -> [[(RuleSet, TestReport)]] {
        var found: [[(RuleSet, TestReport)]] = lowered.map { _ in [] }
        let (checker, known, lowered) = (checker, known, lowered)
        await withTaskGroup(of: (Int, [(RuleSet, TestReport)]).self) { group in
            var next = 0
            func startOne() {
                guard next < lowered.count else { return }
                let index = next
                next += 1
                group.addTask {
                    let missing = sets.filter { JudgedSets.place(of: $0, in: known[index]) == nil }
                    return (index, Array(zip(missing, checker.check(lowered[index], under: missing))))
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

    private mutating func add(_ reports: [(RuleSet, TestReport)], toTest test: Int) {
        for (set, report) in reports where place(of: set, inTest: test) == nil {
            let judgement = Judgement(report, tests[test].observation, matchers[test])
            known[test].append(Known(set: set, report: report, judgement: judgement))
        }
    }

    private func place(of set: RuleSet, inTest test: Int) -> Int? {
        JudgedSets.place(of: set, in: known[test])
    }

    private static func place(of set: RuleSet, in known: [Known]) -> Int? {
        known.firstIndex { one in
            guard let footprint = one.report.footprint else {
                return one.report.rulesHash == set.rules.behaviour
            }
            return footprint.agrees(one.set.rules, set.rules)
        }
    }
}
