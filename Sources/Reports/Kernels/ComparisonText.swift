import Corpus
import KernelRuns
import TestLanguage

/// A comparison as text for people: one line a test with a column for each kernel; then in full what kernels did that
/// they may not; then what could not run, by reason; then a line that sums up.
public struct ComparisonText {
    private let results: KernelResults
    private let palette: Palette

    /// Makes a report.
    public init(_ results: KernelResults, palette: Palette = Palette(isColored: false)) {
        self.results = results
        self.palette = palette
    }

    /// The text, each line ended by a line break; empty where nothing was compared.
    public var text: String {
        guard !results.tests.isEmpty, !results.kernels.isEmpty else { return "" }
        var lines = kernelLines + [""] + ComparisonTable(results: results, palette: palette).lines
        for (test, row) in zip(results.tests, results.comparisons) {
            for (kernel, comparison) in zip(results.kernels, row) where comparison.isNotable {
                lines += [""] + details(test, kernel, comparison)
            }
            for (kernel, comparison) in zip(results.kernels, row) {
                for first in comparison.atFirst {
                    lines += [""] + details(test, kernel, first)
                    lines.append("    asked again: \(comparison.name)")
                }
            }
        }
        lines += SkippedTests(results: results).lines
        return (lines + [""] + summary).map { $0 + "\n" }.joined()
    }

    /// Which kernel each column is, and what it is held against.
    private var kernelLines: [String] {
        results.kernels.flatMap { kernel in
            Layout.wrap(
                "\(kernel.label): \(kernel.release), \(kernel.machine), against "
                    + (kernel.ruleSet.map { "rule set '\($0.name)'" } ?? "no rule set"), indent: "")
        }
    }

    // MARK: Details

    private func details(
        _ test: SelectedTest, _ kernel: KernelOfRun, _ comparison: TestComparison
    ) -> [String] {
        var lines = [palette.strong(test.name) + palette.faint("  " + test.path)]
        if let summary = test.test.test.summary { lines += Layout.wrap("\"\(summary)\"", indent: "  ") }
        if let condition = test.test.test.condition { lines += Layout.wrap("\(condition)", indent: "  ") }
        let text = "\(kernel.label) (\(kernel.release)): \(comparison.name)"
        let rules = comparison.ruleSet.map { " under \($0)" } ?? ""
        lines += ["  " + palette.bad(text) + rules]
        if let reason = comparison.reason {
            for line in reason.split(separator: "\n", omittingEmptySubsequences: false) {
                lines.append("    " + line)
            }
        }
        switch comparison.result {
        case .disagrees(let found): lines += disagreements(found, comparison)
        case .notModelled(.other(let earlier)):
            lines += ["    answered earlier:"] + earlier.map { "      " + $0 } + ["    answers now:"]
            lines += (comparison.observation?.recordedOutcomes ?? []).map { "      " + $0 }
        default: break
        }
        return lines
    }

    private func disagreements(
        _ found: [TestComparison.Disagreement], _ comparison: TestComparison
    ) -> [String] {
        guard let observation = comparison.observation else { return [] }
        let wrong = Set(found.map(\.outcome))
        var lines = ["    the kernel did, with what is not allowed marked with !:"]
        lines +=
            ValueTable(
                titles: observation.columns.titles,
                rows: observation.outcomes.map { outcome in
                    ValueTable.Row(
                        mark: wrong.contains(outcome) ? palette.bad("!") : " ",
                        texts: outcome.values.map { $0 == nil ? "?" : $0?.textOfSomething },
                        note: palette.faint(Layout.count(outcome.count, "run")))
                }
            ).lines
        if let report = comparison.report {
            lines.append("    the model allows:")
            lines += OutcomeTable(report: report, palette: palette).lines
        }
        for line in comparison.disagreementLines { lines += Layout.wrap(line, indent: "    ") }
        return lines
    }

    // MARK: Summing up

    private var summary: [String] {
        let all = Array(results.comparisons.joined())
        let partly = all.filter(\.showsPart).count
        let agree = partly == 0 ? "agree" : "agree (\(partly) of them showed a part of what is allowed)"
        let counts: [(count: Int, text: String, paint: (String) -> String)] = [
            (all.filter(\.agrees).count, agree, palette.good),
            (all.filter { !$0.atFirst.isEmpty }.count, "of these only when asked again", palette.unsure),
            (all.filter(\.disagrees).count, "disagree", palette.bad),
            (all.filter(\.hasNoAnswer).count, "without an answer", palette.bad),
            (all.filter(\.isUnknown).count, "undecided or broken", palette.unsure),
            (all.filter(\.isNotModelled).count, "not modelled yet", { $0 }),
            (all.filter(\.isNotRunnable).count, "not runnable", { $0 }),
        ]
        let head =
            (results.isInterrupted ? "interrupted; " : "") + Layout.count(results.tests.count, "test")
            + " on " + Layout.count(results.kernels.count, "kernel") + ":"
        var lines = [head]
        var width = head.count
        let parts = counts.filter { $0.count > 0 }
        for (index, part) in parts.enumerated() {
            let text = "\(part.count) \(part.text)"
            let end = index + 1 < parts.count ? "," : ""
            if width + 2 + text.count > Layout.width {
                lines.append("   ")
                width = 3
            }
            lines[lines.count - 1] += " " + part.paint(text) + end
            width += 1 + text.count + end.count
        }
        return lines
    }
}

extension TestComparison {
    /// Whether there is something to tell beyond a cell of the table.
    var isNotable: Bool { isFailure || isUnknown }

    var agrees: Bool {
        switch result {
        case .agrees, .modelAllowsMore: true
        default: false
        }
    }

    var showsPart: Bool {
        if case .modelAllowsMore = result { true } else { false }
    }

    var disagrees: Bool {
        switch result {
        case .disagrees, .notModelled(.other): true
        default: false
        }
    }

    var hasNoAnswer: Bool {
        if case .unanswered = result { true } else { false }
    }

    var isNotModelled: Bool {
        switch result {
        case .notModelled(.other): false
        case .notModelled: true
        default: false
        }
    }

    var isNotRunnable: Bool {
        if case .notRunnable = result { true } else { false }
    }
}
