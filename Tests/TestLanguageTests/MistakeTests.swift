import Diagnostics
import Glibc
import TestLanguage
import Testing

/// Mistakes with what is said about them, word for word. The files under `Mistakes` have cases such as
///
///     === what the mistake is
///     the test
///     ---
///     what is said
///
/// MUSTER_UPDATE_GOLDEN=1 writes down what is said now.
@Suite struct MistakeTests {
    @Test(arguments: ["syntax", "processes", "memory", "conditions"])
    func isSaid(_ file: String) throws {
        let path =
            String(#filePath.prefix(through: #filePath.lastIndex(of: "/") ?? #filePath.startIndex))
            + "Mistakes/\(file).txt"
        let golden = try SourceText(loading: path, limit: 1 << 20)
        let cases = MistakeCase.read(String(decoding: golden.bytes, as: UTF8.self))
        #expect(cases.count > 10)
        if getenv("MUSTER_UPDATE_GOLDEN") != nil {
            try write(cases.map { $0.text(said: diagnose($0.test)) }.joined(), to: path)
            return
        }
        for mistake in cases {
            #expect(diagnose(mistake.test) == mistake.said, "\(mistake.title)")
        }
    }

    private func diagnose(_ text: String) -> String {
        let source = Samples.source(text)
        do throws(DiagnosticsError) {
            let test = try ResolvedTest(parsing: source)
            return DiagnosticsError(source: source, diagnostics: test.warnings).description
        } catch {
            return error.description
        }
    }

    private func write(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
    }
}

private struct MistakeCase {
    let title: String
    let test: String
    let said: String

    static func read(_ text: String) -> [MistakeCase] {
        text.split(separator: "=== ").compactMap { part in
            guard let line = part.firstIndex(of: "\n"), let rule = part.firstRange(of: "\n---\n") else {
                return nil
            }
            return MistakeCase(
                title: String(part[..<line]), test: String(part[part.index(after: line)..<rule.lowerBound]),
                said: String(part[rule.upperBound...]))
        }
    }

    func text(said: String) -> String { "=== \(title)\n\(test)\n---\n\(said)" }
}
