import Testing

@testable import RuleLanguage

/// A text that is wrong, and exactly what is said of it.
struct ErrorCase: CustomTestStringConvertible, Sendable {
    let name: String
    let text: String
    let said: String

    var testDescription: String { name }
}

@Suite struct ParserErrorTests {
    @Test(arguments: ErrorCase.all) func isReported(_ example: ErrorCase) {
        #expect(said(of: example.text) == example.said)
    }
}
