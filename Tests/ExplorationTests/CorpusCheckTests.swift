import Corpus
import RuleLanguage
import TestSupport
import Testing

@testable import Exploration

/// The corpus, explored in every way: a sample of it, or with `MUSTER_FULL=1` all of it under every distinct behaviour.
@Suite struct CorpusCheckTests {
    static let tests = TestSelection(paths: [ShippedRules.repository + "/Litmus"]).tests
    /// States after which the reference search leaves a test to those that are quicker.
    static let stateLimit = FullRun.isWanted ? 2_000_000 : 1500
    static let stride = FullRun.isWanted ? 1 : 6

    @Test(arguments: Array(Swift.stride(from: 0, to: tests.count, by: stride)))
    func everySearchFindsTheSame(_ index: Int) throws {
        let test = Self.tests[index]
        for set in try behaviours(of: test, index) {
            _ = try CrossCheck(test, set, limit: Self.stateLimit).run()
        }
    }

    /// Rule sets that behave differently on what the test reaches; of those one, where not all are wanted.
    private func behaviours(of test: LoweredTest, _ index: Int) throws -> [RuleSet] {
        let sets = try ShippedRules.sets()
        guard FullRun.isWanted else { return [sets[index / Self.stride % sets.count]] }
        let reports = Checker().check(test, under: sets)
        return zip(sets, reports).filter { $1.sharedWith == nil }.map(\.0)
    }
}
