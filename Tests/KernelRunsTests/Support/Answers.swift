import Diagnostics
import Exploration
import KernelRuns
import RuleLanguage
import TestLanguage
import TestSupport

/// A text of the tests' own that is no answer.
struct BadAnswer: Error {
    let text: String
}

/// A test with what a kernel might answer to it.
struct Answered {
    let test: ResolvedTest
    let lowered: LoweredTest?
    let looks: [CompiledLook]

    /// Reads a test; the line `test NAME` is left out.
    init(_ text: String, frames: Bool = false) throws {
        let source = SourceText(name: "t.cow", text: "test t\n" + text)
        test = try ResolvedTest(parsing: source)
        var lowered = try? test.lowered(from: source)
        lowered?.recordsFinalFrames = frames
        self.lowered = lowered
        looks = CompiledTest(test, frames: frames).looks
    }

    /// One outcome: registers, fates and looks as a compiled test prints them, `-` for absent and `?` for not observable.
    func outcome(_ text: String, count: Int = 1) throws -> MeasuredOutcome {
        guard case .test(_, let result)? = ResultLine("test 0 ran \(count) 1 | \(count) \(text)"),
            case .ran(let histogram) = result.answer, let outcome = histogram.outcomes.first
        else { throw BadAnswer(text: text) }
        return outcome
    }

    func histogram(_ outcomes: [MeasuredOutcome]) -> Histogram {
        Histogram(runs: outcomes.map(\.count).reduce(0, +), nanoseconds: 1, outcomes: outcomes)
    }

    /// What was seen, as `title=value` without what is absent.
    func seen(_ texts: [String], frames: Bool = false) throws -> [String] {
        let outcomes = try texts.map { try outcome($0) }
        guard
            let observation = Observation(
                histogram(outcomes), of: test, looks: looks, finalFrames: frames)
        else { throw BadAnswer(text: "not of this test") }
        return observation.outcomes.map { outcome in
            let columns = observation.columns.titles.indices.filter { outcome.values[$0] != .absent }
            return columns.map { "\(observation.columns.titles[$0])=\(outcome.text(ofColumn: $0))" }
                .joined(separator: " ")
        }
    }

    /// Compares outcomes with what a shipped rule set allows.
    func compare(
        _ texts: [String], under ruleSet: String = "refcount", frames: Bool = false, earlier: AnswerLog? = nil
    ) throws -> TestComparison {
        let outcomes = try texts.map { try outcome($0) }
        let set = try ShippedRules.set(ruleSet)
        return TestComparison(
            TestResult(.ran(histogram(outcomes))), to: test, looks: looks,
            model: lowered.flatMap { Checker().check($0, under: [set]).first }, frames: frames,
            release: KernelRelease("6.1.0"), earlier: earlier)
    }
}
