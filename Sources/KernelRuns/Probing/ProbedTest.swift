import Exploration
import TestLanguage

/// A test with what the kernel that is probed showed of it.
public struct ProbedTest: Sendable {
    /// The test.
    public let test: ResolvedTest
    /// The test as it is explored; nil where the engine does not know some of its words yet.
    public let lowered: LoweredTest?
    /// What the kernel showed.
    public let observation: Observation
    /// What kernels were recorded to answer; of use where the test is not explored.
    public let earlier: AnswerLog?

    /// Makes a test.
    ///
    /// - Parameter lowered: its outcomes have the columns of the observation.
    public init(
        test: ResolvedTest, lowered: LoweredTest?, observation: Observation, earlier: AnswerLog? = nil
    ) {
        self.test = test
        self.lowered = lowered
        self.observation = observation
        self.earlier = earlier
    }

    /// Its name.
    var name: String { test.test.name.text }
}

/// What a rule set has to say of what a kernel did in one test.
struct Judgement: Sendable {
    /// Whether the rules allow all that the kernel did; nil where that could not be found out.
    let agrees: Bool?
    /// What the rules allow, as far as the kernel lets it be seen: equal where the test cannot tell two sets apart.
    let allowed: Set<[OutcomeValue?]>

    /// Whether the kernel did what the rules do not allow.
    var disagrees: Bool { agrees == false }

    init(_ report: TestReport, _ observation: Observation, _ matcher: OutcomeMatcher) {
        switch report.verdict {
        case .undecided: agrees = nil
        case .unusable: agrees = false
        case .holds, .fails, .none:
            agrees = observation.outcomes.allSatisfy { seen in
                report.outcomes.contains { matcher.differences(seen, from: $0.outcome).isEmpty }
            }
        }
        let unseen = Set(observation.unseenColumns)
        allowed = Set(
            report.outcomes.map { reported in
                matcher.compared(reported.outcome).enumerated().map { unseen.contains($0) ? nil : $1 }
            })
    }
}
