import Corpus
import Exploration
import RuleLanguage
import TestLanguage
import TestSupport

@testable import KernelRuns

/// Kernels that do exactly what a rule set says in the ordered tests of the corpus.
struct SyntheticKernels {
    let library: RuleLibrary
    let tests: [LoweredTest]
    var explored: ExploredCompositions

    /// - Parameter folders: of the corpus; all where none is named.
    init(folders: [String] = []) throws {
        library = try ShippedRules.library()
        let corpus = ShippedRules.repository + "/Litmus"
        let paths = folders.isEmpty ? [corpus] : folders.map { "\(corpus)/\($0)" }
        tests = TestSelection(paths: paths, for: .running).selected
            .filter(\.test.isOrdered).compactMap(\.lowered).map { test in
                var test = test
                test.recordsFinalFrames = true
                return test
            }
        explored = ExploredCompositions(tests, library: library, checker: Checker(), workers: 2)
    }

    /// Shipped sets that the tests tell apart, one of each kind.
    mutating func distinctSets() async throws -> [RuleSet] {
        let sets = library.sets.filter { $0.kind != .proposal }
        try await explored.explore(sets.map { Composition($0) })
        var profiles: Set<[Int]> = []
        return sets.filter { profiles.insert(explored.places(of: Composition($0))).inserted }
    }

    /// What a kernel shows that follows a composition.
    mutating func answers(following composition: Composition) async throws -> [ProbedTest] {
        try await explored.explore([composition])
        return zip(tests.indices, explored.places(of: composition)).map { test, place in
            let report = explored.known[test][place].report
            return ProbedTest(
                test: tests[test].test, lowered: tests[test],
                observation: SyntheticKernels.observation(report, of: tests[test].test))
        }
    }

    /// Probes such a kernel; its release says nothing.
    mutating func findings(following composition: Composition) async throws -> ProbeFindings? {
        let answers = try await answers(following: composition)
        return try await Probe(library: library).findings(
            of: answers, release: KernelRelease("unknown"), explored: &explored)
    }

    /// What the model allows, without what no kernel lets be seen.
    private static func observation(_ report: TestReport, of test: ResolvedTest) -> Observation {
        let hidden = Set(
            test.allStatements.compactMap { place -> Int? in
                guard case .look(let look, _) = place.statement.kind, let name = place.statement.result,
                    [.pageCount, .pinned, .exclusive, .writable, .dirty].contains(look)
                else { return nil }
                return test.register(named: name.text, of: place.actor)?.index
            })
        let outcomes = report.outcomes.map { reported in
            let values = zip(report.columns.columns, reported.outcome.values).map { column, value in
                if case .register(let index) = column, hidden.contains(index) { return OutcomeValue?.none }
                return column == .copies ? nil : value
            }
            return ObservedOutcome(count: 1, values: values, satisfies: nil)
        }
        return Observation(outcomes, of: test, columns: report.columns)
    }
}
