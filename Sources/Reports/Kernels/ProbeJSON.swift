import KernelRuns
import RuleLanguage

/// What a probe found out, as JSON: `Docs/Formats.md` describes it.
public struct ProbeJSON {
    private let results: ProbeResults

    /// Makes a report.
    public init(_ results: ProbeResults) { self.results = results }

    /// The text: an object with one aspect in each line.
    public var text: String {
        let findings = results.findings
        let nearest: JSON = .object([
            ("rules", .string(findings.nearest.name)),
            ("rules_hash", .hash(findings.nearest.rules.behaviour)),
            ("disagreements", .integer(findings.disagreements)),
            ("equals", ProbeJSON.strings(findings.equals)),
        ])
        let tests: JSON = .object([
            ("ordered", .integer(results.tests)),
            ("ran", .integer(results.ran)),
            ("modelled", .integer(findings.tests)),
            ("recorded", .integer(findings.recordedTests)),
        ])
        let differences =
            findings.followsNearest ? "" : RuleSetDifference(findings.nearest, findings.rules).text
        let members: [(key: String, value: JSON)] = [
            ("kernel", .string(results.kernel.label)),
            ("release", .string(results.kernel.release.description)),
            ("machine", .string(results.kernel.machine)),
            ("tests", tests),
            ("nearest", nearest),
            ("rules_hash", .hash(findings.rules.rules.behaviour)),
            ("differences", .string(differences)),
            ("unexplained", ProbeJSON.strings(findings.unexplained)),
            (
                "unanswered",
                .array(
                    results.unanswered.map {
                        .object([("test", .string($0.test)), ("reason", .string($0.reason))])
                    })
            ),
        ]
        let lines = members.map { "  \(JSON.string($0.key).text): \($0.value.text),\n" }.joined()
        return "{ \"format\": \(JSONReport.format), \"tool\": \(JSON.string(Tool.title).text),\n" + lines
            + "  \"aspects\": [" + JSON.lines(findings.aspects.map(ProbeJSON.aspect)) + "] }\n"
    }

    private static func aspect(_ finding: AspectFinding) -> JSON {
        var members: [(key: String, value: JSON)] = [
            ("aspect", .string(finding.aspect.name)),
            ("verdict", .string(finding.verdict.rawValue)),
            ("as_nearest", .bool(!finding.isChanged)),
            ("rules", strings(finding.sets)),
            ("rivals", .array(finding.rivals.map(strings))),
            ("evidence", strings(finding.evidence)),
            ("contrary", strings(finding.contrary)),
        ]
        if let (same, count) = finding.recorded {
            members.append(("recorded", .object([("same", .integer(same)), ("of", .integer(count))])))
        }
        return .object(members)
    }

    private static func strings(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
}
