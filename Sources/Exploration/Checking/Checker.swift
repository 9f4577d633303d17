import RuleLanguage
import Rules
import TestLanguage
import VirtualMemory

/// Explores tests under rule sets: each test once per distinct behaviour of the rule sets on what it reaches.
public struct Checker: Sendable {
    /// How searches go about it.
    public var options: SearchOptions
    /// What each may use up.
    public var limits: SearchLimits
    /// Where they hear that they are to stop.
    public var control: SearchControl
    /// For which results executions are looked for.
    public var witnesses: WitnessWish

    /// For which results executions are looked for.
    public enum WitnessWish: Sendable {
        case none
        /// What is not as expected: a condition that fails, a guarantee that is broken without being expected.
        case unexpected
        /// Every outcome and every broken guarantee.
        case all
    }

    /// The version of the engine, part of every schedule's hash: schedules of one version may mean nothing to another.
    static let engineVersion: UInt64 = 1

    /// Makes a checker.
    public init(
        options: SearchOptions = SearchOptions(), limits: SearchLimits = SearchLimits(),
        control: SearchControl = SearchControl(), witnesses: WitnessWish = .none
    ) {
        self.options = options
        self.limits = limits
        self.control = control
        self.witnesses = witnesses
    }

    private struct Explored {
        let ruleSet: RuleSet
        let result: SearchResult
        let program: Program
        let seconds: Double
        /// Executions that were looked for, shared as the result is.
        var witnesses = Witnesses()
    }

    /// Checks a test under rule sets, in their order.
    public func check(_ test: LoweredTest, under ruleSets: [RuleSet]) -> [TestReport] {
        var explored: [Explored] = []
        let columns = OutcomeColumns(test)
        return ruleSets.map { ruleSet in
            if let same = explored.firstIndex(where: {
                $0.result.footprint.agrees($0.ruleSet.rules, ruleSet.rules)
            }) {
                return report(test, ruleSet, columns, &explored[same], isShared: true)
            }
            let start = ContinuousClock.now
            do throws(Trouble) {
                let (result, program) = try search(test, ruleSet.rules)
                var one = Explored(
                    ruleSet: ruleSet, result: result, program: program, seconds: start.secondsUntilNow)
                // A search that a limit ended consulted what its footprint says, so that it, too, would be the same.
                defer { explored.append(one) }
                return report(test, ruleSet, columns, &one, isShared: false)
            } catch {
                return unexplored(test, ruleSet, columns, error.verdict(in: ruleSet.name))
            }
        }
    }

    /// Searches with as many frames as turn out to be needed.
    private func search(_ test: LoweredTest, _ rules: Rules) throws(Trouble) -> (SearchResult, Program) {
        var program = test.program
        while true {
            do throws(Trouble) {
                let simulation = Simulation(
                    program, rules, joinsMovers: options.joinsMovers, usesSymmetry: options.usesSymmetry)
                let search = DepthFirstSearch(test, simulation, limits: limits, control: control)
                return (try search.run(), program)
            } catch {
                guard program.makeRoom(for: error) else { throw error }
            }
        }
    }

    private func report(
        _ test: LoweredTest, _ ruleSet: RuleSet, _ columns: OutcomeColumns,
        _ explored: inout Explored, isShared: Bool
    ) -> TestReport {
        let result = explored.result
        let condition = test.test.test.condition
        let evaluator = condition.map {
            ConditionEvaluator(test: test.test, columns: columns, formula: $0.formula)
        }
        let outcomes = result.outcomes.map { outcome in
            ReportedOutcome(
                outcome: outcome, satisfies: evaluator.map { $0.isSatisfied(by: outcome) }, schedule: nil)
        }
        let verdict = verdict(condition, outcomes, result.stopped)
        let broken = result.violations.members.map { BrokenGuarantee(violation: $0, schedule: nil) }
        var report = TestReport(
            test: test, ruleSet: ruleSet.name, rulesHash: ruleSet.rules.behaviour, verdict: verdict,
            columns: columns, outcomes: outcomes, broken: broken,
            isExpected: test.expects(verdict, broken, under: ruleSet.name), states: result.states,
            transitions: result.transitions, seconds: isShared ? 0 : explored.seconds,
            sharedWith: isShared ? explored.ruleSet.name : nil, frames: explored.program.geometry.frames,
            footprint: result.footprint)
        addWitnesses(to: &report, ruleSet, explored.program, &explored.witnesses)
        return report
    }

    private func verdict(
        _ condition: TestLanguage.Condition?, _ outcomes: [ReportedOutcome], _ stopped: Stopped?
    ) -> Verdict {
        if let stopped { return .undecided(stopped) }
        guard let condition else { return .none }
        let positive = outcomes.contains { $0.satisfies == true }
        let negative = outcomes.contains { $0.satisfies == false }
        let holds =
            switch condition.quantifier {
            case .exists: positive
            case .never: !positive
            case .always: !negative
            }
        return holds ? .holds : .fails
    }

    private func unexplored(
        _ test: LoweredTest, _ ruleSet: RuleSet, _ columns: OutcomeColumns, _ verdict: Verdict
    ) -> TestReport {
        TestReport(
            test: test, ruleSet: ruleSet.name, rulesHash: ruleSet.rules.behaviour, verdict: verdict,
            columns: columns, outcomes: [], broken: [], isExpected: false, states: 0, transitions: 0,
            seconds: 0,
            sharedWith: nil, frames: 0, footprint: nil)
    }
}

extension ContinuousClock.Instant {
    fileprivate var secondsUntilNow: Double {
        let (seconds, attoseconds) = duration(to: .now).components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}

extension Footprint {
    /// Whether two rule sets behave alike on all that was consulted.
    package func agrees(_ a: Rules, _ b: Rules) -> Bool {
        Path.allCases.allSatisfy {
            paths & 1 << UInt64($0.rawValue) == 0 || a.behaviour(of: $0) == b.behaviour(of: $0)
        }
            && Mechanism.allCases.allSatisfy {
                mechanisms & 1 << UInt64($0.rawValue) == 0 || a.behaviour(of: $0) == b.behaviour(of: $0)
            }
            && Interface.allCases.allSatisfy {
                interfaces & 1 << UInt64($0.rawValue) == 0 || a.behaviour(of: $0) == b.behaviour(of: $0)
            }
    }
}

extension LoweredTest {
    /// Whether a result is what the test's `expect` lines say. Without any line, a condition that fails is not expected,
    /// and a broken guarantee is only shown.
    func expects(_ verdict: Verdict, _ broken: [BrokenGuarantee], under ruleSet: String) -> Bool {
        if test.test.expectations.isEmpty { return verdict != .fails }
        guard let expectation = test.expectation(of: ruleSet) else { return true }
        if let expected = expectation.verdict, expected.rawValue != verdict.name { return false }
        let names = Set(broken.map(\.violation.guarantee.name))
        return names == Set(expectation.broken.map(\.rawValue))
    }
}

extension Trouble {
    /// What comes of it: the rule set lacks something, or the machine is too small for the test.
    func verdict(in ruleSet: String) -> Verdict {
        switch self {
        case .missingClause, .meaninglessDecision, .missingInterface, .allocationUnderLock:
            .unusable(text(in: ruleSet))
        case .outOfFrames, .tooManyStaleTranslations, .logFull: .undecided(.capacity(text(in: ruleSet)))
        }
    }

    /// In words for the user who chose the rule set.
    func text(in ruleSet: String) -> String {
        switch self {
        case .missingClause(let path):
            "rule set '\(ruleSet)' has no clause 'on \(path.title)', which the test reaches"
        case .meaninglessDecision(let path):
            "rule set '\(ruleSet)': the clause 'on \(path.title)' decides what cannot be done there"
        case .missingInterface(let interface):
            "rule set '\(ruleSet)' has no line 'interface \(interface.name)', which the test uses"
        case .outOfFrames: "the machine has no frames left"
        case .tooManyStaleTranslations:
            "a TLB would hold more than two old translations of one page, more than the machine keeps"
        case .allocationUnderLock:
            "rule set '\(ruleSet)': memory is allocated under a page-table lock or under RCU, where nobody may sleep"
        case .logFull: "an operation takes more steps than the machine keeps"
        }
    }
}

extension Path {
    /// The head of the path's clause, as a rule set spells it.
    fileprivate var title: String {
        operation + (access.map { "(\($0))" } ?? "") + (subject.map { " of \($0)" } ?? "")
    }
}
