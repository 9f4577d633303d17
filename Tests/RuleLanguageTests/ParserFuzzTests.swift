import Diagnostics
import Foundation
import Testing

@testable import RuleLanguage

/// Texts that somebody's cat walked over: the parser neither crashes nor hangs, and says something of each text that it
/// does not take.
///
/// `MUSTER_FUZZ_ROUNDS` sets how many texts are tried (1000 otherwise).
@Suite struct ParserFuzzTests {
    static let rounds = ProcessInfo.processInfo.environment["MUSTER_FUZZ_ROUNDS"].flatMap(Int.init) ?? 1000

    @Test func mutatedTexts() throws {
        let seeds = try Shipped.get().sets.map(\.source.bytes) + [Array(PrintingTests.everything.utf8)]
        var generator = SplitMix(state: 7)
        for round in 0..<ParserFuzzTests.rounds {
            var bytes = seeds[round % seeds.count]
            let other = seeds[Int.random(in: 0..<seeds.count, using: &generator)]
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                mutate(&bytes, with: other, &generator)
            }
            check(bytes)
        }
    }

    @Test(arguments: [
        String(repeating: "(", count: 4000), String(repeating: "not ", count: 4000),
        String(repeating: "page_count + ", count: 4000), String(repeating: "exclusive or ", count: 4000),
        String(repeating: "((exclusive) and ", count: 4000),
    ])
    func deepConditions(_ condition: String) {
        check(Array("rules a\non fork of file:\n copy when \(condition)\n share\n".utf8))
    }

    @Test(arguments: [
        "rules a\n" + String(repeating: "on ", count: 20_000), String(repeating: "\"", count: 20_000),
        "rules a\non fork of file:\n" + String(repeating: "copy when vma.cow\n", count: 10_000) + "share\n",
        "rules a\nkernels " + String(repeating: "5.8, ", count: 10_000),
        "rules a\non " + String(repeating: "fork of file, ", count: 4000) + ": share\n",
        String(repeating: "\u{0}\u{FF}é🐄", count: 4000), "rules " + String(repeating: "a", count: 100_000),
        String(repeating: "\n", count: 200_000), String(repeating: "#", count: 200_000),
    ])
    func longTexts(_ text: String) {
        check(Array(text.utf8))
    }

    @Test func aTextThatIsTooLong() {
        let source = SourceText(
            name: "a.rules", bytes: Array(repeating: UInt8(ascii: " "), count: (1 << 20) + 1))
        #expect(throws: DiagnosticsError.self) { try RuleSetSyntax(parsing: source) }
    }

    /// Either a set, whose printed form reads the same, or something to say.
    private func check(_ bytes: [UInt8]) {
        let source = SourceText(name: "a.rules", bytes: bytes)
        do {
            let syntax = try RuleSetSyntax(parsing: source)
            let again = try RuleSetSyntax(parsing: SourceText(name: "printed", text: syntax.text))
            if again != syntax { Issue.record("printed otherwise: \(syntax.text)") }
        } catch {
            if !error.diagnostics.contains(where: { $0.severity == .error }) {
                Issue.record("nothing said of \(String(decoding: bytes.prefix(200), as: UTF8.self))")
            }
            _ = DiagnosticRenderer().render(error)
        }
    }

    private func mutate(_ bytes: inout [UInt8], with other: [UInt8], _ generator: inout SplitMix) {
        guard !bytes.isEmpty else { return bytes = other }
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        let length = min(Int.random(in: 1...40, using: &generator), bytes.count - place)
        let from = Int.random(in: 0..<other.count, using: &generator)
        let piece = other[from..<min(from + length, other.count)]
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.removeSubrange(place..<place + length)
        case 2: bytes.insert(contentsOf: piece, at: place)
        case 3: bytes.replaceSubrange(place..<place + length, with: piece)
        case 4: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
        default: bytes.removeSubrange(place...)
        }
    }
}
