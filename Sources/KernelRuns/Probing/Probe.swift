import Exploration
import RuleLanguage

/// Finds out which rules a kernel follows, aspect by aspect, from what it did in tests whose steps are all ordered.
public struct Probe: Sendable {
    private let library: RuleLibrary
    private let checker: Checker
    private let workers: Int

    /// Makes a probe.
    ///
    /// - Parameters:
    ///   - library: the shipped rule sets; those of eras and of kernels are what a kernel may follow.
    ///   - checker: explores tests.
    ///   - workers: how many tests are explored at a time, at least 1.
    public init(library: RuleLibrary, checker: Checker = Checker(), workers: Int = 1) {
        self.library = library
        self.checker = checker
        self.workers = workers
    }

    /// Finds out which rules a kernel follows.
    ///
    /// - Parameters:
    ///   - tests: what the kernel showed; their steps are all ordered.
    ///   - release: which kernel it says that it is; its set is preferred where several fit.
    ///   - finished: called whenever a test was explored for the first time, with how many were.
    /// - Returns: nil where there are no rule sets to compare with.
    public func findings(
        of tests: [ProbedTest], release: KernelRelease, finished: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws(RuleLibraryError) -> ProbeFindings? {
        var explored = ExploredCompositions(
            tests.compactMap(\.lowered), library: library, checker: checker, workers: workers)
        return try await findings(of: tests, release: release, explored: &explored, finished: finished)
    }

    /// The same, with what was explored before of the same tests.
    func findings(
        of tests: [ProbedTest], release: KernelRelease, explored: inout ExploredCompositions,
        finished: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws(RuleLibraryError) -> ProbeFindings? {
        let recorded = RecordedAnswers(tests, library)
        var search = ProbeSearch(
            candidates: candidates(for: release), tests: tests.filter { $0.lowered != nil },
            explored: explored, recorded: recorded)
        try await search.judge(search.candidates.map { Composition($0) }, finished: finished)
        guard let best = try await search.best() else { return nil }
        let aspects = Aspect.allCases.filter { $0.isSeenInOrder && search.explored.reach($0) }
        try await search.judge(aspects.flatMap { search.variants(of: best, in: $0) })
        explored = search.explored
        return ProbeEvidence(search: search, recorded: recorded, best: best).findings
    }

    /// The sets that a kernel may follow: that of its release first, then those of kernels and then of eras, the latest first.
    private func candidates(for release: KernelRelease) -> [RuleSet] {
        let own = try? library.set(forRelease: release.description).set
        let kernels = library.sets.filter { $0.kind == .kernel }
        let eras = library.sets.filter { $0.kind == .era }
        let rest = (eras + kernels).reversed().filter { $0.name != own?.name }
        return (own.map { [$0] } ?? []) + rest
    }
}
