import Corpus
import Exploration
import TestLanguage
import VirtualMemory

/// Results as JSON of a fixed, numbered format: `Docs/Formats.md` describes it.
public struct JSONReport {
    /// The number of the format; it grows when a reader of the one before would be misled.
    public static let format = 1

    let results: CheckResults

    /// Makes a report.
    public init(_ results: CheckResults) {
        self.results = results
    }

    /// The text: an object with one result and one error in each line.
    public var text: String {
        let found = results.reports.joined().filter { !$0.isUnusable }.map(JSONReport.result)
        let errors = results.errors.flatMap(\.entries).map(JSON.error) + unusable
        var text = "{ \"format\": \(JSONReport.format), \"tool\": \(JSON.string(Tool.title).text),\n"
        text += "  \"results\": [" + JSON.lines(found) + "],\n"
        text += "  \"errors\": [" + JSON.lines(errors) + "] }\n"
        return text
    }

    /// Tests that a rule set could not run are errors at the test's name.
    private var unusable: [JSON] {
        results.reports.joined().compactMap { report -> JSON? in
            guard case .unusable(let text) = report.verdict else { return nil }
            let name = report.test.test.test.name
            return JSON.error(InputError.Entry(text, in: report.test.source, at: name.span))
        }
    }

    static func result(_ report: TestReport) -> JSON {
        let condition = report.test.test.test.condition
        var members: [(key: String, value: JSON)] = [
            ("test", .string(report.test.name)),
            ("file", .string(report.test.path)),
            ("hash", .hash(report.test.test.test.programHash)),
            ("rules", .string(report.ruleSet)),
            ("rules_hash", .hash(report.rulesHash)),
            ("condition", condition.map { .string("\($0)") } ?? .null),
            ("verdict", .string(report.verdict.name)),
            ("observation", condition == nil || !report.isDecided ? .null : .string(report.observation)),
            ("expected", report.isDecided ? .bool(report.isExpected) : .null),
        ]
        if case .undecided(let stopped) = report.verdict {
            members.append(("stopped", .string(stopped.text)))
        }
        members += [
            ("outcomes", .array(report.outcomes.map { outcome($0, report) })),
            ("guarantees", guarantees(report)),
            ("states", .integer(report.states)),
            ("transitions", .integer(report.transitions)),
            ("seconds", .seconds(report.seconds)),
        ]
        return .object(members)
    }

    private static func outcome(_ outcome: ReportedOutcome, _ report: TestReport) -> JSON {
        return .object([
            ("values", JSON.values(report.columns.titles, outcome.outcome.values)),
            ("satisfies", outcome.satisfies.map { .bool($0) } ?? .null),
            ("schedule", outcome.schedule.map { .string("\($0)") } ?? .null),
        ])
    }

    private static func guarantees(_ report: TestReport) -> JSON {
        .object(
            VirtualMemory.Guarantee.allCases.map { guarantee in
                guard let broken = report.broken.first(where: { $0.violation.guarantee == guarantee }) else {
                    return (guarantee.name, .string(report.isDecided ? "kept" : "undecided"))
                }
                var members: [(key: String, value: JSON)] = [
                    ("broken", broken.schedule.map { .string("\($0)") } ?? .null)
                ]
                switch broken.violation.through {
                case .mapping: break
                case .pin: members.append(("through", .string("pin")))
                case .get: members.append(("through", .string("get")))
                }
                return (guarantee.name, .object(members))
            })
    }
}
