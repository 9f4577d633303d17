import Exploration
import TestLanguage

/// What came of holding a kernel's answer to a test against the model.
public struct TestComparison: Sendable {
    /// The test.
    public let test: ResolvedTest
    /// Name of the rule set that the model was explored under; nil where the test is not modelled.
    public let ruleSet: String?
    /// What it came to.
    public let result: Result
    /// What the kernel showed; nil where it gave no answer.
    public let observation: Observation?
    /// What the model allows; nil where it was not explored.
    public let report: TestReport?
    /// What it had come to when it was asked for the first time, and did not come to when it was asked for again.
    public private(set) var atFirst: [TestComparison] = []

    /// Makes a comparison.
    public init(
        test: ResolvedTest, ruleSet: String?, result: Result, observation: Observation?, report: TestReport?
    ) {
        self.test = test
        self.ruleSet = ruleSet
        self.result = result
        self.observation = observation
        self.report = report
    }

    /// Whether it should not be, or is not known.
    public var wantsSecondAnswer: Bool {
        switch result {
        case .broken: true
        default: isFailure
        }
    }

    /// What it comes to when the kernel is asked for again: what fails again is as it was at first, and so is what cannot run
    /// a second time; what does not fail is the second answer, with the first one kept beside it.
    public func askedAgain(_ second: TestComparison) -> TestComparison {
        if case .notRunnable = second.result { return self }
        if second.wantsSecondAnswer { return second.isFailure || !isFailure ? second : self }
        var second = second
        second.atFirst = [self]
        return second
    }

    /// What a comparison comes to.
    public enum Result: Sendable {
        /// The kernel did what the model allows, and all of it.
        case agrees
        /// The kernel did what the model allows, and showed so many of its outcomes.
        case modelAllowsMore(seen: Int, allowed: Int)
        /// The kernel did what the model does not allow.
        case disagrees([Disagreement])
        /// The test cannot run there; why.
        case notRunnable(String)
        /// The engine does not know the test's words yet; what the kernel answered is held against an earlier answer.
        case notModelled(EarlierAnswer)
        /// A limit ended the model's search, or the rule set lacks something; in words.
        case undecided(String)
        /// The kernel died, hung or went away; its last words.
        case unanswered(String)
        /// It ought to have run, but something around it went wrong; in words.
        case broken(String)
    }

    /// What became of an answer that a kernel gave earlier.
    public enum EarlierAnswer: Sendable, Hashable {
        /// None is known for this release.
        case none
        /// The kernel still answers the same.
        case same
        /// It answers something else: what it answered earlier.
        case other([String])
    }

    /// An outcome of a kernel that the model does not allow.
    public struct Disagreement: Sendable {
        /// What the kernel did.
        public let outcome: ObservedOutcome
        /// The nearest outcome that the model allows; nil where it allows none.
        public let nearest: Outcome?
        /// The columns in which they differ.
        public let differing: [Int]
    }

    /// Whether it is one of the answers that should not be.
    public var isFailure: Bool {
        switch result {
        case .disagrees, .unanswered, .notModelled(.other): true
        case .agrees, .modelAllowsMore, .notRunnable, .notModelled, .undecided, .broken: false
        }
    }

    /// As reports spell it.
    public var name: String {
        switch result {
        case .agrees: "agrees"
        case .modelAllowsMore: "model allows more"
        case .disagrees: "disagrees"
        case .notRunnable: "not runnable"
        case .notModelled(.other): "answers otherwise"
        case .notModelled: "not modelled"
        case .undecided: "undecided"
        case .unanswered: "no answer"
        case .broken: "broken"
        }
    }
}
