import RuleLanguage
import Rules

/// Looks for the combination of shipped rule sets that allows what a kernel did.
struct ProbeSearch {
    /// The sets that a kernel may follow, the one that is preferred where several fit first.
    let candidates: [RuleSet]
    /// What the kernel showed; in each test that the engine can explore.
    let tests: [ProbedTest]
    private(set) var explored: ExploredCompositions
    private let recorded: RecordedAnswers
    private let matchers: [OutcomeMatcher]
    /// For each test, what comes of each way in which it was explored.
    private var judgements: [[Judgement]]
    /// For each aspect, sets that stand for the different ways to decide it.
    private let choices: [Aspect: [RuleSet]]

    /// Makes a search.
    ///
    /// - Parameter explored: of the same tests.
    init(
        candidates: [RuleSet], tests: [ProbedTest], explored: ExploredCompositions, recorded: RecordedAnswers
    ) {
        self.candidates = candidates
        self.tests = tests
        self.explored = explored
        self.recorded = recorded
        matchers = tests.map { OutcomeMatcher($0.test, $0.observation.columns, frames: true) }
        judgements = tests.map { _ in [] }
        choices = Aspect.allCases.reduce(into: [:]) { choices, aspect in
            choices[aspect] = candidates.reduce(into: []) { chosen, set in
                if !chosen.contains(where: { $0.behaves(as: set, in: aspect) }) { chosen.append(set) }
            }
        }
        takeJudgements()
    }

    /// Sets that stand for the different ways to decide an aspect, the preferred one first.
    func choices(of aspect: Aspect) -> [RuleSet] { choices[aspect] ?? [] }

    /// Names of the sets that decide an aspect as one does, the preferred one first.
    func names(deciding aspect: Aspect, as set: RuleSet) -> [String] {
        candidates.filter { $0.behaves(as: set, in: aspect) }.map(\.name)
    }

    /// What a composition, which must have been explored, says of each test.
    func judgements(of composition: Composition) -> [Judgement] {
        zip(judgements, explored.places(of: composition)).map { $0[$1] }
    }

    /// In how many tests the kernel did what a composition does not allow.
    func disagreements(_ composition: Composition) -> Int {
        zip(judgements, explored.places(of: composition)).count { $0[$1].disagrees }
    }

    /// Explores the tests under compositions.
    mutating func judge(
        _ compositions: [Composition], finished: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws(RuleLibraryError) {
        try await explored.explore(compositions, finished: finished)
        takeJudgements()
    }

    /// Judges what was explored since.
    private mutating func takeJudgements() {
        for test in tests.indices {
            for one in explored.known[test].dropFirst(judgements[test].count) {
                judgements[test].append(Judgement(one.report, tests[test].observation, matchers[test]))
            }
        }
    }

    /// Finds the composition with the fewest disagreements; among those, the one that changes least in its base.
    mutating func best() async throws(RuleLibraryError) -> Composition? {
        var profiles: Set<[Int]> = []
        // What no test tells apart would take the same course.
        let starts = candidates.map { Composition($0) }.filter {
            profiles.insert(explored.places(of: $0)).inserted
        }
        var best = starts.first { disagreements($0) == 0 }
        if best == nil {
            for start in starts {
                let found = try await descend(from: start)
                if best.map({ isBetter(found, than: $0) }) ?? true { best = found }
                // No set fits as it is, so that nothing could change less.
                if disagreements(found) == 0, found.changed.count == 1 { break }
            }
        }
        guard let modelled = best else { return nil }
        return try await withRecordedAspects(modelled)
    }

    private func isBetter(_ one: Composition, than other: Composition) -> Bool {
        (disagreements(one), one.changed.count) < (disagreements(other), other.changed.count)
    }

    /// Changes one aspect after the other for as long as that takes disagreements away.
    private mutating func descend(from start: Composition) async throws(RuleLibraryError) -> Composition {
        var current = start
        let aspects = Aspect.allCases.filter { $0.isSeenInOrder && explored.reach($0) }
        for _ in aspects where disagreements(current) > 0 {
            let steps = aspects.flatMap { variants(of: current, in: $0) }
            try await judge(steps)
            guard let best = steps.min(by: { disagreements($0) < disagreements($1) }),
                disagreements(best) < disagreements(current)
            else { break }
            current = best
        }
        return current
    }

    /// A composition with each other way to decide one aspect.
    func variants(of composition: Composition, in aspect: Aspect) -> [Composition] {
        choices(of: aspect).filter { !$0.behaves(as: composition.source(of: aspect), in: aspect) }
            .map { composition.taking(aspect, from: $0) }
    }

    /// Takes aspects from the kernels that answered the same to tests which the engine does not know all words of, where
    /// the tests that it knows do not speak against it.
    private mutating func withRecordedAspects(
        _ composition: Composition
    ) async throws(RuleLibraryError) -> Composition {
        var whole = composition
        for aspect in Aspect.allCases where aspect.isSeenInOrder {
            let own = recorded(aspect, as: whole.source(of: aspect)) ?? .max
            let better = variants(of: whole, in: aspect).filter {
                recorded(aspect, as: $0.source(of: aspect)) ?? .max < own
            }
            try await judge(better)
            let best = better.filter { disagreements($0) <= disagreements(whole) }.min {
                recorded(aspect, as: $0.source(of: aspect)) ?? .max
                    < recorded(aspect, as: $1.source(of: aspect)) ?? .max
            }
            whole = best ?? whole
        }
        return whole
    }

    /// In how many of the recorded tests of an aspect no kernel that decides it as a set does answered the same; nil where
    /// no such kernel's answers are recorded.
    private func recorded(_ aspect: Aspect, as set: RuleSet) -> Int? {
        recorded.disagreements(of: names(deciding: aspect, as: set), in: aspect)
    }
}
