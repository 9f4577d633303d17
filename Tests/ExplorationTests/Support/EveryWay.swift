import RuleLanguage
import TestSupport
import Testing
import VirtualMemory

@testable import Exploration

/// What every way to search finds under a shipped rule set, which must be the same.
func findings(_ text: String, _ rules: String) throws -> (test: LoweredTest, findings: Findings) {
    try findings(text, try ShippedRules.set(rules))
}

/// What every way to search finds, which must be the same.
func findings(_ text: String, _ set: RuleSet) throws -> (test: LoweredTest, findings: Findings) {
    let test = try LoweredTest(text: text)
    let (expected, isConfirmed) = try CrossCheck(test, set, limit: 20_000).run()
    #expect(isConfirmed)
    return (test, expected)
}

/// The values that a register has in the outcomes under a shipped rule set.
func values(_ register: String, _ text: String, _ rules: String) throws -> Set<OutcomeValue> {
    try values(register, text, try ShippedRules.set(rules))
}

/// The values that a register has in the outcomes.
func values(_ register: String, _ text: String, _ set: RuleSet) throws -> Set<OutcomeValue> {
    let (test, found) = try findings(text, set)
    let column = try #require(OutcomeColumns(test).titles.firstIndex(of: register))
    return Set(found.outcomes.map { $0.values[column] })
}
