import Exploration
import Testing

@testable import Reports

@Suite struct TextReportTests {
    @Test func tellsWhatDiffersInFullAndTheRestInALine() async throws {
        let results = try await Sample.results()
        try expectGolden(TextReport(results).text, "check.txt")
    }

    @Test func tellsEverythingWhenAsked() async throws {
        let results = try await Sample.results(witnesses: .all)
        let report = TextReport(
            results, options: TextReport.Options(showsEverything: true, showsMatrix: false))
        try expectGolden(report.text, "check-all.txt")
    }

    @Test func isQuietWhenAllIsAsExpected() async throws {
        let results = try await Sample.results(["child-reads"])
        try expectGolden(TextReport(results).text, "check-expected.txt")
    }

    @Test func saysWhatIsUndecided() async throws {
        let results = try await Sample.results(limits: SearchLimits(states: 10))
        try expectGolden(TextReport(results).text, "check-undecided.txt")
    }

    @Test func fitsOnAHundredColumns() async throws {
        let text = TextReport(try await Sample.results(witnesses: .all)).text
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
        #expect(text.split(separator: "\n").allSatisfy { $0.last != " " })
    }

    @Test func isTheSameWhateverTheNumberOfWorkers() async throws {
        let one = TextReport(try await Sample.results(workers: 1)).text
        #expect(TextReport(try await Sample.results(workers: 4)).text == one)
    }

    @Test func coloursChangeNothingButColours() async throws {
        let results = try await Sample.results()
        let colored = TextReport(results, palette: Palette(isColored: true)).text
        var plain = ""
        var isEscape = false
        for character in colored {
            if character == "\u{1B}" { isEscape = true }
            if !isEscape { plain.append(character) }
            if character == "m" { isEscape = false }
        }
        #expect(colored != plain)
        #expect(plain == TextReport(results).text)
    }

    @Test func nothingCheckedIsNothingSaid() {
        #expect(TextReport(CheckResults(ruleSets: [], reports: [])).text == "")
    }
}

@Suite struct LayoutTests {
    @Test func wrapsAtWordsAndIndents() {
        let words = (0..<40).map { "word\($0)" }
        let lines = Layout.wrap(words, first: "  under ", rest: "      ")
        #expect(lines.count > 1)
        #expect(lines.allSatisfy { $0.count <= Layout.width })
        #expect(lines.joined(separator: " ").split(separator: " ").dropFirst().map(String.init) == words)
    }

    @Test func aWordThatIsTooLongStandsAlone() {
        let word = String(repeating: "x", count: 150)
        #expect(Layout.wrap(["a", word, "b"], first: "", rest: " ") == ["a", " " + word, " b"])
    }

    @Test(arguments: [
        ("Litmus/a.cow", "Litmus/a.cow"), ("my tests/a.cow", "'my tests/a.cow'"), ("", "''"),
        ("it's.cow", "'it'\\''s.cow'"), ("a$b", "'a$b'"),
    ])
    func quotesForTheShell(_ path: String, _ quoted: String) {
        #expect(path.quotedForShell == quoted)
    }
}

@Suite struct PaletteTests {
    @Test(
        arguments: [
            (Palette.Choice.auto, [:], true, true), (.auto, [:], false, false),
            (.auto, ["TERM": "dumb"], true, false), (.auto, ["NO_COLOR": "1"], true, false),
            (.auto, ["NO_COLOR": ""], true, true), (.auto, ["CLICOLOR_FORCE": "1"], false, true),
            (.auto, ["CLICOLOR_FORCE": "0"], false, false),
            (.auto, ["CLICOLOR_FORCE": "1", "NO_COLOR": "1"], true, false),
            (.always, ["NO_COLOR": "1"], false, true), (.never, ["CLICOLOR_FORCE": "1"], true, false),
        ] as [(Palette.Choice, [String: String], Bool, Bool)])
    func followsTheConventions(
        _ choice: Palette.Choice, _ environment: [String: String], _ isTerminal: Bool, _ isColored: Bool
    ) {
        let palette = Palette(choice, environment: { environment[$0] }, isTerminal: isTerminal)
        #expect(palette.isColored == isColored)
    }
}
