import Explanation
import Testing

/// Explanations of tests of the corpus, letter for letter. MUSTER_UPDATE_GOLDEN=1 writes them anew: read what changed.
@Suite struct GoldenTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let test: String
        let rules: String
        var levels = Level.allCases

        var testDescription: String { "\(test) under \(rules)" }
        var file: String { test.split(separator: "/").last.map(String.init) ?? test }
    }

    static let cases = [
        Case(test: "basics/fork-parent-writes", rules: "exclusive"),
        Case(test: "pins/vmsplice-child-unmaps-parent-writes", rules: "mapcount"),
        Case(test: "basics/store-to-read-only-kills", rules: "refcount", levels: [.pages]),
        Case(test: "fork/fork-torn-page", rules: "refcount-5.9", levels: [.pages]),
        Case(test: "guarantees/durability-copy-in-flight", rules: "vma-lock-6.4", levels: [.pages]),
        Case(test: "limits/memcg-fork-fails-halfway", rules: "refcount", levels: [.syscalls]),
        Case(test: "pins/pin-read-longterm-shared", rules: "exclusive", levels: [.pages]),
    ]

    @Test(arguments: cases) func isTold(_ example: Case) throws {
        let explanation = try explanation(corpusTest(example.test), example.rules)
        for level in example.levels {
            try expectGolden(
                explanation.text(level: level), "\(example.file).\(example.rules).\(level.rawValue).txt")
        }
    }
}
