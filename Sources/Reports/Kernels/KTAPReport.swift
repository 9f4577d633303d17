import Corpus
import KernelRuns

/// What a comparison came to as KTAP, as the kernel's own tests print it: one subtest for each kernel.
public struct KTAPReport {
    private let results: KernelResults

    /// Makes a report.
    public init(_ results: KernelResults) { self.results = results }

    /// The text.
    public var text: String {
        var lines = ["KTAP version 1", "1..\(results.kernels.count)"]
        for (index, kernel) in results.kernels.enumerated() {
            let column = results.comparisons.map { $0[index] }
            lines += subtest(kernel, column).map { "    " + $0 }
            let isOK = !column.contains { KTAPReport.fails($0) }
            lines.append("\(isOK ? "ok" : "not ok") \(index + 1) \(KTAPReport.description(kernel.label))")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func subtest(_ kernel: KernelOfRun, _ comparisons: [TestComparison]) -> [String] {
        var lines = [
            "KTAP version 1", "# Subtest: \(KTAPReport.description(kernel.label))",
            "# release: \(kernel.release)", "1..\(comparisons.count)",
        ]
        for (number, (test, comparison)) in zip(results.tests, comparisons).enumerated() {
            lines += KTAPReport.diagnostics(comparison).map { "# " + $0 }
            let status = KTAPReport.fails(comparison) ? "not ok" : "ok"
            let directive = KTAPReport.directive(comparison).map { " # " + $0 } ?? ""
            lines.append("\(status) \(number + 1) \(KTAPReport.description(test.name))\(directive)")
        }
        return lines
    }

    private static func fails(_ comparison: TestComparison) -> Bool {
        comparison.isFailure || comparison.isUnknown
    }

    private static func directive(_ comparison: TestComparison) -> String? {
        switch comparison.result {
        case .notRunnable(let reason): "SKIP " + description(reason)
        case .notModelled(.other): nil
        case .notModelled: "SKIP not modelled yet"
        case .agrees, .modelAllowsMore, .disagrees, .undecided, .unanswered, .broken: nil
        }
    }

    private static func diagnostics(_ comparison: TestComparison) -> [String] {
        if let first = comparison.atFirst.first {
            return ["at first: \(first.name)"] + diagnostics(first) + ["asked again: \(comparison.name)"]
        }
        if case .notRunnable = comparison.result { return [] }
        if let reason = comparison.reason {
            return "\(comparison.name): \(reason)".split(separator: "\n").map(String.init)
        }
        return comparison.disagreementLines
    }

    /// A description has no `#` but before its directive, and no line end.
    private static func description(_ text: String) -> String {
        String(text.map { $0 == "#" || $0.isNewline ? " " : $0 })
    }
}

extension TestComparison {
    /// What a kernel did that is not allowed, one line for each outcome.
    var disagreementLines: [String] {
        switch result {
        case .disagrees(let found):
            guard let titles = observation?.columns.titles else { return [] }
            return found.map { disagreement in
                let parts = disagreement.differing.map { column in
                    let value = disagreement.nearest?.values[column].text ?? "-"
                    return "\(titles[column]) is \(disagreement.outcome.text(ofColumn: column))"
                        + ", nearest allowed \(value)"
                }
                let count = Layout.count(disagreement.outcome.count, "run")
                return "not allowed, in \(count): "
                    + (parts.isEmpty ? "the model has no outcome" : parts.joined(separator: "; "))
            }
        case .notModelled(.other(let earlier)):
            return ["answered earlier:"] + earlier + ["answers now:"] + (observation?.recordedOutcomes ?? [])
        default: return []
        }
    }
}
