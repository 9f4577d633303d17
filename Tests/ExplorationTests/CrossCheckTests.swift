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
            if try CrossCheck(test, set, limit: Self.stateLimit).runIfSmall() { checked += 1 }
        }
    }
}
