import RuleLanguage
import Rules
import TestLanguage
import VirtualMemory

extension Checker {
    /// Executions by what they show, and what was looked for already.
    struct Witnesses {
        var sought: Set<Sought> = []
        var found: [Sought: [Move]] = [:]
    }

    /// Looks for the executions that the wish names, the shortest for each.
    ///
    /// - Parameter known: those of rule sets that behave alike on all that the test reaches; new ones are added.
    func addWitnesses(
        to report: inout TestReport, _ ruleSet: RuleSet, _ program: Program, _ known: inout Witnesses
    ) {
        let sought = sought(in: report)
        guard !sought.isEmpty else { return }
        let missing = sought.subtracting(known.sought)
        if !missing.isEmpty {
            known.sought.formUnion(missing)
            known.found.merge(witnesses(of: missing, report.test, ruleSet, program)) { first, _ in first }
        }
        let found = known.found
        let origin = report.test.origin(under: ruleSet.rules)
        for index in report.broken.indices {
            let violation = Sought.violation(report.broken[index].violation)
            guard sought.contains(violation) else { continue }
            report.broken[index].schedule = found[violation]
                .map { Schedule(moves: $0, origin: origin) }
        }
        for index in report.outcomes.indices {
            let outcome = Sought.outcome(report.outcomes[index].outcome)
            guard sought.contains(outcome) else { continue }
            report.outcomes[index].schedule = found[outcome]
                .map { Schedule(moves: $0, origin: origin) }
        }
    }

    private func sought(in report: TestReport) -> Set<Sought> {
        switch witnesses {
        case .none: return []
        case .all:
            return Set(
                report.broken.map { .violation($0.violation) } + report.outcomes.map { .outcome($0.outcome) })
        case .unexpected:
            if report.isExpected, !report.test.test.test.expectations.isEmpty { return [] }
            let expected = report.test.test.expectation(of: report.ruleSet)?.broken.map(\.rawValue) ?? []
            let broken = report.broken.filter { !expected.contains($0.violation.guarantee.name) }
            return Set(
                broken.map { .violation($0.violation) } + deciding(report).map { .outcome($0.outcome) })
        }
    }

    /// The outcomes that make the condition fail, or where it wants one and has none, no outcome.
    private func deciding(_ report: TestReport) -> [ReportedOutcome] {
        guard report.verdict == .fails, let condition = report.test.test.test.condition else { return [] }
        switch condition.quantifier {
        case .never: return report.outcomes.filter { $0.satisfies == true }
        case .always: return report.outcomes.filter { $0.satisfies == false }
        case .exists: return []
        }
    }

    /// Shortest executions, found breadth first over sections without movers, so that they are the same whatever
    /// reductions the check used.
    func witnesses(
        of sought: Set<Sought>, _ test: LoweredTest, _ ruleSet: RuleSet, _ program: Program
    ) -> [Sought: [Move]] {
        var program = program
        while true {
            let simulation = Simulation(program, ruleSet.rules, joinsMovers: false, usesSymmetry: true)
            let search = BreadthFirstSearch(test, simulation, limits: limits, control: control)
            do throws(Trouble) {
                return try search.run(for: sought)
            } catch {
                guard program.makeRoom(for: error) else { return [:] }
            }
        }
    }

    /// A shortest execution that breaks a guarantee in a given way; nil where none was found within the limits.
    public func witness(_ violation: Violation, of test: LoweredTest, under ruleSet: RuleSet) -> Schedule? {
        witnesses(of: [.violation(violation)], test, ruleSet, test.program)[.violation(violation)]
            .map { Schedule(moves: $0, origin: test.origin(under: ruleSet.rules)) }
    }

    /// A shortest execution that ends in an outcome; nil where none was found within the limits.
    public func witness(_ outcome: Outcome, of test: LoweredTest, under ruleSet: RuleSet) -> Schedule? {
        witnesses(of: [.outcome(outcome)], test, ruleSet, test.program)[.outcome(outcome)]
            .map { Schedule(moves: $0, origin: test.origin(under: ruleSet.rules)) }
    }
}

extension LoweredTest {
    /// The hashes of test, rules and engine that every schedule carries.
    public func origin(under rules: Rules) -> ScheduleOrigin {
        ScheduleOrigin(
            test: Self.shortHash(test.test.programHash), rules: Self.shortHash(rules.behaviour))
    }

    private static func shortHash(_ part: UInt64) -> UInt16 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for word in [part, Checker.engineVersion] {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                hash = (hash ^ (word >> shift & 0xff)) &* 0x100_0000_01b3
            }
        }
        return UInt16(truncatingIfNeeded: hash >> 40)
    }
}
