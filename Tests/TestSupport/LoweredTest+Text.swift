import Diagnostics
import Exploration
import TestLanguage

/// A text of the tests' own that the languages refuse, with what they say.
package struct RefusedText: Error, CustomStringConvertible {
    package let description: String
}

extension LoweredTest {
    /// Reads a test from its text; the line `test NAME` may be left out.
    package init(text: String) throws {
        let whole = text.hasPrefix("test ") ? text : "test of-the-test\n" + text
        let source = SourceText(name: "test.cow", text: whole)
        do {
            self = try ResolvedTest(parsing: source).lowered(from: source)
        } catch {
            throw RefusedText(description: DiagnosticRenderer().render(error) + "\n" + whole)
        }
    }

    /// The index of a process or a thread.
    package func thread(_ actor: String) throws -> Int {
        guard let found = test.actor(named: actor) else {
            throw RefusedText(description: "no actor '\(actor)'")
        }
        return found.index
    }

    /// Process index and page of `P:x` or `P:x[1]`.
    package func place(_ text: String) throws -> (process: Int, page: Int) {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2,
            let page = (0..<program.geometry.pages).first(where: { name(ofPage: $0) == parts[1] })
        else { throw RefusedText(description: "no page '\(text)'") }
        return (processes[try thread(String(parts[0]))], page)
    }

    /// The index of the register `P:r`.
    package func register(_ text: String) throws -> Int {
        guard let found = test.registers.first(where: { test.title(of: $0) == text }) else {
            throw RefusedText(description: "no register '\(text)'")
        }
        return found.index
    }
}
