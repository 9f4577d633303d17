import Corpus
import Exploration
import RuleLanguage
import TestLanguage

/// What a check came to: every test under every rule set, and what could not be read.
public struct CheckResults: Sendable {
    /// The rule sets, in the order of the reports.
    public let ruleSets: [RuleSet]
    /// For each test, one report for each rule set.
    public let reports: [[TestReport]]
    /// What is wrong with the paths and texts that gave no test.
    public let errors: [InputError]
    /// Whether somebody interrupted it.
    public let isInterrupted: Bool

    /// Makes results.
    public init(
        ruleSets: [RuleSet], reports: [[TestReport]], errors: [InputError] = [], isInterrupted: Bool = false
    ) {
        self.ruleSets = ruleSets
        self.reports = reports
        self.errors = errors
        self.isInterrupted = isInterrupted
    }

    /// Distinct states of all searches; results that rule sets share count once.
    public var states: Int {
        reports.joined().reduce(0) { $0 + ($1.sharedWith == nil ? $1.states : 0) }
    }

    /// How the process is to end.
    public var status: ExitStatus {
        if isInterrupted { return .interrupted }
        let all = reports.joined()
        if !errors.isEmpty || all.contains(where: \.isUnusable) { return .badInput }
        if all.contains(where: { $0.isDecided && !$0.isExpected }) { return .differs }
        return all.contains { !$0.isDecided } ? .undecided : .asExpected
    }
}

/// Exit statuses; those above 63 are the ones of sysexits.h.
public enum ExitStatus: Int32, Sendable {
    /// All is as expected.
    case asExpected = 0
    /// A verdict or a guarantee is not what was expected.
    case differs = 1
    /// A limit ended a search before it could be told.
    case undecided = 2
    /// The command line is wrong.
    case usage = 64
    /// A test or a rule set is wrong; the others were checked.
    case badInput = 65
    /// Something that is needed is missing.
    case missing = 69
    /// A mistake in Muster, or results that cannot be written.
    case `internal` = 70
    /// Somebody interrupted it; what was known is printed.
    case interrupted = 130
}

extension TestReport {
    /// Whether the rule set could not run the test.
    public var isUnusable: Bool {
        if case .unusable = verdict { true } else { false }
    }

    /// Whether there is something to tell beyond a line: the result is not as expected, or not known; or a guarantee is
    /// broken and the test says nothing about what to expect.
    public var isNotable: Bool {
        !isDecided || !isExpected || (test.test.test.expectations.isEmpty && !broken.isEmpty)
    }
}
