import RuleLanguage
import TestSupport
import Testing
import VirtualMemory

@testable import Exploration

/// What the checker makes of searches: sharing, limits, workers, deadlock.
@Suite struct CheckerTests {
    static let racing = """
        map x: anonymous private = 1
        process p {
            h = io_uring_register(x)
            thread t {
                *x = 2
                *x.1 = 3
            }
            fork c {
                *x = 4
            }
        }
        never c:*x == 4
        """

    func racingTest() throws -> LoweredTest { try LoweredTest(text: Self.racing) }

    // MARK: Sharing

    static let shared = [
        racing,
        """
        map x: anonymous private = 1
        process p {
            fork c {
                h = vmsplice(x)
                munmap(x)
                signal e
            }
            await e
            *x = 2
        }
        exists moved(p:x)
        """,
        """
        pin_bias 3
        map x: anonymous private = 1
        process p {
            a = vmsplice(x)
            b = vmsplice(x)
            c = pin(x, read, longterm)
            close(c)
            fork d {
            }
            mprotect(x, PROT_READ)
            mprotect(x, PROT_READ | PROT_WRITE)
            *x = 2
        }
        exists copies == 1
        """,
    ]

    /// A result that rule sets share is the one that each would have had by itself.
    @Test(arguments: shared)
    func whatIsSharedIsWhatWouldHaveBeenFound(_ text: String) throws {
        let test = try LoweredTest(text: text)
        let sets = try ShippedRules.sets()
        let together = Checker().check(test, under: sets)
        #expect(together.contains { $0.sharedWith != nil })
        for (set, report) in zip(sets, together) {
            let alone = try #require(Checker().check(test, under: [set]).first)
            #expect(alone.sharedWith == nil)
            #expect(report.outcomes == alone.outcomes, "\(set.name)")
            #expect(report.broken == alone.broken, "\(set.name)")
            #expect(report.verdict == alone.verdict)
            #expect(report.ruleSet == set.name)
        }
    }

    @Test func aSharedResultTellsWithWhomAndTakesNoTime() throws {
        let sets = [
            try ShippedRules.set("refcount"),
            try ShippedRules.extending("refcount", "mechanism uffd.wp none"),
        ]
        let reports = Checker().check(try racingTest(), under: sets)
        #expect(reports.map(\.sharedWith) == [nil, "refcount"])
        #expect(reports[1].seconds == 0)
        #expect(reports[1].states == reports[0].states)
    }

    @Test func aRuleThatTheTestReachesIsNotSharedOver() throws {
        let sets = [
            try ShippedRules.set("refcount"),
            try ShippedRules.extending("refcount", "on fork of anonymous: share"),
        ]
        let reports = Checker().check(try racingTest(), under: sets)
        #expect(reports[1].sharedWith == nil)
        #expect(reports[0].broken != reports[1].broken)
    }

    /// Whether a flush is due is only kept where a fault asks for it; that it was not kept is part of what was consulted.
    @Test func aSwitchThatDecidesWhatIsKeptIsNotSharedOver() throws {
        let test = try LoweredTest(
            text: """
                map x: anonymous private = 1
                process p {
                    uffd_register(x, wp)
                    pipe = vmsplice(x)
                    thread first {
                        *x.1 = 2
                        *x.2 = 4
                    }
                    thread second {
                        *x = 3
                    }
                    uffd_resolve(x)
                    join second
                    join first
                }
                always p:*x.2 == 4
                """)
        let sets = [try ShippedRules.set("refcount-5.9"), try ShippedRules.set("refcount")]
        let reports = Checker().check(test, under: sets)
        #expect(reports.map(\.verdict) == [.fails, .holds])
        #expect(reports[1].sharedWith == nil)
    }

    @Test func aRuleSetWithoutAClauseThatIsReachedGivesNoVerdict() throws {
        let library = try RuleLibrary([
            .init(name: "a.rules", text: "rules empty\non fork of anonymous: share\n")
        ])
        let report = try #require(Checker().check(try racingTest(), under: library.sets).first)
        guard case .unusable(let text) = report.verdict else {
            Issue.record("\(report.verdict)")
            return
        }
        #expect(text.contains("'empty'"))
        #expect(report.outcomes.isEmpty && !report.isDecided)
    }

    // MARK: Workers

    @Test func reportsAreTheSameWhateverTheNumberOfWorkers() async throws {
        let tests = try Self.shared.map { try LoweredTest(text: $0) }
        let sets = [
            try ShippedRules.set("mapcount"), try ShippedRules.set("refcount"),
            try ShippedRules.set("vma-lock"),
        ]
        var all: [[[String]]] = []
        for workers in [1, 2, 4] {
            let reports = await Checker(witnesses: .all).check(tests + tests, under: sets, workers: workers)
            all.append(reports.map { $0.map(Self.text) })
        }
        #expect(all[0] == all[1])
        #expect(all[0] == all[2])
        #expect(all[0].count == 6)
    }

    /// Everything in a report but the time that it took.
    static func text(_ report: TestReport) -> String {
        let outcomes = report.outcomes.map { outcome in
            let schedule = outcome.schedule.map { "\($0)" } ?? ""
            return
                "\(outcome.outcome.values.map(\.text)) \(outcome.satisfies.map { "\($0)" } ?? "") \(schedule)"
        }
        let broken = report.broken.map { "\($0.violation) \($0.schedule.map { "\($0)" } ?? "")" }
        return """
            \(report.test.test.test.name) \(report.ruleSet) \(report.verdict) \(report.states) \(report.transitions)
            \(outcomes) \(broken) \(report.sharedWith ?? "") \(report.frames)
            """
    }

    // MARK: Limits

    /// A test with more states than a search takes in before it looks at its limits.
    static let large = """
        map x: anonymous private = 1
        process p {
            thread t {
                *x = 2
                *x.1 = 3
            }
            thread u {
                *x.1 = 4
                *x = 5
            }
            fork c {
                *x = 6
            }
        }
        never c:*x == 9
        """

    @Test(arguments: [
        SearchLimits(states: 100), SearchLimits(memory: 10_000), SearchLimits(seconds: 0),
    ])
    func aLimitGivesNoVerdict(_ limits: SearchLimits) throws {
        let test = try LoweredTest(text: Self.large)
        let set = try ShippedRules.set("vma-lock-6.4")
        let options = SearchOptions(usesSymmetry: false, joinsMovers: false)
        let all = try #require(Checker(options: options).check(test, under: [set]).first)
        #expect(all.verdict == .holds)
        let some = try #require(Checker(options: options, limits: limits).check(test, under: [set]).first)
        guard case .undecided(let stopped) = some.verdict else {
            Issue.record("\(some.verdict)")
            return
        }
        #expect(!stopped.text.isEmpty)
        #expect(!some.isDecided)
        #expect(some.states < all.states)
        #expect(Set(some.outcomes.map(\.outcome)).isSubset(of: Set(all.outcomes.map(\.outcome))))
    }

    @Test func aSearchThatIsToldToStopGivesNoVerdict() throws {
        let control = SearchControl()
        control.stop()
        let report = try #require(
            Checker(control: control).check(try racingTest(), under: [try ShippedRules.set("refcount")]).first
        )
        #expect(report.verdict == .undecided(.interrupted))
    }

    @Test func progressIsTold() throws {
        let control = SearchControl()
        let report = try #require(
            Checker(control: control).check(try racingTest(), under: [try ShippedRules.set("refcount")]).first
        )
        #expect(control.states == report.states)
        #expect(control.queue == 0)
    }

    @Test func whatALimitEndedHasNoWitnessBeyondIt() throws {
        let limits = SearchLimits(states: 10)
        let checker = Checker(limits: limits, witnesses: .all)
        let set = try ShippedRules.set("refcount")
        let violation = Violation(.snapshot)
        #expect(checker.witness(violation, of: try racingTest(), under: set) == nil)
        #expect(Checker().witness(violation, of: try racingTest(), under: set) != nil)
    }

    // MARK: Frames

    /// References keep pages that nothing maps any more, more of them than the first guess has room for.
    @Test func aSearchThatRunsOutOfFramesTakesMore() throws {
        let rounds = (1...4).map { "*x = \($0)\nh\($0) = get(x, read)\nmadvise(x, MADV_DONTNEED)" }
        let reads = (1...4).map { "r\($0) = dma_read(h\($0))" }
        let text = "map x: anonymous private\nprocess p {\n\((rounds + reads).joined(separator: "\n"))\n}"
        let test = try LoweredTest(text: text)
        let set = try ShippedRules.set("refcount")
        let report = try #require(Checker(witnesses: .all).check(test, under: [set]).first)
        #expect(report.frames > test.program.geometry.frames)
        let titles = report.columns.titles
        let outcome = try #require(report.outcomes.first)
        for round in 1...4 {
            let column = try #require(titles.firstIndex(of: "p:r\(round)"))
            #expect(outcome.outcome.values[column] == .number(round))
        }
        #expect(
            try Replay(try #require(outcome.schedule), of: test, under: set).end.outcome == outcome.outcome)
    }

    // MARK: Ends

    @Test func whoWaitsForWhatDoesNotComeIsBlockedAndNothingIsBroken() throws {
        let test = try LoweredTest(
            text: """
                map x: anonymous private = 1
                process p {
                    fork c {
                        await e
                        r = *x
                        exit
                    }
                    thread t {
                        await e
                    }
                    await e
                    signal e
                    wait c
                    join t
                }
                exists blocked(p) && blocked(t) && blocked(c)
                """)
        let report = try #require(Checker().check(test, under: [try ShippedRules.set("refcount")]).first)
        #expect(report.verdict == .holds)
        #expect(report.observation == "Always")
        #expect(report.broken.isEmpty)
    }

    /// No rule set that is shipped can deadlock; so a lock is left held by hand.
    @Test func whoWaitsForAKernelLockBreaksSafety() throws {
        let test = try LoweredTest(
            text: "map x: anonymous private\nprocess p {\n*x = 1\n}\nexists blocked(p)")
        let rules = try ShippedRules.set("refcount").rules
        var program = test.program
        _ = program.makeRoom(for: .logFull)
        let simulation = Simulation(program, rules, joinsMovers: true, usesSymmetry: true)
        simulation.holdLock(ofProcess: 0)
        let search = DepthFirstSearch(test, simulation, limits: SearchLimits(), control: SearchControl())
        let result = try search.run()
        #expect(result.violations.contains(Violation(.safety)))
        #expect(result.outcomes.count == 1)
        #expect(result.outcomes.first?.values.contains(.blocked) == true)
    }
}
