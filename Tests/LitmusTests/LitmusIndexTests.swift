import Foundation
import TestLanguage
import Testing

/// The lists of Litmus/README.md, which are made of the questions that the tests ask.
///
/// With `MUSTER_UPDATE_DOCUMENTS` set, they are written anew.
@Suite struct LitmusIndexTests {
    private static let begin = "<!-- questions -->\n"
    private static let end = "<!-- /questions -->\n"

    private let url = CorpusFile.folder.appending(path: "README.md")

    @Test func everyThemeIsInTheTableOnce() throws {
        let themes = themes(in: try String(contentsOf: url, encoding: .utf8))
        #expect(Set(themes) == Set(CorpusFile.all.map(\.theme)))
        #expect(themes.count == Set(themes).count)
    }

    @Test func listsAreMadeOfTheTestsQuestions() throws {
        let text = try String(contentsOf: url, encoding: .utf8)
        let begin = try #require(text.range(of: Self.begin)).upperBound
        let end = try #require(text.range(of: Self.end)).lowerBound
        let lists = try themes(in: text).map { try list(of: $0) }.joined(separator: "\n")
        let expected = text[..<begin] + lists + text[end...]
        if ProcessInfo.processInfo.environment["MUSTER_UPDATE_DOCUMENTS"] != nil {
            try expected.write(to: url, atomically: true, encoding: .utf8)
        } else {
            #expect(text == expected, "run with MUSTER_UPDATE_DOCUMENTS=1")
        }
    }

    /// The themes in the order of their table, in which one would read them.
    private func themes(in text: String) -> [String] {
        text.matches(of: /(?m)^\| \[(\w+)\]\(#(\w+)\) \|/).map { String($0.output.1) }
    }

    private func list(of theme: String) throws -> String {
        let entries = try CorpusFile.all.filter { $0.theme == theme }.map { file in
            "* [\(file.name)](\(file.theme)/\(file.name).cow): \(try file.sentences().question)\n"
        }
        return "### \(theme)\n\n" + entries.joined()
    }
}
