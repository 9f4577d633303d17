import Corpus
import RuleLanguage
import TestSupport
import Testing
import VirtualMemory

@testable import Exploration

/// The executions that reports name: each followed on a machine without reductions shows what it is named for.
@Suite struct WitnessTests {
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
}
