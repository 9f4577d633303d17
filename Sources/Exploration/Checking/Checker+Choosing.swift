import RuleLanguage
import VirtualMemory

/// An execution that was chosen to be shown, and why.
public struct ChosenExecution: Sendable {
    /// The execution.
    public let schedule: Schedule
    /// Why it was chosen.
    public let reason: Reason

    /// Makes a choice.
    public init(schedule: Schedule, reason: Reason) {
        self.schedule = schedule
        self.reason = reason
    }

    /// Why an execution is shown.
    public enum Reason: Sendable, Hashable {
        /// Somebody named it.
        case asked
        /// It is a shortest one in which the condition's formula is true, and the condition allows none …
        case breaksNever
        /// … or in which the formula is false, and the condition wants it true in all …
        case breaksAlways
        /// … or in which it is true, and the condition wants one.
        case satisfiesExists
        /// It is a shortest one that breaks a guarantee.
        case breaks(Violation)
        /// It is a shortest one that comes to its outcome, the first of so many.
        case outcome(of: Int)
    }
}

/// Why no execution could be chosen.
public enum ChoosingError: Error, Sendable {
    /// The guarantee is kept in all executions.
    case kept(VirtualMemory.Guarantee)
    /// A limit or an interrupt came first.
    case undecided(Stopped?)
    /// The rules cannot run the test; why, in words.
    case unusable(String)
}

extension Checker {
    /// Chooses what to show of a test under a rule set: a shortest execution that breaks the condition, or that satisfies
    /// one which asks for an execution; else a shortest one that breaks the first guarantee broken; else a shortest one to
    /// the first outcome.
    ///
    /// - Parameter guarantee: show how this one is broken, whatever the condition says.
    public func choose(
        from test: LoweredTest, under ruleSet: RuleSet, breaking guarantee: VirtualMemory.Guarantee? = nil
    ) throws(ChoosingError) -> ChosenExecution {
        var checker = self
        checker.witnesses = .none
        guard let report = checker.check(test, under: [ruleSet]).first else { throw .undecided(nil) }
        if case .unusable(let text) = report.verdict { throw .unusable(text) }
        if guarantee == nil, let chosen = try conditionBreaker(report, ruleSet) { return chosen }
        let broken = report.broken.map(\.violation).filter {
            guarantee == nil || $0.guarantee == guarantee
        }
        if let first = broken.first {
            let wanted = broken.filter { $0.guarantee == first.guarantee }.map { Sought.violation($0) }
            guard let (sought, schedule) = shortest(of: wanted, report, ruleSet) else {
                throw .undecided(nil)
            }
            guard case .violation(let violation) = sought else { throw .undecided(nil) }
            return ChosenExecution(schedule: schedule, reason: .breaks(violation))
        }
        if case .undecided(let stopped) = report.verdict { throw .undecided(stopped) }
        if let guarantee { throw .kept(guarantee) }
        let count = report.outcomes.count
        guard let outcome = report.outcomes.first?.outcome,
            let (_, schedule) = shortest(of: [.outcome(outcome)], report, ruleSet)
        else { throw .undecided(nil) }
        return ChosenExecution(schedule: schedule, reason: .outcome(of: count))
    }

    private func conditionBreaker(
        _ report: TestReport, _ ruleSet: RuleSet
    ) throws(ChoosingError) -> ChosenExecution? {
        guard let condition = report.test.test.test.condition else { return nil }
        let wanted = report.outcomes.filter { $0.satisfies == (condition.quantifier != .always) }
        guard !wanted.isEmpty else { return nil }
        let found = shortest(of: wanted.map { .outcome($0.outcome) }, report, ruleSet)
        guard let (_, schedule) = found else { throw .undecided(nil) }
        let reason: ChosenExecution.Reason =
            switch condition.quantifier {
            case .exists: .satisfiesExists
            case .never: .breaksNever
            case .always: .breaksAlways
            }
        return ChosenExecution(schedule: schedule, reason: reason)
    }

    /// The shortest of the shortest executions, the first among equals.
    private func shortest(
        of wanted: [Sought], _ report: TestReport, _ ruleSet: RuleSet
    ) -> (Sought, Schedule)? {
        let found = witnesses(of: Set(wanted), report.test, ruleSet, report.test.program)
        let origin = report.test.origin(under: ruleSet.rules)
        var best: (Sought, Schedule)?
        for sought in wanted {
            guard let moves = found[sought], moves.count < best?.1.length ?? Int.max else { continue }
            best = (sought, Schedule(moves: moves, origin: origin))
        }
        return best
    }
}
