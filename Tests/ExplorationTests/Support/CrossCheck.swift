import RuleLanguage
import Testing
import VirtualMemory

@testable import Exploration

/// One test under one rule set, searched in every way that there is; the answers must be the same.
struct CrossCheck {
    let test: LoweredTest
    let set: RuleSet
    /// States after which the reference search gives up; the other ways are then held against each other.
    let limit: Int

    static let options = [
        SearchOptions(), SearchOptions(usesSymmetry: false), SearchOptions(joinsMovers: false),
        SearchOptions(usesSymmetry: false, joinsMovers: false),
    ]

    init(_ test: LoweredTest, _ set: RuleSet, limit: Int) {
        self.test = test
        self.set = set
        self.limit = limit
    }

    /// Searches in every way and records where answers differ.
    ///
    /// - Returns: what was found, and whether the reference search saw it all.
    func run() throws -> (findings: Findings, isConfirmed: Bool) {
        let reference = try referenceFindings()
        let expected = try reference ?? Findings(test, set.rules, Self.options[3])
        try run(expected)
        return (expected, reference != nil)
    }

    /// Searches in every way unless the test is too large for the reference search.
    ///
    /// - Returns: whether it was small enough.
    func runIfSmall() throws -> Bool {
        guard let expected = try referenceFindings() else { return false }
        try run(expected)
        return true
    }

    private func run(_ expected: Findings) throws {
        for options in Self.options {
            compare(try Findings(test, set.rules, options), expected, "\(options)")
        }
        compare(try Findings(breadthFirst: test, set.rules, expected), expected, "breadth first")
    }

    private func referenceFindings() throws -> Findings? {
        do {
            return try ReferenceSearch(test: test, rules: set.rules, limit: limit).run().findings
        } catch .tooManyStates {
            return nil
        } catch .trouble(.tooManyStaleTranslations) {
            // What the machine cannot follow ends undecided, and is no finding.
            return nil
        }
    }

    private func compare(_ found: Findings, _ expected: Findings, _ way: String) {
        guard found != expected else { return }
        Issue.record(
            "\(test.test.test.name) under \(set.name), \(way)\n\(test.test.test)\n\(expected.difference(found, test))"
        )
    }
}
