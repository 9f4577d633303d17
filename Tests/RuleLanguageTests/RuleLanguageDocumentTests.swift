import Foundation
import Rules
import Testing

@testable import RuleLanguage

/// The reference names what there is, neither more nor less.
///
/// With `MUSTER_UPDATE_DOCUMENTS` set, the tables that are made from the sources are written anew.
@Suite struct RuleLanguageDocumentTests {
    static let path = Shipped.directory.replacingOccurrences(of: "/Rules", with: "/Docs/RuleLanguage.md")

    let text: String

    init() throws {
        text = try String(contentsOfFile: RuleLanguageDocumentTests.path, encoding: .utf8)
    }

    @Test func tablesFollowTheSources() throws {
        var expected = text
        for (mark, table) in [("paths", pathTable), ("sets", try setTable())] {
            let begin = try #require(expected.range(of: "<!-- \(mark) -->\n"))
            let end = try #require(expected.range(of: "<!-- /\(mark) -->"))
            expected.replaceSubrange(begin.upperBound..<end.lowerBound, with: table)
        }
        if ProcessInfo.processInfo.environment["MUSTER_UPDATE_DOCUMENTS"] != nil {
            try expected.write(toFile: RuleLanguageDocumentTests.path, atomically: true, encoding: .utf8)
        } else {
            #expect(text == expected, "run with MUSTER_UPDATE_DOCUMENTS=1")
        }
    }

    @Test func everyMechanismIsExplained() {
        let rows = rows(behind: "| mechanism | values | means |")
        let expected = Mechanism.allCases.map { mechanism in
            let values = mechanism.values.map { $0 == mechanism.standard ? "**\($0.name)**" : $0.name }
            return ["`\(mechanism.name)`", values.joined(separator: ", ")]
        }
        #expect(rows.map { Array($0.prefix(2)) } == expected)
    }

    @Test func everyFactIsExplained() {
        let rows = rows(behind: "| fact | is |")
        #expect(rows.map { $0[0] } == Fact.allCases.map { "`\($0.name)`" })
        for (row, fact) in zip(rows, Fact.allCases) {
            #expect(row[1].hasPrefix("a number: ") == fact.isNumber, "\(fact.name)")
        }
    }

    @Test func everyActionIsExplained() {
        let rows = rows(behind: "| action | does | cannot be done |")
        #expect(rows.map { $0[0] } == Action.allCases.map { "`\($0.name)`" })
    }

    @Test func everyInterfaceIsNamed() {
        for interface in Interface.allCases {
            #expect(text.contains("`\(interface.name)`"), "\(interface.name)")
        }
    }

    @Test func theExampleIsRight() throws {
        let begin = try #require(text.range(of: "```\nrules mine"))
        let end = try #require(text.range(of: "```\n\n* `rules NAME`"))
        let example = text[begin.lowerBound..<end.lowerBound].dropFirst("```\n".count)
        _ = try parse(String(example))
    }

    private func rows(behind header: String) -> [[String]] {
        let lines = text.components(separatedBy: "\n")
        guard let start = lines.firstIndex(of: header) else { return [] }
        return lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map { line in
            line.dropFirst(2).dropLast(2).components(separatedBy: " | ")
        }
    }

    /// Paths of one operation that know the same words share a row.
    private var pathTable: String {
        var lines = ["| path | choices | actions |", "| --- | --- | --- |"]
        var rest = Path.allCases[...]
        while let first = rest.first {
            let group = rest.prefix {
                $0.operation == first.operation && $0.choices == first.choices && $0.actions == first.actions
            }
            let choices = first.choices.map { "`\($0.name)`" }.joined(separator: ", ")
            let actions = first.actions.map { "`\($0.name)`" }.joined(separator: ", ")
            lines.append(
                "| `\(Path.heads(of: Array(group)))` | \(choices) | \(actions.isEmpty ? "–" : actions) |")
            rest = rest.dropFirst(group.count)
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func setTable() throws -> String {
        var lines = ["| set | extends | kernels, or message | what it says |", "| --- | --- | --- | --- |"]
        for set in try Shipped.get().sets {
            let kernels = set.kernels.map(\.text).joined(separator: ", ")
            let arguments = set.arguments.map { "\"\($0.subject)\", \($0.date)" }.joined(separator: "; ")
            let source = kernels.isEmpty ? arguments : kernels
            lines.append(
                "| `\(set.name)` | \(set.bases.first.map { "`\($0)`" } ?? "–") | \(source.isEmpty ? "–" : source) | \(set.description) |"
            )
        }
        return lines.map { $0 + "\n" }.joined()
    }
}
