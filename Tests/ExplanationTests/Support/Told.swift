import Diagnostics
import Explanation
import Exploration
import Glibc
import TestLanguage
import TestSupport
import Testing
import VirtualMemory

/// A test of the corpus: `pins/vmsplice-parent-writes`.
func corpusTest(_ name: String) throws -> LoweredTest {
    let path = "\(ShippedRules.repository)/Litmus/\(name).cow"
    let text = try SourceText(loading: path, limit: Limits.fileBytes)
    let source = SourceText(name: "Litmus/\(name).cow", bytes: text.bytes)
    return try ResolvedTest(parsing: source).lowered(from: source)
}

/// The explanation of what the explorer chooses to show.
func explanation(
    _ test: LoweredTest, _ rules: String, breaking guarantee: VirtualMemory.Guarantee? = nil
) throws -> Explanation {
    let ruleSet = try ShippedRules.set(rules)
    return try Explanation(
        Checker().choose(from: test, under: ruleSet, breaking: guarantee), of: test, under: ruleSet)
}

/// The explanation of what the explorer chooses to show of a test given as text.
func told(
    _ text: String, _ rules: String, _ level: Level = .pages,
    breaking guarantee: VirtualMemory.Guarantee? = nil
) throws -> String {
    try explanation(LoweredTest(text: text), rules, breaking: guarantee).text(level: level)
}

/// Compares a text with a file of `Golden`; with MUSTER_UPDATE_GOLDEN set it is written instead.
func expectGolden(
    _ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let path = "\(ShippedRules.repository)/Tests/ExplanationTests/Golden/\(name)"
    if getenv("MUSTER_UPDATE_GOLDEN") != nil {
        let file = try #require(fopen(path, "we"))
        defer { fclose(file) }
        #expect(fputs(text, file) >= 0)
        return
    }
    let golden = try SourceText(loading: path, limit: 1 << 20)
    #expect(text == String(decoding: golden.bytes, as: UTF8.self), sourceLocation: sourceLocation)
}
