import Corpus
import RuleLanguage
import TestSupport
import Testing
import VirtualMemory

@testable import Exploration

/// Schedules: as strings, and followed on a machine without reductions.
@Suite struct ReplayTests {
    static let sample = Array(
        stride(from: 0, to: CorpusCheckTests.tests.count, by: FullRun.isWanted ? 1 : 12))

    @Test(
        arguments: sample,
        FullRun.isWanted ? ["mapcount", "refcount", "exclusive", "vma-lock-6.4"] : ["refcount"])
    func everyScheduleThatIsReportedShowsWhatItIsReportedFor(_ index: Int, _ rules: String) throws {
        let test = CorpusCheckTests.tests[index]
        let set = try ShippedRules.set(rules)
        let report = try #require(Checker(witnesses: .all).check(test, under: [set]).first)
        for reported in report.outcomes {
            let schedule = try #require(reported.schedule)
            #expect(try Schedule(parsing: "\(schedule)") == schedule)
            let replay = try Replay(schedule, of: test, under: set)
            #expect(replay.end.outcome == reported.outcome)
            #expect(replay.end.satisfies == reported.satisfies)
            #expect(replay.steps.count == schedule.length)
        }
        for reported in report.broken {
            let replay = try Replay(try #require(reported.schedule), of: test, under: set)
            let last = try #require(replay.steps.last).violations
            #expect(last.contains(reported.violation) || replay.end.violations.contains(reported.violation))
            // A shortest one breaks it for the first time in its last step.
            #expect(replay.steps.dropLast().allSatisfy { !$0.violations.contains(reported.violation) })
        }
    }

    /// The witness of a rule set that shares another one's result fits its own rules.
    @Test func sharedResultsHaveSchedulesOfTheirOwn() throws {
        let test = try LoweredTest(text: CheckerTests.racing)
        let sets = [
            try ShippedRules.set("refcount"),
            try ShippedRules.extending("refcount", "mechanism uffd.wp none"),
        ]
        let reports = Checker(witnesses: .all).check(test, under: sets)
        #expect(reports[1].sharedWith == "refcount")
        for (set, report) in zip(sets, reports) {
            for outcome in report.outcomes {
                let replay = try Replay(try #require(outcome.schedule), of: test, under: set)
                #expect(replay.end.outcome == outcome.outcome)
            }
        }
    }

    @Test func schedulesAreTheSameWhateverTheReductionsOfTheCheck() throws {
        let test = try LoweredTest(text: CheckerTests.racing)
        let set = try ShippedRules.set("refcount")
        let texts = CrossCheck.options.map { options in
            Checker(options: options, witnesses: .all).check(test, under: [set]).map { report in
                report.outcomes.map { "\($0)" } + report.broken.map { "\($0)" }
            }
        }
        #expect(texts.allSatisfy { $0 == texts[0] })
    }

    static let origin = ScheduleOrigin(test: 0x12, rules: 0xabcd)

    @Test(
        arguments: [
            ("-0012abcd", []), ("a-0012abcd", [(0, 0)]), ("a3b-0012abcd", [(0, 0), (0, 0), (0, 0), (1, 0)]),
            ("a'1b'2a-0012abcd", [(0, 1), (1, 2), (0, 0)]),
            ("z12-0012abcd", Array(repeating: (25, 0), count: 12)),
        ] as [(String, [(UInt8, UInt8)])])
    func aScheduleIsAShortString(_ text: String, _ moves: [(UInt8, UInt8)]) throws {
        let schedule = Schedule(moves: moves.map { Move(thread: $0.0, choice: $0.1) }, origin: Self.origin)
        #expect("\(schedule)" == text)
        #expect(try Schedule(parsing: text) == schedule)
    }

    @Test func anyScheduleIsReadBackTheSame() throws {
        var random = SplitMix(seed: 7)
        for _ in 0..<200 {
            let moves = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                Move(
                    thread: UInt8.random(in: 0...25, using: &random),
                    choice: random.once(in: 3) ? UInt8.random(in: 0...255, using: &random) : 0)
            }
            let origin = ScheduleOrigin(
                test: UInt16.random(in: 0...(.max), using: &random),
                rules: UInt16.random(in: 0...(.max), using: &random))
            let schedule = Schedule(moves: moves, origin: origin)
            #expect(try Schedule(parsing: "\(schedule)") == schedule)
        }
    }

    @Test(arguments: [
        ("", 0), ("a", 1), ("A-0012abcd", 0), ("a0-0012abcd", 1), ("a'-0012abcd", 2), ("a'0-0012abcd", 2),
        ("a'256-0012abcd", 2), ("a-0012abc", 9), ("a-0012abcg", 9), ("a-0012abcd0", 10), ("a 2-0012abcd", 1),
        ("a100001-0012abcd", 1), ("a-", 2), ("é-0012abcd", 0),
    ])
    func whatIsNoScheduleIsRefusedWhereItGoesWrong(_ text: String, _ offset: Int) {
        #expect {
            _ = try Schedule(parsing: text)
        } throws: { error in
            (error as? Schedule.ParseError)?.offset == offset
        }
    }

    // MARK: What does not fit

    func refusal(_ text: String, _ rules: String = "refcount") throws -> String {
        let test = try LoweredTest(text: CheckerTests.racing)
        let set = try ShippedRules.set(rules)
        let origin = test.origin(under: try ShippedRules.set("refcount").rules)
        do {
            _ = try Replay(try Schedule(parsing: "\(text)-\(origin)"), of: test, under: set)
            return ""
        } catch let error as ReplayError {
            return error.message
        }
    }

    @Test func aScheduleThatCannotBeFollowedIsRefusedWithTheStep() throws {
        #expect(try refusal("b").hasPrefix("step 1 of the schedule: 't' has nothing to do"))
        #expect(try refusal("aad").hasPrefix("step 3 of the schedule: the test has no such thread"))
        #expect(try refusal("a'3").hasPrefix("step 1 of the schedule: 'p' can go on in one way only"))
        #expect(try refusal("").isEmpty)
    }

    @Test func aScheduleOfOtherRulesIsRefused() throws {
        #expect(try refusal("a", "mapcount").hasPrefix("the schedule was made under other rules"))
    }
}
