import RuleLanguage

extension Checker {
    /// Checks many tests, several at a time; the reports come in the order of the tests whatever the number of workers.
    ///
    /// - Parameters:
    ///   - workers: how many tests run at a time, at least 1.
    ///   - finished: called whenever a test is done, one call at a time, with how many are.
    public func check(
        _ tests: [LoweredTest], under ruleSets: [RuleSet], workers: Int,
        finished: @escaping @Sendable (Int) -> Void = { _ in }
    ) async -> [[TestReport]] {
        var reports = [[TestReport]](repeating: [], count: tests.count)
        await withTaskGroup(of: (Int, [TestReport]).self) { group in
            var next = 0
            var done = 0
            func startOne() {
                guard next < tests.count else { return }
                let index = next
                next += 1
                group.addTask { (index, check(tests[index], under: ruleSets)) }
            }
            for _ in 0..<max(workers, 1) { startOne() }
            for await (index, result) in group {
                reports[index] = result
                done += 1
                finished(done)
                startOne()
            }
        }
        return reports
    }
}
