import TestLanguage
import VirtualMemory

/// What a test's condition came to.
public enum Verdict: Hashable, Sendable {
    case holds
    case fails
    /// A limit or an interrupt ended the search before it could be told.
    case undecided(Stopped)
    /// The test has no condition.
    case none
    /// The rule set could not run the test; what is missing, in words.
    case unusable(String)

    /// As reports spell it.
    public var name: String {
        switch self {
        case .holds: "holds"
        case .fails: "fails"
        case .undecided: "undecided"
        case .none: "none"
        case .unusable: "error"
        }
    }
}

/// One way in which a guarantee was broken.
public struct BrokenGuarantee: Hashable, Sendable {
    /// What, and through what.
    public let violation: Violation
    /// A shortest execution that breaks it, where it was asked for.
    public var schedule: Schedule?
}

/// An outcome with how to get there.
public struct ReportedOutcome: Hashable, Sendable {
    /// The outcome.
    public let outcome: Outcome
    /// Whether it satisfies the condition's formula; nil without a condition.
    public let satisfies: Bool?
    /// A shortest execution that ends so, where it was asked for.
    public var schedule: Schedule?
}

/// What one test came to under one rule set.
public struct TestReport: Sendable {
    /// The test.
    public let test: LoweredTest
    /// Name of the rule set.
    public let ruleSet: String
    /// Hash of the rule set's behaviour.
    public let rulesHash: UInt64
    /// What the condition came to.
    public let verdict: Verdict
    /// Columns of the outcomes.
    public let columns: OutcomeColumns
    /// Every outcome found, in order.
    public var outcomes: [ReportedOutcome]
    /// Every guarantee found broken, in order; the rest were kept as far as the search went.
    public var broken: [BrokenGuarantee]
    /// Whether verdict and guarantees are as the test expects.
    public let isExpected: Bool
    /// Distinct states and steps of the search.
    public let states: Int
    /// Steps of the search.
    public let transitions: Int
    /// Seconds that the search took; 0 where the result of another rule set was shared.
    public let seconds: Double
    /// The rule set whose search this result is, when another one behaves alike on all that the test reaches.
    public let sharedWith: String?
    /// Page frames that the search needed at the most; the layout had as many.
    public let frames: Int
    /// What of the rule set the search asked; nil where there was none. Under a set that agrees in it, the report is the same.
    package let footprint: Footprint?

    /// How many outcomes satisfy the formula.
    public var positive: Int { outcomes.filter { $0.satisfies == true }.count }
    /// How many do not.
    public var negative: Int { outcomes.filter { $0.satisfies == false }.count }

    /// Always, Never or Sometimes, as herd7 says it of the formula.
    public var observation: String {
        positive == 0 ? "Never" : negative == 0 ? "Always" : "Sometimes"
    }

    /// The guarantees that were broken, each once.
    public var brokenGuarantees: [VirtualMemory.Guarantee] {
        Set(broken.map(\.violation.guarantee)).sorted()
    }

    /// Whether the search saw everything.
    public var isDecided: Bool {
        switch verdict {
        case .undecided, .unusable: false
        case .holds, .fails, .none: true
        }
    }
}
