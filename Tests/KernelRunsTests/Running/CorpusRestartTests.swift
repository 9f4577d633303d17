import Diagnostics
@testable import KernelRuns
import Synchronization
import TestLanguage
import TestSupport
import Testing

/// A machine that says what the test tells it to, start by start.
private final class ScriptedMachine: Machine {
    let release = KernelRelease("6.1.0")
    private let script: [(lines: [String], ending: MachineRun.Ending)]
    private let starts = Mutex(0)
    private let jobs: Mutex<[MachineJob]> = Mutex([])

    init(_ script: [(lines: [String], ending: MachineRun.Ending)]) { self.script = script }

    var arguments: [[String]] { jobs.withLock { $0.map(\.arguments) } }

    func run(
        _ job: MachineJob, receive: @escaping @Sendable (String) -> Void
    ) async throws(MachineError) -> MachineRun {
        let start = starts.withLock { start in
            defer { start += 1 }
            return start
        }
        jobs.withLock { $0.append(job) }
        guard start < script.count else { throw .system("no more starts") }
        for line in script[start].lines { receive(line) }
        return MachineRun(
            ending: script[start].ending, console: ["last words"], accelerator: .tcg, notes: ["no KVM"],
            timeToFirstLine: nil)
    }
}

@Suite(.enabled(if: Here.isAble, "there is no C compiler")) struct CorpusRestartTests {
    private func ask(_ tests: Int, _ machine: ScriptedMachine) async throws -> KernelAnswers {
        let texts = (0..<tests).map { "test t\($0)\nmap x: anonymous private\nprocess p { r = *x }" }
        let resolved = try texts.map { try ResolvedTest(parsing: SourceText(name: "t.cow", text: $0)) }
        let corpus = try await CompiledCorpus(
            CProgram(resolved), with: try #require(Here.compiler), runtime: try #require(Here.home).runtime)
        return try await CorpusRun(on: machine).run(corpus)
    }

    private func answer(_ value: Int) -> TestResult {
        let outcome = MeasuredOutcome(
            count: 1, registers: [.number(value)], actors: [.finished], looks: [])
        return TestResult(.ran(Histogram(runs: 1, nanoseconds: 9, outcomes: [outcome])))
    }

    /// Whether a result says that nobody answered, and why.
    private func isUnanswered(_ result: TestResult, _ reason: String) -> Bool {
        if case .unanswered(let text) = result.answer { text.contains(reason) } else { false }
    }

    @Test func aMachineThatAnswersAll() async throws {
        let machine = ScriptedMachine([
            (
                [
                    "muster 1 6.1.0-a 2", "note slow", "test 0 ran 1 9 | 1 r 5 a f l",
                    "test 1 missing no swap", "done 2",
                ], .finished
            )
        ])
        let answers = try await ask(2, machine)
        #expect(answers.results == [answer(5), TestResult(.notRunnable("no swap"))])
        #expect(answers.release == KernelRelease("6.1.0-a"))
        #expect(answers.notes == ["no KVM", "slow"])
        #expect(answers.accelerator == .tcg)
        #expect(!answers.isStopped)
        #expect(machine.arguments.count == 1)
    }

    @Test func aMachineThatDiesIsStartedAgainBehindTheTest() async throws {
        let machine = ScriptedMachine([
            (["muster 1 6.1.0-a 3", "test 0 ran 1 9 | 1 r 5 a f l"], .panicked("Fatal exception")),
            (["muster 1 6.1.0-a 3", "test 2 ran 1 9 | 1 r 7 a f l", "done 1"], .finished),
        ])
        let results = try await ask(3, machine).results
        #expect([results[0], results[2]] == [answer(5), answer(7)])
        #expect(isUnanswered(results[1], "Fatal exception") && isUnanswered(results[1], "last words"))
        #expect(machine.arguments[1].suffix(2) == ["--only", "2"])
    }

    @Test func aMachineThatDiesOfTheLastTestIsNotStartedAgain() async throws {
        let machine = ScriptedMachine([(["muster 1 6.1.0-a 1"], .vanished("QEMU is gone"))])
        #expect(isUnanswered(try await ask(1, machine).results[0], "QEMU is gone"))
    }

    @Test func aMachineThatNeverComesUpIsNotStartedForEachTest() async throws {
        let machine = ScriptedMachine([([], .hung("no result after 90 s"))])
        let results = try await ask(3, machine).results
        #expect(results.allSatisfy { isUnanswered($0, "no result after 90 s") })
    }

    @Test func anInterruptLeavesTheRestWithoutAnswer() async throws {
        let machine = ScriptedMachine([(["test 0 ran 1 9 | 1 r 5 a f l"], .stopped)])
        let answers = try await ask(2, machine)
        #expect(answers.results[0] == answer(5))
        #expect(isUnanswered(answers.results[1], "stopped"))
        #expect(answers.isStopped)
    }

    @Test func damagedLinesGiveNoAnswer() async throws {
        let machine = ScriptedMachine([
            (["muster 1 6.1.0-a 1", "test 0 ran 1 9 | 1 r", "done 1"], .finished)
        ])
        #expect(isUnanswered(try await ask(1, machine).results[0], "no result"))
    }
}
