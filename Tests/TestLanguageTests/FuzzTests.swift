import Diagnostics
import Glibc
import TestLanguage
import Testing

/// Spoiled tests: whatever the bytes, there is a test that prints and reads back the same, or there is an error.
/// MUSTER_FUZZ_ROUNDS sets the number of tests, MUSTER_FUZZ_SEED the first of them.
@Suite struct FuzzTests {
    @Test func spoiledTestsGiveATestOrAnError() {
        let rounds = setting("MUSTER_FUZZ_ROUNDS") ?? 1500
        let first = setting("MUSTER_FUZZ_SEED") ?? 1
        var understood = 0
        for round in 0..<rounds {
            var spoiler = Spoiler(seed: first &+ round)
            let source = SourceText(name: "t.cow", bytes: spoiler.spoiled())
            if isUnderstood(source, seed: first &+ round) { understood += 1 }
        }
        #expect(understood > 0 && understood < rounds)
    }

    private func setting(_ name: String) -> Int? {
        getenv(name).flatMap { Int(String(cString: $0)) }
    }

    private func isUnderstood(_ source: SourceText, seed: Int) -> Bool {
        do throws(DiagnosticsError) {
            let test = try LitmusTest(parsing: source)
            let printed = SourceText(name: "printed", text: test.description)
            #expect(try LitmusTest(parsing: printed) == test, "seed \(seed)")
            _ = try ResolvedTest(test, source: source)
            return true
        } catch {
            #expect(error.diagnostics.contains { $0.severity == .error }, "seed \(seed)")
            #expect(!DiagnosticRenderer().render(error).isEmpty)
            return false
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: Monster.all.keys.sorted())
    func monstersAreRefusedSoon(_ name: String) {
        do throws(DiagnosticsError) {
            _ = try ResolvedTest(parsing: Samples.source(Monster.all[name] ?? ""))
            Issue.record("it was understood")
        } catch {
            #expect(1...Limits.errors ~= error.diagnostics.count)
        }
    }

    @Test func aTextThatIsTooLongIsNotRead() {
        let text = Samples.leak + String(repeating: "#\n", count: Limits.fileBytes / 2)
        do throws(DiagnosticsError) {
            _ = try LitmusTest(parsing: Samples.source(text))
            Issue.record("it was read")
        } catch {
            #expect(error.diagnostics.map(\.message) == ["a test has 1 MiB of text at most"])
        }
    }
}

/// Texts that are large in one way.
enum Monster {
    private static func many(_ count: Int, _ text: String) -> String {
        String(repeating: text, count: count)
    }

    private static func numbered(_ count: Int, _ line: (Int) -> String) -> String {
        (0..<count).map(line).joined()
    }

    private static let condition = "test t\nprocess p {}\nnever "
    private static let process = "test t\nmap x: anonymous private\nprocess p {\n"

    static let all = [
        "nothing": "", "one word": "test", "one byte": "\0",
        "braces": many(100_000, "{"), "closing braces": many(200_000, "}"),
        "blocks in a line": process + many(20_000, "fork c { "),
        "blocks": process + many(20_000, "fork c {\n"),
        "brackets": condition + many(100_000, "("), "negations": condition + many(100_000, "!"),
        "a long formula": condition + many(20_000, "p:r == 1 && ") + "p:r == 1",
        "processes": "test t\n" + numbered(10_000) { "process p\($0) {}\n" },
        "processes of one name": "test t\n" + many(10_000, "process p { exit }\n"),
        "unknown mappings": "test t\nprocess p {\n" + numbered(10_000) { "r\($0) = *x\n" } + "}",
        "unknown registers": process + numbered(5_000) { "r\($0) = *x\n" } + "}\nnever "
            + numbered(5_000) { "p:s\($0) == 1 || " } + "p:r1 == 1",
        "references of one name": process + many(8_000, "b = pin(x, read)\nclose(b)\n") + "}",
        "digits": "test t\nmap x: anonymous private = " + many(100_000, "9"),
        "a long name": "test " + many(100_000, "a-"), "quotes": many(100_000, "\""),
        "summaries": "test t\n" + many(60_000, "\"a\""), "letters": many(80_000, "é"),
        "rule sets": "test t\nexpect " + many(40_000, "a, ") + "b: kept\nprocess p {}",
        "tests": many(20_000, "test t\n"),
    ]
}

/// Makes spoiled tests of good ones, the same for the same seed.
private struct Spoiler {
    private var state: UInt64

    init(seed: Int) {
        state = UInt64(truncatingIfNeeded: seed) &* 0x9e37_79b9_7f4a_7c15 | 1
    }

    private mutating func next(below limit: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return limit > 0 ? Int(state >> 16) % limit : 0
    }

    mutating func spoiled() -> [UInt8] {
        var bytes = Array((next(below: 3) == 0 ? Samples.everything : Samples.leak).utf8)
        for _ in 0...next(below: 4) { spoil(&bytes) }
        return bytes
    }

    private static let pieces = [
        "{", "}", "(", ")", "[", "]", "*", "=", "==", ",", ":", ";", ".", "!", "&&", "||", "\"", "#", "\n",
        "-", "0",
        "3", "65536", "999999999999999999999", "x", "child", "parent", "fork", "thread", "exit", "exec",
        "map ", "never ",
        "file", "read(", "b", "\u{0}", "\u{ff}", "é", " ", "process q {", "expect", "huge", "zero", "copies",
        "wait ",
    ]

    private mutating func spoil(_ bytes: inout [UInt8]) {
        let start = next(below: bytes.count)
        let end = min(start + 1 + next(below: 12), bytes.count)
        switch next(below: 6) {
        case 0: bytes.removeSubrange(start..<end)
        case 1: bytes.insert(contentsOf: Spoiler.pieces[next(below: Spoiler.pieces.count)].utf8, at: start)
        case 2:
            bytes.replaceSubrange(start..<end, with: Spoiler.pieces[next(below: Spoiler.pieces.count)].utf8)
        case 3: if start < bytes.count { bytes[start] = UInt8(truncatingIfNeeded: next(below: 256)) }
        case 4: bytes.insert(contentsOf: Array(bytes[start..<end]), at: next(below: bytes.count))
        default: swapLines(&bytes)
        }
    }

    private mutating func swapLines(_ bytes: inout [UInt8]) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        lines.swapAt(next(below: lines.count), next(below: lines.count))
        bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }
}
