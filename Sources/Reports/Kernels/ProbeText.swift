import KernelRuns
import RuleLanguage

/// What a probe found out, as text for people: one line or a few for each aspect, then the differences from the nearest
/// rule set as rules.
public struct ProbeText {
    private let results: ProbeResults
    private let palette: Palette

    private var findings: ProbeFindings { results.findings }

    /// So many tests are named as evidence.
    private let mostEvidence = 2
    /// So many tests are named that no rules explain.
    private let mostContrary = 6

    /// Makes a report.
    public init(_ results: ProbeResults, palette: Palette = Palette(isColored: false)) {
        self.results = results
        self.palette = palette
    }

    /// The text, each line ended by a line break.
    public var text: String {
        var lines = head + [""] + table
        if !findings.followsNearest {
            lines += ["", "what differs from '\(findings.nearest.name)':", ""]
            let difference = RuleSetDifference(findings.nearest, findings.rules)
            lines += difference.text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(3)
                .dropLast().map { $0.isEmpty ? "" : "  " + $0 }
        }
        lines += trouble
        return lines.map { $0 + "\n" }.joined()
    }

    // MARK: The kernel

    private var head: [String] {
        let kernel = results.kernel
        let label = kernel.label.split(separator: "/").last.map(String.init) ?? kernel.label
        var counts = "\(results.ran) of \(Layout.count(results.tests, "ordered test")) ran; "
        counts += "\(findings.tests) were held against the model, "
        counts += "\(findings.recordedTests) against what other kernels answered"
        let extent =
            findings.followsNearest ? "everywhere, as far as tests tell" : "but for what stands below"
        let count = findings.disagreements
        let name = findings.nearest.name
        var lines = Layout.wrap("\(label): \(kernel.release), \(kernel.machine)", indent: "")
        lines += Layout.wrap(counts, indent: "")
        lines += Layout.wrap(
            "nearest rule set: \(palette.strong(name)), \(extent); "
                + (count == 0
                    ? "no test disagrees"
                    : "\(Layout.count(count, "test")) \(count == 1 ? "disagrees" : "disagree") with it"),
            indent: "")
        if !findings.equals.isEmpty {
            lines += Layout.wrap(
                Layout.listed(findings.equals), first: "  the tests do not tell it from ", rest: "    ")
        }
        return lines
    }

    // MARK: The aspects

    private var table: [String] {
        let width = findings.aspects.map(\.aspect.name.count).max() ?? 0
        return findings.aspects.flatMap { finding -> [String] in
            let mark = finding.verdict == .none ? "!" : finding.isChanged ? "*" : " "
            let first = "\(mark) " + Layout.left(finding.aspect.name, width) + "  "
            let rest = String(repeating: " ", count: width + 4)
            return lines(of: finding).enumerated().flatMap { index, line in
                Layout.wrap(
                    line.split(separator: " ").map(String.init), first: index == 0 ? first : rest,
                    rest: rest + "  ")
            }
        }
    }

    private func lines(of finding: AspectFinding) -> [String] {
        let names = finding.sets.joined(separator: ", ")
        var lines: [String]
        switch finding.verdict {
        case .follows: lines = ["as \(names)"]
        case .open where finding.evidence.isEmpty && finding.recorded == nil:
            let others = Layout.count(finding.rivals.count, "other way", "other ways")
            return ["not told apart: no test that ran tells of it; taken to be as \(names), \(others) known"]
        case .open:
            lines = ["not told apart: as \(names)"]
            lines += finding.rivals.map { "or as " + $0.joined(separator: ", ") }
        case .none:
            lines = [
                "like none of the rule sets in \(Layout.count(finding.contrary.count, "test")); nearest are \(names)"
            ]
        case .same: return ["all rule sets decide alike"]
        case .kept: return ["only races would tell; taken to be as \(names)"]
        }
        return lines + evidence(finding)
    }

    private func evidence(_ finding: AspectFinding) -> [String] {
        var lines: [String] = []
        if !finding.evidence.isEmpty {
            let count = Layout.count(finding.evidence.count, "test")
            let named = finding.evidence.prefix(mostEvidence).joined(separator: ", ")
            let more = finding.evidence.count > mostEvidence ? "such as " : ""
            lines.append("seen in \(count): \(more)\(named)")
        }
        if let (same, count) = finding.recorded {
            lines.append(
                "kernels of these sets were recorded to answer the same in \(same) of \(Layout.count(count, "test"))"
            )
        }
        if !finding.contrary.isEmpty {
            lines.append(
                "no rule set allows what it did in "
                    + ProbeText.named(finding.contrary, most: mostContrary))
        }
        return lines
    }

    // MARK: Trouble

    private var trouble: [String] {
        var lines: [String] = []
        if !findings.unexplained.isEmpty {
            let names = ProbeText.named(findings.unexplained, most: mostContrary)
            lines += [""] + Layout.wrap("not explained by any of these rules: " + names, indent: "")
        }
        if !results.unanswered.isEmpty { lines += ["", "without an answer:"] }
        for one in results.unanswered {
            let reason = one.reason.split(separator: "\n").first.map(String.init) ?? ""
            lines += Layout.wrap("\(one.test): \(reason)", indent: "  ")
        }
        return lines
    }

    private static func named(_ names: [String], most: Int) -> String {
        let shown = names.prefix(most).joined(separator: ", ")
        return names.count > most ? shown + " and \(names.count - most) more" : shown
    }
}
