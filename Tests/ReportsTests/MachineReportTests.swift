import Corpus
import Diagnostics
import Exploration
import Testing

@testable import Reports

@Suite struct JSONReportTests {
    /// The text with every `"seconds": …` made 0.
    private func withoutSeconds(_ text: String) -> String {
        let parts = text.split(separator: "\"seconds\": ", omittingEmptySubsequences: false)
        return parts[0]
            + parts.dropFirst().map { "\"seconds\": 0" + $0.drop { $0.isNumber || $0 == "." } }.joined()
    }

    @Test func isAsThePublishedFormatSays() async throws {
        let results = try await Sample.results(under: ["mapcount", "exclusive"], witnesses: .all)
        try expectGolden(withoutSeconds(JSONReport(results).text), "check.json")
    }

    @Test func saysWhatIsUndecided() async throws {
        let results = try await Sample.results(
            ["pin-parent-writes"], under: ["mapcount"], limits: SearchLimits(states: 5))
        try expectGolden(withoutSeconds(JSONReport(results).text), "check-undecided.json")
    }

    @Test func errorsHaveTheirPlaces() {
        let source = SourceText(name: "a.cow", text: "tset a\n")
        let error = DiagnosticsError(
            source: source, diagnostics: [Diagnostic("expected 'test'", at: Span(0, 4))])
        let results = CheckResults(
            ruleSets: [], reports: [], errors: [.text(error), .noTests(path: "empty")])
        let text = JSONReport(results).text
        #expect(
            text.contains(
                #"{ "file": "a.cow", "line": 1, "column": 1, "message": "expected 'test'" }"#))
        #expect(
            text.contains(
                #"{ "file": "empty", "line": null, "column": null, "message": "no tests (*.cow) in it" }"#))
    }

    @Test func quotesWhatMustBeQuoted() {
        #expect(JSON.string("a\"b\\c\nd\u{1}é").text == #""a\"b\\c\nd\u0001é""#)
        #expect(JSON.seconds(0.0041).text == "0.0041")
        #expect(JSON.seconds(12).text == "12")
        #expect(JSON.seconds(1.5e-7).text == "0")
        #expect(JSON.object([]).text == "{}")
    }
}

@Suite struct HerdLogTests {
    /// The text with every time made 0.
    private func withoutTimes(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("Time ") ? line.prefix { !$0.isNumber } + "0.00" : line
        }.joined(separator: "\n")
    }

    @Test func isAsHerdWritesIt() async throws {
        let results = try await Sample.results(under: ["mapcount", "exclusive"], witnesses: .none)
        try expectGolden(withoutTimes(HerdLog(results).text), "check.herd")
    }

    @Test(arguments: [
        ("child:seen", "child.seen"), ("parent:*x", "parent.mem.x"), ("parent:*a[2].1", "parent.mem.a.2.1"),
        ("same(parent:x, child:x)", "same.parent.x.child.x"), ("child", "child"), ("_p:r", "v_p.r"),
    ])
    func namesAreThoseThatReadersTake(_ title: String, _ name: String) {
        #expect(HerdNames.name(title) == name)
    }

    @Test func everyStateOfATestBindsTheSameNames() async throws {
        let results = try await Sample.results(["two-stores", "child-reads"], witnesses: .none)
        for report in results.reports.joined() {
            let bound = report.outcomes.map { outcome in
                HerdNames(report).state(outcome.outcome).split(separator: " ").map {
                    $0.prefix { $0 != "=" }
                }
            }
            #expect(Set(bound).count == 1)
        }
    }
}
