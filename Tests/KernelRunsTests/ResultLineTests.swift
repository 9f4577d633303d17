import KernelRuns
import Testing

@Suite struct ResultLineTests {
    @Test func aTestThatRan() {
        let line = ResultLine("test 3 ran 1000 123456 | 998 r 5 - -14 a f b l 77 ? | 2 r 6 1 0 a n k11 l 0 -")
        let first = MeasuredOutcome(
            count: 998, registers: [.number(5), .absent, .number(-14)], actors: [.finished, .blocked],
            looks: [.number(77), .notObservable])
        let second = MeasuredOutcome(
            count: 2, registers: [.number(6), .number(1), .number(0)],
            actors: [.notStarted, .killed(signal: 11)],
            looks: [.number(0), .absent])
        let histogram = Histogram(runs: 1000, nanoseconds: 123456, outcomes: [first, second])
        #expect(line == .test(3, TestResult(.ran(histogram))))
    }

    @Test func theRest() {
        #expect(ResultLine("muster 1 6.1.0 250") == .begins(KernelRelease("6.1.0"), tests: 250))
        #expect(ResultLine("done 250") == .ends(tests: 250))
        #expect(ResultLine("note no swap here") == .note("no swap here"))
        #expect(ResultLine("test 0 missing needs root") == .test(0, TestResult(.notRunnable("needs root"))))
        #expect(ResultLine("test 1 broken no memory") == .test(1, TestResult(.broken("no memory"))))
    }

    @Test(arguments: [
        "", "done", "done x", "muster 2 6.1 3", "test 1 ran", "test x ran 1 1 | 1 r a l",
        "test 1 ran 1 1 | 1 r 5", "test 1 ran 1 1 | 1 r 5x a f l", "test 1 ran 0 1 | 1 r a l",
        "[   12.3] BUG",
    ])
    func damagedLines(_ text: String) {
        #expect(ResultLine(text) == nil)
    }
}
