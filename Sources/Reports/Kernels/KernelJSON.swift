import Corpus
import Exploration
import KernelRuns
import TestLanguage

/// What kernels did as JSON: `Docs/Formats.md` describes it.
public struct KernelJSON {
    private let results: KernelResults

    /// Makes a report.
    public init(_ results: KernelResults) { self.results = results }

    /// The text: an object with one kernel, one result and one error in each line.
    public var text: String {
        let found = zip(results.tests, results.comparisons).flatMap { test, row in
            zip(results.kernels, row).map { KernelJSON.result(test, $0, $1) }
        }
        let errors = results.errors.flatMap(\.entries).map(JSON.error)
        return "{ \"format\": \(JSONReport.format), \"tool\": \(JSON.string(Tool.title).text),\n"
            + "  \"kernels\": [" + JSON.lines(results.kernels.map(KernelJSON.kernel)) + "],\n"
            + "  \"results\": [" + JSON.lines(found) + "],\n"
            + "  \"errors\": [" + JSON.lines(errors) + "] }\n"
    }

    private static func kernel(_ kernel: KernelOfRun) -> JSON {
        .object([
            ("kernel", .string(kernel.label)),
            ("release", .string(kernel.release.description)),
            ("machine", .string(kernel.machine)),
            ("rules", kernel.ruleSet.map { .string($0.name) } ?? .null),
            ("rules_hash", kernel.ruleSet.map { .hash($0.rules.behaviour) } ?? .null),
        ])
    }

    static func result(_ test: SelectedTest, _ kernel: KernelOfRun, _ comparison: TestComparison) -> JSON {
        var members: [(key: String, value: JSON)] = [
            ("test", .string(test.name)),
            ("file", .string(test.path)),
            ("hash", .hash(test.test.test.programHash)),
            ("kernel", .string(kernel.label)),
            ("rules", comparison.ruleSet.map { .string($0) } ?? .null),
            ("condition", test.test.test.condition.map { .string("\($0)") } ?? .null),
            ("ordered", .bool(test.test.isOrdered)),
            ("result", .string(comparison.name)),
        ]
        if let reason = comparison.reason { members.append(("reason", .string(reason))) }
        if let first = comparison.atFirst.first { members.append(("at_first", .string(first.name))) }
        if let observation = comparison.observation {
            members += KernelJSON.members(of: observation)
        }
        switch comparison.result {
        case .modelAllowsMore(let seen, let allowed):
            members += [("seen", .integer(seen)), ("allowed", .integer(allowed))]
        case .disagrees(let found):
            members.append(("disagreements", .array(found.map { disagreement($0, comparison) })))
        case .notModelled(.other(let earlier)):
            members.append(("earlier", .array(earlier.map { .string($0) })))
        case .agrees, .notRunnable, .notModelled, .undecided, .unanswered, .broken: break
        }
        return .object(members)
    }

    private static func members(of observation: Observation) -> [(key: String, value: JSON)] {
        let titles = observation.columns.titles
        return [
            ("runs", .integer(observation.runs)),
            ("seconds", .seconds(Double(observation.nanoseconds) / 1e9)),
            (
                "outcomes",
                .array(
                    observation.outcomes.map { outcome in
                        .object([
                            ("count", .integer(outcome.count)),
                            ("values", JSON.values(titles, outcome.values)),
                            ("satisfies", outcome.satisfies.map { .bool($0) } ?? .null),
                        ])
                    })
            ),
            ("not_observable", .array(observation.unseenColumns.map { .string(titles[$0]) })),
        ]
    }

    private static func disagreement(
        _ disagreement: TestComparison.Disagreement, _ comparison: TestComparison
    ) -> JSON {
        let titles = comparison.observation?.columns.titles ?? []
        return .object([
            ("values", JSON.values(titles, disagreement.outcome.values)),
            ("nearest", disagreement.nearest.map { JSON.values(titles, $0.values) } ?? .null),
            ("differing", .array(disagreement.differing.map { .string(titles[$0]) })),
        ])
    }
}

extension JSON {
    /// Values under their titles, without those that are absent or cannot be seen.
    static func values(_ titles: [String], _ values: [OutcomeValue?]) -> JSON {
        .object(
            zip(titles, values).compactMap { title, value -> (key: String, value: JSON)? in
                switch value {
                case .absent, nil: nil
                case .number(let number): (title, .integer(number))
                case .zeroPage, .frame, .blocked, .killed: (title, .string(value?.text ?? ""))
                }
            })
    }

    /// The inside of an array of a report, one value in each line.
    static func lines(_ values: [JSON]) -> String {
        values.isEmpty ? "" : "\n    " + values.map(\.text).joined(separator: ",\n    ") + "\n  "
    }

    /// What is wrong with an input.
    static func error(_ entry: InputError.Entry) -> JSON {
        .object([
            ("file", .string(entry.file)),
            ("line", entry.position.map { .integer($0.line) } ?? .null),
            ("column", entry.position.map { .integer($0.column) } ?? .null),
            ("message", .string(entry.message)),
        ])
    }
}
