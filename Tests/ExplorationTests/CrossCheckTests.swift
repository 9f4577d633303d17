import RuleLanguage
import Rules
import TestSupport
import Testing
import VirtualMemory

@testable import Exploration

/// The explorer against a search so plain that it can be believed.
@Suite struct CrossCheckTests {
    static let chunks = FullRun.isWanted ? 400 : 30
    static let testsInChunk = 10
    static let stateLimit = FullRun.isWanted ? 60_000 : 4000

    @Test(arguments: 0..<chunks)
    func generatedTests(_ chunk: Int) throws {
        let sets = try ShippedRules.sets()
        var checked = 0
        var seed = UInt64(chunk) << 32
        while checked < Self.testsInChunk {
            seed += 1
            let text = RandomTest(seed: seed).text
            let test = try LoweredTest(text: text)
            let set = sets[Int(seed &+ UInt64(chunk)) % sets.count]
            if try crossCheck(test, text, set) { checked += 1 }
        }
    }

    func crossCheck(_ test: LoweredTest, _ text: String, _ set: RuleSet) throws -> Bool {
        let expected: Findings
        do {
            expected = try ReferenceSearch(test: test, rules: set.rules, limit: Self.stateLimit).run()
                .findings
        } catch .tooManyStates {
            return false
        } catch {
            Issue.record("\(error) under \(set.name)\n\(text)")
            return true
        }
        for options in Self.options {
            let found = try Findings(test, set.rules, options)
            if found != expected {
                Issue.record("\(set.name), \(options)\n\(text)\n\(expected.difference(found, test))")
            }
        }
        return true
    }

    static let options = [
        SearchOptions(), SearchOptions(usesSymmetry: false), SearchOptions(joinsMovers: false),
        SearchOptions(usesSymmetry: false, joinsMovers: false),
    ]
}
