import Explanation
import Exploration
import TestSupport
import Testing

/// What holds of every explanation, whatever it tells.
@Suite struct LayoutTests {
    static let tests = [
        "basics/pin-and-fork", "fork/fork-torn-pages", "guarantees/precision-false-pin",
        "limits/memcg-reuse-lives",
        "pins/pin-write-subpage", "protect/protect-store-meanwhile", "races/unmap-stale-load",
    ]

    @Test(arguments: tests) func linesFitTheirWidth(_ name: String) throws {
        let test = try corpusTest(name)
        for rules in ["mapcount", "vma-lock-6.4"] {
            let explanation = try explanation(test, rules)
            for level in Level.allCases {
                let text = explanation.text(level: level)
                for line in text.split(separator: "\n") where !line.hasPrefix("Schedule") {
                    #expect(line.count <= 100, "\(level): \(line)")
                    #expect(!line.hasSuffix(" "), "\(level): \(line)")
                }
                #expect(text.hasSuffix("\n") && !text.contains("\n\n\n"))
            }
        }
    }

    @Test(arguments: tests) func theSameScheduleGivesTheSameText(_ name: String) throws {
        let test = try corpusTest(name)
        let first = try explanation(test, "exclusive").text(level: .locks)
        #expect(try explanation(test, "exclusive").text(level: .locks) == first)
    }

    @Test func coloursOnlyColour() throws {
        let explanation = try explanation(corpusTest("races/unmap-stale-load"), "mapcount")
        for level in Level.allCases {
            let plain = explanation.text(level: level)
            let colored = explanation.text(level: level, color: true)
            #expect(!plain.contains("\u{1B}"))
            #expect(colored.contains("\u{1B}"))
            #expect(withoutColors(colored) == plain)
        }
    }

    private func withoutColors(_ text: String) -> String {
        var rest = text[...]
        var plain = ""
        while let escape = rest.firstIndex(of: "\u{1B}"), let end = rest[escape...].firstIndex(of: "m") {
            plain += rest[..<escape]
            rest = rest[rest.index(after: end)...]
        }
        return plain + rest
    }

    @Test func everySectionIsAStepAtTheLevelOfLocks() throws {
        let test = try corpusTest("races/pin-mprotect")
        let set = try ShippedRules.set("refcount")
        let chosen = try Checker().choose(from: test, under: set)
        let text = try Explanation(chosen, of: test, under: set).text(level: .locks)
        let steps = text.split(separator: "\n").filter { line in
            line.prefix { $0 == " " }.count < 2 && line.first { $0 != " " }?.isNumber ?? false
        }
        #expect(steps.count == chosen.schedule.length)
    }

    @Test func narrowTerminalsGetNarrowLines() throws {
        let explanation = try explanation(corpusTest("basics/fork-parent-writes"), "refcount")
        for line in explanation.text(level: .pages, width: 72).split(separator: "\n")
        where !line.hasPrefix("Schedule") {
            #expect(line.count <= 72, "\(line)")
        }
    }
}
