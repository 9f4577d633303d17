import Corpus
import KernelRuns
import TestLanguage

/// What kernels did as litmus7 logs it, so that its family of tools reads it: one log for each kernel.
///
/// Names and values are those of ``HerdLog``. What the condition asks and the kernel does not show makes neither `Ok`
/// nor `No`.
public struct LitmusLog {
    private let results: KernelResults

    /// Makes logs.
    public init(_ results: KernelResults) { self.results = results }

    /// The logs, one behind the other, each behind a line that names the kernel.
    public var text: String {
        results.kernels.indices.map { log(ofKernel: $0) }.joined(separator: "\n")
    }

    /// The log of one kernel. Tests that did not run are named at the end, with the reason.
    public func log(ofKernel index: Int) -> String {
        let kernel = results.kernels[index]
        let column = zip(results.tests, results.comparisons).map { ($0, $1[index]) }
        var text = "Kernel \(kernel.release) (\(kernel.machine))\n"
        for (test, comparison) in column {
            if let observation = comparison.observation {
                text += LitmusLog.entry(test, comparison, observation) + "\n"
            }
        }
        for (test, comparison) in column where comparison.observation == nil {
            let reason = comparison.reason?.split(separator: "\n").first ?? ""
            text += "\(comparison.name) \(test.name): \(reason)\n"
        }
        return text
    }

    static func entry(
        _ test: SelectedTest, _ comparison: TestComparison, _ observation: Observation
    ) -> String {
        let condition = test.test.test.condition
        let names = HerdNames(test.test, observation.columns, observation.outcomes.map(\.values))
        var lines = [
            "Test \(test.name) \(condition?.quantifier.kind ?? "Unknown")",
            "Histogram (\(observation.outcomes.count) states)",
        ]
        lines += observation.outcomes.map { outcome in
            Layout.left("\(outcome.count)", 6) + (outcome.satisfies == true ? "*>" : ":>")
                + names.state(outcome.values)
        }
        if let condition {
            lines += truth(of: condition, test, observation, names)
        }
        lines.append("Hash=" + String(test.test.test.programHash, radix: 16))
        if let condition { lines.append(LitmusLog.observation(of: condition, test, observation)) }
        lines.append("Time \(test.name) \(HerdLog.seconds(Double(observation.nanoseconds) / 1e9))")
        lines.append("Model \(test.name) " + model(comparison))
        return lines.map { $0 + "\n" }.joined()
    }

    private static func truth(
        of condition: Condition, _ test: SelectedTest, _ observation: Observation, _ names: HerdNames
    ) -> [String] {
        let (positive, negative, unknown) = observation.truths
        let formula = "\(condition.quantifier.herdName) (\(names.text(of: condition.formula)))"
        let isNegated = condition.quantifier == .never
        let witnesses =
            "Positive: \(isNegated ? negative : positive), Negative: \(isNegated ? positive : negative)"
        guard let holds = holds(condition.quantifier, positive, negative, unknown) else {
            return ["", "Witnesses", witnesses, "Condition \(formula) asks what the kernel does not show"]
        }
        return [
            holds ? "Ok" : "No", "", "Witnesses", witnesses,
            "Condition \(formula) is \(holds ? "" : "NOT ")validated",
        ]
    }

    private static func holds(
        _ quantifier: Condition.Quantifier, _ positive: Int, _ negative: Int, _ unknown: Int
    ) -> Bool? {
        switch quantifier {
        case .exists: positive > 0 ? true : unknown > 0 ? nil : false
        case .never: positive > 0 ? false : unknown > 0 ? nil : true
        case .always: negative > 0 ? false : unknown > 0 ? nil : true
        }
    }

    private static func observation(
        of condition: Condition, _ test: SelectedTest, _ observation: Observation
    ) -> String {
        let (positive, negative, _) = observation.truths
        let word = positive == 0 ? "Never" : negative == 0 ? "Always" : "Sometimes"
        return "Observation \(test.name) \(word) \(positive) \(negative)"
    }

    /// What the model has to say of it.
    private static func model(_ comparison: TestComparison) -> String {
        let under = comparison.ruleSet.map { "\($0): " } ?? ""
        switch comparison.result {
        case .agrees:
            let count = comparison.report?.outcomes.count ?? 0
            return under + (count == 1 ? "the allowed outcome was seen" : "all allowed outcomes were seen")
        case .modelAllowsMore(let seen, let allowed):
            return under + "\(seen) of \(allowed) allowed outcomes were seen"
        case .disagrees(let found):
            return under + Layout.count(found.count, "outcome") + " not allowed"
        case .notModelled: return "none: not all words of the test are modelled yet"
        case .undecided(let reason): return under + "undecided: \(reason)"
        case .notRunnable, .unanswered, .broken: return under + comparison.name
        }
    }
}
