import Exploration
import RuleLanguage
import TestLanguage

/// What the model says about a test on the kernels that the shipped rule sets describe.
public struct KernelVerdicts: Sendable {
    /// One rule set.
    public struct Row: Sendable, Hashable {
        /// The kernels that the rule set is for.
        public let kernels: [KernelRange]
        /// What becomes of the test there.
        public let verdict: Verdict
        /// The guarantees that are broken there, by name.
        public let broken: [String]
    }

    /// The rule sets, in their order.
    public let rows: [Row]
    /// Whether the model knows an outcome in which somebody waits for ever.
    let canBlock: Bool
    /// Whether it knows one in which somebody is killed.
    let canKill: Bool
    /// For each column of the outcomes, by its title, the values that good outcomes have there.
    let goodValues: [String: [String]]
    /// A good and a bad outcome, where there are any: the values that it has, by their titles.
    let good, bad: [String: String]?
    /// The order in which statements begin that leads to the outcome which a test with races is run for.
    private(set) var plan: RacePlan?

    /// Explores a test under all rule sets of a library that stand for kernels.
    public init(_ test: LoweredTest, library: RuleLibrary, checker: Checker) {
        let sets = library.sets.filter { $0.kind != .proposal && !$0.kernels.isEmpty }
        let reports = checker.check(test, under: sets)
        self.init(reports, sets, test.test.test.condition)
        let sought = test.test.test.condition.map { $0.quantifier != .always }
        let first = zip(reports, sets).first { $0.0.outcomes.contains { $0.satisfies == sought } }
        if !test.test.isOrdered, let sought, let set = first?.1 {
            plan = KernelVerdicts.plan(for: test, sought, under: set, checker)
        }
    }

    private static func plan(
        for test: LoweredTest, _ sought: Bool, under set: RuleSet, _ checker: Checker
    ) -> RacePlan? {
        var checker = checker
        checker.witnesses = .all
        let outcomes = checker.check(test, under: [set]).first?.outcomes ?? []
        return outcomes.first { $0.satisfies == sought }?.schedule.flatMap {
            RacePlan($0, of: test, under: set)
        }
    }

    private init(_ reports: [TestReport], _ sets: [RuleSet], _ condition: TestLanguage.Condition?) {
        rows = zip(reports, sets).map { report, set in
            Row(
                kernels: set.kernels, verdict: report.verdict,
                broken: report.brokenGuarantees.map(\.name))
        }
        let decided = reports.filter(\.isDecided)
        let values = decided.flatMap(\.outcomes).flatMap(\.outcome.values)
        canBlock = decided.count < reports.count || values.contains(.blocked)
        canKill = decided.count < reports.count || values.contains(.killed)
        let wanted = condition?.quantifier != .never
        let all = decided.flatMap { report in report.outcomes.map { (report, $0) } }
        let goodOnes = all.filter { $0.1.satisfies == nil || $0.1.satisfies == wanted }
        good = goodOnes.first.map { KernelVerdicts.named($0.0, $0.1) }
        bad = all.first { $0.1.satisfies == !wanted }.map { KernelVerdicts.named($0.0, $0.1) }
        goodValues = Dictionary(
            goodOnes.flatMap { report, outcome in
                KernelVerdicts.named(report, outcome).map { ($0.key, [$0.value]) }
            }, uniquingKeysWith: { Array(Set($0 + $1)) })
    }

    /// What an outcome tells: numbers, and the zero page or a frame by their names.
    private static func named(_ report: TestReport, _ outcome: ReportedOutcome) -> [String: String] {
        let pairs = zip(report.columns.titles, outcome.outcome.values)
        return Dictionary(pairs.map { ($0, $1.text) }, uniquingKeysWith: { first, _ in first })
    }

    /// What is expected of a value, in words: `0`, `0 or 1`; nil where it may be many things.
    func expectation(of title: String) -> String? {
        guard let values = goodValues[title], values.count <= 3 else { return nil }
        let numbers = values.compactMap { Int($0) }
        guard numbers.count == values.count else { return nil }
        return numbers.sorted().map(String.init).joined(separator: " or ")
    }
}
