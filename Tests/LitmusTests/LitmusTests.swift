import Diagnostics
import Foundation
import TestLanguage
import Testing

/// The corpus as files: what somebody who adds a test is likely to forget.
@Suite struct LitmusTests {
    /// The shipped rule sets, of all of which every test says what it expects.
    static let ruleSets: [String] = {
        let folder = CorpusFile.folder.deletingLastPathComponent().appending(path: "Rules")
        let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.hasSuffix(".rules") }.map {
            URL(filePath: $0).deletingPathExtension().lastPathComponent
        }
    }()

    @Test func everyTestIsUnderstoodAsksAndAnswers() throws {
        for file in CorpusFile.all {
            #expect(try file.parsed().name.text == file.name, "a test is named after its file")
            let sentences = try file.sentences()
            #expect(sentences.question.utf8.count <= 140, "\(file)")
            #expect(sentences.answer.hasSuffix(".") && sentences.answer.utf8.count <= 140, "\(file)")
        }
    }

    @Test func everyTestExpectsSomethingOfEachShippedRuleSet() throws {
        try #require(Self.ruleSets.count > 30)
        for file in CorpusFile.all {
            let named = try file.parsed().expectations.flatMap(\.ruleSets).map(\.text)
            let missing = Self.ruleSets.filter { !named.contains($0) }
            #expect(missing.isEmpty, "\(file): see Scripts/complete-expectations")
            #expect(named.count == Set(named).count, "\(file) expects two things of one rule set")
        }
    }

    @Test func namesAreUniqueOverAllThemes() {
        let names = CorpusFile.all.map(\.name)
        #expect(names.count == Set(names).count)
    }

    @Test func noTwoTestsAskTheSame() throws {
        var files: [String: CorpusFile] = [:]
        for file in CorpusFile.all {
            let other = files.updateValue(file, forKey: try file.sentences().question)
            #expect(other == nil, "\(file) asks what \(other?.description ?? "") asks")
        }
    }
}

/// A test file of the corpus.
struct CorpusFile: Sendable, CustomStringConvertible {
    let theme: String
    let name: String

    var description: String { "\(theme)/\(name)" }

    /// Litmus/ of this package.
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Litmus")

    /// All of them, in the order of their paths.
    static let all: [CorpusFile] = {
        let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.hasSuffix(".cow") }.sorted().map { path in
            let parts = path.dropLast(".cow".count).split(separator: "/").map(String.init)
            return CorpusFile(theme: parts.dropLast().joined(separator: "/"), name: parts.last ?? path)
        }
    }()

    /// The test in it; a mistake is thrown as it would be printed.
    func parsed() throws -> LitmusTest {
        let url = Self.folder.appending(path: "\(theme)/\(name).cow")
        let source = SourceText(name: url.path, bytes: Array(try Data(contentsOf: url)))
        do {
            return try LitmusTest(parsing: source)
        } catch {
            struct Mistake: Error, CustomStringConvertible { let description: String }
            throw Mistake(
                description: error.diagnostics.map { DiagnosticRenderer().render($0, in: source) }.joined())
        }
    }

    /// What the test asks, and what comes out.
    func sentences() throws -> (question: String, answer: String) {
        let summary = try parsed().summary ?? ""
        let end = try #require(
            summary.range(of: "? ")?.lowerBound, "\(self) does not begin with the question that it asks")
        return (String(summary[...end]), String(summary[summary.index(end, offsetBy: 2)...]))
    }
}
