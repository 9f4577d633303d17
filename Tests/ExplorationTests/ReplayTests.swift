import Exploration
import RuleLanguage
import TestSupport
import Testing
import VirtualMemory

/// Replaying a schedule leads to what it was found for, and one that does not fit is refused.
@Suite struct ReplayTests {
    static let programs = [
        """
        map x: anonymous private = 1
        process parent {
            fork child {
                p = vmsplice(x)
                munmap(x)
                seen = read(p)
            }
            *x = 2
        }
        exists child:seen == 2
        """,
        """
        map x: anonymous private = 1
        process parent {
            b = io_uring_register(x)
            thread other {
                *x = 3
            }
            fork child {
                seen = *x
            }
            *x = 2
            device = dma_read(b)
        }
        """,
        """
        frames 4
        map x: anonymous private = 1
        process parent {
            thread other {
                await never
            }
            error = fork child {
                *x = 5
            }
            *x = 2
            kill(child)
        }
        process late {
            await never
            signal never
        }
        exists blocked(other)
        """,
    ]

    @Test(arguments: programs, ["mapcount", "refcount", "exclusive"])
    func leadsToWhatItWasFoundFor(_ program: String, _ rules: String) throws {
        let test = try LoweredTest(text: program)
        let set = try ShippedRules.set(rules)
        let report = try #require(Checker(witnesses: .all).check(test, under: [set]).first)
        #expect(report.isDecided)
        for outcome in report.outcomes {
            let schedule = try #require(outcome.schedule)
            let replay = try Replay(schedule, of: test, under: set)
            #expect(replay.end.outcome == outcome.outcome)
            #expect(replay.end.satisfies == outcome.satisfies)
            #expect(replay.steps.count == schedule.length)
        }
        for broken in report.broken {
            let replay = try Replay(try #require(broken.schedule), of: test, under: set)
            let violations = replay.steps.map(\.violations) + [replay.end.violations]
            #expect(violations.contains { $0.contains(broken.violation) })
        }
    }

    @Test func decisionsAreTracedToTheirStep() throws {
        let test = try LoweredTest(
            text: "map x: anonymous private = 1\nprocess parent {\n fork child {\n }\n *x = 2\n}\n")
        let set = try ShippedRules.set("textbook")
        let replay = try Replay(try Checker().choose(from: test, under: set).schedule, of: test, under: set)
        let decisions = replay.steps.flatMap(\.decisions)
        #expect(decisions.map(\.path) == [.forkAnonymous, .writeFaultAnonymous])
        let facts = try #require(decisions.last).walk.facts
        #expect(facts.map(\.fact) == [.pageCount])
        #expect(facts.map(\.value) == [2])
    }

    // MARK: What does not fit

    private static let simple =
        "map x: anonymous private = 1\nprocess main {\n r = *x\n}\nprocess other {\n}\n"

    /// The message with which moves are refused.
    private func refusal(_ moves: String, _ program: String = simple) throws -> String? {
        let test = try LoweredTest(text: program)
        let set = try ShippedRules.set("exclusive")
        let schedule = try Schedule(parsing: "\(moves)-\(test.origin(under: set.rules))")
        return #expect(throws: ReplayError.self) { try Replay(schedule, of: test, under: set) }?.message
    }

    @Test func movesThatCannotBeMadeAreRefused() throws {
        #expect(try refusal("ac") == "step 2 of the schedule: the test has no such thread; it has 2")
        #expect(try refusal("aa") == "step 2 of the schedule: 'main' has nothing to do")
        #expect(try refusal("a'1") == "step 1 of the schedule: 'main' can go on in one way only")
        let waiting = "process main {\n await e\n}\nprocess other {\n signal e\n}\n"
        #expect(try refusal("a", waiting) == "step 1 of the schedule: 'main' cannot go on; it waits in await")
    }

    @Test func aScheduleOfAnotherTestOrOtherRulesIsRefused() throws {
        let test = try LoweredTest(text: Self.simple)
        let changed = try LoweredTest(text: Self.simple.replacing("= 1", with: "= 2"))
        let (set, other) = (try ShippedRules.set("exclusive"), try ShippedRules.set("refcount"))
        let schedule = try Checker().choose(from: test, under: set).schedule
        let messages = [(changed, set), (test, other), (changed, other)].map { test, set in
            #expect(throws: ReplayError.self) { try Replay(schedule, of: test, under: set) }?.message
        }
        #expect(
            messages == [
                "the schedule is of another test, or the test has changed since it was made",
                "the schedule was made under other rules, or the rules have changed since",
                "the schedule is of another test under other rules, or was made by another version",
            ])
    }

    @Test func aScheduleMayEndBeforeTheExecutionDoes() throws {
        let test = try LoweredTest(text: Self.simple)
        let set = try ShippedRules.set("exclusive")
        let replay = try Replay(
            Schedule(parsing: "b-\(test.origin(under: set.rules))"), of: test, under: set)
        #expect(replay.end.outcome == nil)
        #expect(replay.end.threads == [.canGoOn, .idle])
    }
}

/// What the explorer chooses to show.
@Suite struct ChoosingTests {
    private func reason(
        _ condition: String, _ rules: String = "exclusive", breaking guarantee: Guarantee? = nil
    ) throws -> ChosenExecution.Reason {
        let program = """
            map x: anonymous private = 1
            process parent {
                b = io_uring_register(x)
                fork child {
                    seen = *x
                }
                *x = 2
                device = dma_read(b)
            }

            """
        return try Checker().choose(
            from: LoweredTest(text: program + condition), under: ShippedRules.set(rules), breaking: guarantee
        ).reason
    }

    @Test func theConditionComesFirst() throws {
        #expect(try reason("never child:seen == 1") == .breaksNever)
        #expect(try reason("always child:seen == 2") == .breaksAlways)
        #expect(try reason("exists child:seen == 1") == .satisfiesExists)
        #expect(try reason("never parent:device == 1", "textbook") == .breaksNever)
    }

    @Test func thenTheFirstBrokenGuarantee() throws {
        #expect(try reason("", "textbook") == .breaks(Violation(.coherence, through: .pin)))
        #expect(
            try reason("always parent:*x == 2", "textbook") == .breaks(Violation(.coherence, through: .pin)))
    }

    @Test func thenAnyExecution() throws {
        #expect(try reason("") == .outcome(of: 1))
    }

    @Test func aGuaranteeThatIsNamedComesBeforeAll() throws {
        let reason = try reason("never parent:device == 1", "textbook", breaking: .coherence)
        #expect(reason == .breaks(Violation(.coherence, through: .pin)))
        #expect(throws: ChoosingError.self) { try self.reason("", "exclusive", breaking: .coherence) }
    }
}
