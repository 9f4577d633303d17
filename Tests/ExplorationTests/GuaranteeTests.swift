import RuleLanguage
import TestSupport
import Testing
import VirtualMemory

@testable import Exploration

/// For each guarantee, programs that break it and neighbours that do not: what is broken is exactly what the case says.
///
/// `Litmus/guarantees` has such pairs as tests to read; these here cover each branch of the checks.
@Suite struct GuaranteeTests {
    /// One program under one rule set.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        /// A shipped rule set, or lines of a set that extends one: `refcount: on fork …`.
        let rules: String
        let broken: [Violation]
        let text: String

        init(_ name: String, _ rules: String, _ broken: [Violation] = [], _ text: String) {
            self.name = name
            self.rules = rules
            self.broken = broken
            self.text = text
        }

        var testDescription: String { "\(name) [\(rules)]" }

        func ruleSet() throws -> RuleSet {
            guard let colon = rules.firstIndex(of: ":") else { return try ShippedRules.set(rules) }
            let lines = rules[rules.index(after: colon)...].replacing(";", with: "\n")
            return try ShippedRules.extending(String(rules[..<colon]), String(lines))
        }
    }

    static let alwaysReuse = "refcount: on write_fault of anonymous: reuse"

    @Test(
        arguments: isolation + snapshot + coherence + durability + authority + tracking + precision + safety)
    func breaksExactly(_ one: Case) throws {
        let test = try LoweredTest(text: one.text)
        let report = try #require(Checker().check(test, under: [try one.ruleSet()]).first)
        #expect(report.isDecided, "\(report.verdict)")
        #expect(report.broken.map(\.violation) == one.broken.sorted())
    }
}
