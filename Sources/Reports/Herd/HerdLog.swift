import Exploration
import TestLanguage

/// Results as herd7 logs its own, so that mcompare7 and its family read them: one log for each rule set.
///
/// Their readers take letters, digits, `_` and `.` in the names of what a state binds, and want every state of a test to
/// bind the same names. So `child:seen` becomes `child.seen`, and a register that was never written is `none`.
public struct HerdLog {
    let results: CheckResults

    /// Makes logs.
    public init(_ results: CheckResults) {
        self.results = results
    }

    /// The logs, one behind the other, each behind a line that names the rule set, which readers of logs pass over.
    public var text: String {
        results.ruleSets.indices.map { log(ofRuleSet: $0) }.joined(separator: "\n")
    }

    /// The log of one rule set. Tests that it could not run are left out.
    public func log(ofRuleSet index: Int) -> String {
        let reports = results.reports.map { $0[index] }.filter { !$0.isUnusable }
        return "Rules \(results.ruleSets[index].name)\n" + reports.map { HerdLog.entry($0) + "\n" }.joined()
    }

    static func entry(_ report: TestReport) -> String {
        let name = report.test.name
        let condition = report.test.test.test.condition
        let names = HerdNames(report)
        var lines = [
            "Test \(name) \(condition?.quantifier.kind ?? "Unknown")", "States \(report.outcomes.count)",
        ]
        lines += report.outcomes.map { names.state($0.outcome) }
        lines.append(validation(report))
        lines.append("Witnesses")
        let (positive, negative) = (report.positive, report.negative)
        let isNegated = condition?.quantifier == .never
        lines.append(
            "Positive: \(isNegated ? negative : positive) Negative: \(isNegated ? positive : negative)")
        if let condition {
            lines.append("Condition \(condition.quantifier.herdName) (\(names.text(of: condition.formula)))")
            lines.append("Observation \(name) \(report.observation) \(positive) \(negative)")
        }
        lines.append("Time \(name) \(seconds(report.seconds))")
        lines.append("Hash=" + String(report.test.test.test.programHash, radix: 16))
        return lines.map { $0 + "\n" }.joined()
    }

    /// With two decimals.
    static func seconds(_ seconds: Double) -> String {
        let hundredths = Int((seconds * 100).rounded())
        let fraction = hundredths % 100 < 10 ? "0\(hundredths % 100)" : "\(hundredths % 100)"
        return "\(hundredths / 100).\(fraction)"
    }

    private static func validation(_ report: TestReport) -> String {
        switch report.verdict {
        case .holds, .none: "Ok"
        case .fails: "No"
        // As herd7 says it where it has cut executions short.
        case .undecided, .unusable: "Loop ??"
        }
    }
}

extension TestLanguage.Condition.Quantifier {
    /// What the first line of a log says.
    var kind: String {
        switch self {
        case .exists: "Allowed"
        case .never: "Forbidden"
        case .always: "Required"
        }
    }

    /// As the line of the condition says it.
    var herdName: String {
        switch self {
        case .exists: "exists"
        case .never: "~exists"
        case .always: "forall"
        }
    }
}
