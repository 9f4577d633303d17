import Exploration
import TestLanguage

extension TestComparison {
    /// Holds a kernel's answer against what the model allows.
    ///
    /// - Parameters:
    ///   - looks: what the compiled test looked at.
    ///   - report: what the model allows; nil for a test that is not modelled yet.
    ///   - frames: whether frames are compared. Then the report's outcomes record the final frames, too.
    ///   - earlier: what kernels answered earlier to a test that is not modelled.
    public init(
        _ answer: TestResult, to test: ResolvedTest, looks: [CompiledLook], model report: TestReport?,
        frames: Bool = false, release: KernelRelease, earlier: AnswerLog? = nil
    ) {
        self.test = test
        self.report = report
        ruleSet = report?.ruleSet
        switch answer.answer {
        case .notRunnable(let reason): (result, observation) = (.notRunnable(reason), nil)
        case .broken(let reason): (result, observation) = (.broken(reason), nil)
        case .unanswered(let words): (result, observation) = (.unanswered(words), nil)
        case .ran(let histogram):
            observation = Observation(histogram, of: test, looks: looks, finalFrames: frames)
            guard let observation else {
                result = .broken("the answer has other parts than the test")
                return
            }
            if let report {
                result = TestComparison.compare(observation, report, frames: frames)
            } else {
                result = .notModelled(TestComparison.compare(observation, earlier, release))
            }
        }
    }

    private static func compare(
        _ observation: Observation, _ report: TestReport, frames: Bool
    ) -> Result {
        switch report.verdict {
        case .unusable(let text): return .undecided(text)
        case .undecided(let stopped): return .undecided(stopped.text)
        case .holds, .fails, .none: break
        }
        let matcher = OutcomeMatcher(observation.test, observation.columns, frames: frames)
        let disagreements = disagreements(observation, report, matcher)
        if !disagreements.isEmpty { return .disagrees(disagreements) }
        // Outcomes that differ only in what is not compared are one.
        var allowed: Set<[OutcomeValue?]> = []
        var seen: Set<[OutcomeValue?]> = []
        for modelled in report.outcomes.map(\.outcome) {
            allowed.insert(matcher.compared(modelled))
            guard observation.outcomes.contains(where: { matcher.differences($0, from: modelled).isEmpty })
            else { continue }
            seen.insert(matcher.compared(modelled))
        }
        return seen.count == allowed.count
            ? .agrees : .modelAllowsMore(seen: seen.count, allowed: allowed.count)
    }

    private static func disagreements(
        _ observation: Observation, _ report: TestReport, _ matcher: OutcomeMatcher
    ) -> [Disagreement] {
        observation.outcomes.compactMap { outcome in
            var nearest: (outcome: Outcome, differing: [Int])?
            for modelled in report.outcomes.map(\.outcome) {
                let differing = matcher.differences(outcome, from: modelled)
                if differing.isEmpty { return nil }
                if differing.count < nearest?.differing.count ?? .max { nearest = (modelled, differing) }
            }
            return Disagreement(
                outcome: outcome, nearest: nearest?.outcome, differing: nearest?.differing ?? [])
        }
    }

    private static func compare(
        _ observation: Observation, _ earlier: AnswerLog?, _ release: KernelRelease
    ) -> EarlierAnswer {
        guard let recorded = earlier?.answer(of: release), case .ran(let outcomes) = recorded else {
            return .none
        }
        // Which pages share a frame hangs on what else the kernel does just then.
        let now = Set(observation.recordedOutcomesWithoutFrames)
        let then = Set(outcomes.map(observation.withoutFrames))
        // A race need not show all of it again.
        let isSame = observation.test.isOrdered ? now == then : now.isSubset(of: then)
        return isSame ? .same : .other(outcomes)
    }
}
