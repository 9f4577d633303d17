import Diagnostics
import Testing

@testable import TestLanguage

/// The language reference says everything, and its examples are tests.
@Suite struct ReferenceTests {
    private func reference() throws -> String {
        let here = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let source = try SourceText(loading: "/\(here)/Docs/TestLanguage.md", limit: 1 << 20)
        return String(decoding: source.bytes, as: UTF8.self)
    }

    @Test func namesEveryWord() throws {
        let reference = try reference()
        var words = Parser.statementWords + Parser.topLevelWords + Parser.facts
        words += Advice.allCases.map(\.rawValue) + Guarantee.allCases.map(\.rawValue)
        words += UserfaultModes.spellings.map(\.word)
        for word in words {
            #expect(reference.contains(word), "\(word)")
        }
    }

    @Test func theExampleIsATest() throws {
        let parts = try reference().split(separator: "```cow\n").dropFirst()
        #expect(!parts.isEmpty)
        for part in parts {
            let text = part.prefix(upTo: part.firstRange(of: "```")?.lowerBound ?? part.endIndex)
            #expect(try ResolvedTest(parsing: Samples.source(String(text))).warnings.isEmpty)
        }
    }
}
