import Corpus
import Testing

@testable import KernelRuns

@Suite struct CorpusOrderingTests {
    @Test func racesAreRaces() throws {
        let races = TestSelection(paths: [try Home.find().litmus + "/races"]).tests
        #expect(!races.isEmpty)
        for race in races { #expect(!race.test.isOrdered, "\(race.test.test.name)") }
    }

    @Test func mostOtherTestsAreOrdered() throws {
        let tests = TestSelection(paths: [try Home.find().litmus]).tests
        let unordered = tests.filter { !$0.source.name.contains("/races/") && !$0.test.isOrdered }
        let names = unordered.map { test in
            let pair = test.test.unorderedPair
            return
                "\(test.test.test.name): \(pair?.0.map { "\($0)" } ?? "-") | \(pair?.1.map { "\($0)" } ?? "-")"
        }
        #expect(unordered.count * 4 < tests.count, "\(names.joined(separator: "\n"))")
    }
}
