import Diagnostics
import Testing

@Suite struct DiagnosticRendererTests {
    @Test func caretStandsUnderTheExactSpan() {
        let source = SourceText(name: "a.cow", text: "test t\n\tmap y: anonymous privat\n")
        let diagnostic = Diagnostic(
            "unknown sharing 'privat'", at: Span(25, 31), help: "did you mean 'private'?",
            notes: [.init("the mapping is declared here", at: Span(12, 13))])
        let expected = """
            a.cow:2:19: error: unknown sharing 'privat'
                \tmap y: anonymous privat
                \t                 ^~~~~~
                help: did you mean 'private'?
            a.cow:2:6: note: the mapping is declared here
                \tmap y: anonymous privat
                \t    ^

            """
        #expect(DiagnosticRenderer().render(diagnostic, in: source) == expected)
    }

    @Test func emptySpanAtTheEndOfTheFileHasACaret() {
        let source = SourceText(name: "a", text: "x")
        let text = DiagnosticRenderer().render(Diagnostic("expected a name", at: Span(1, 1)), in: source)
        #expect(text == "a:1:2: error: expected a name\n    x\n     ^\n")
    }

    @Test func wideCharactersAndBytesThatAreNoTextDoNotMoveTheCaret() {
        let source = SourceText(name: "a", bytes: Array("é\u{1}x".utf8))
        let text = DiagnosticRenderer().render(Diagnostic("here", at: Span(3, 4)), in: source)
        #expect(text == "a:1:4: error: here\n    é\u{FFFD}x\n      ^\n")
    }
}

@Suite struct NearestNameTests {
    @Test(arguments: [
        ("anonymuos", "anonymous"), ("MADV_DONTFROK", "MADV_DONTFORK"), ("PRIVATE", "private"),
    ])
    func finds(_ typed: String, _ meant: String) {
        #expect(nearestName(to: typed, among: ["shared", "private", "anonymous", "MADV_DONTFORK"]) == meant)
    }

    @Test func givesNothingWhereNothingIsClose() {
        #expect(nearestName(to: "zebra", among: ["shared", "private"]) == nil)
        #expect(nearestName(to: "y", among: ["x"]) == nil)
    }
}
