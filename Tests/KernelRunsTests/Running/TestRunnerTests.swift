import Corpus
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

@Suite(.enabled("a C compiler is needed") { (try? Compiler.find()) != nil })
struct TestRunnerTests {
    private func program(_ tests: Int) async throws -> CompiledProgram {
        let texts = (0..<tests).map { "test t\($0)\nmap x: anonymous private\nprocess p { r = *x }" }
        let resolved = try texts.map { try ResolvedTest(parsing: SourceText(name: "t.cow", text: $0)) }
        return try await CompiledProgram(
            CProgram(resolved), by: Compiler.find(), runtime: ShippedRules.repository + "/Runtime")
    }

    private func answer(_ value: Int) -> TestResult {
        TestResult(
            .ran(
                Histogram(
                    runs: 1, nanoseconds: 9,
                    outcomes: [
                        MeasuredOutcome(
                            count: 1, registers: [.number(value)], actors: [.finished], looks: [])
                    ])))
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
        let answers = try await TestRunner(program(2)).run(on: machine)
        #expect(answers.results == [answer(5), TestResult(.notRunnable("no swap"))])
        #expect(answers.release == KernelRelease("6.1.0-a"))
        #expect(answers.notes == ["no KVM", "slow"])
        #expect(answers.accelerator == .tcg)
        #expect(!answers.isStopped)
    }

    @Test func aMachineThatDiesIsStartedAgainBehindTheTest() async throws {
        let machine = ScriptedMachine([
            (["muster 1 6.1.0-a 3", "test 0 ran 1 9 | 1 r 5 a f l"], .panicked("Kernel panic")),
            (["muster 1 6.1.0-a 3", "test 2 ran 1 9 | 1 r 7 a f l", "done 1"], .finished),
        ])
        let answers = try await TestRunner(program(3)).run(on: machine)
        #expect(
            answers.results == [
                answer(5), TestResult(.unanswered("Kernel panic\nlast words")), answer(7),
            ])
        #expect(machine.arguments[1].suffix(2) == ["--only", "2"])
    }

    @Test func aMachineThatDiesOfTheLastTestIsNotStartedAgain() async throws {
        let machine = ScriptedMachine([(["muster 1 6.1.0-a 1"], .vanished("QEMU went away"))])
        let answers = try await TestRunner(program(1)).run(on: machine)
        #expect(answers.results == [TestResult(.unanswered("QEMU went away\nlast words"))])
    }

    @Test func anInterruptLeavesTheRestWithoutAnswer() async throws {
        let machine = ScriptedMachine([(["test 0 ran 1 9 | 1 r 5 a f l"], .stopped)])
        let answers = try await TestRunner(program(2)).run(on: machine, isStopped: { true })
        #expect(answers.results == [answer(5), TestResult(.unanswered("interrupted"))])
        #expect(answers.isStopped)
    }

    @Test func damagedLinesGiveNoAnswer() async throws {
        let machine = ScriptedMachine([(["test 0 ran 1 9 | 1 r", "done 1"], .finished)])
        let answers = try await TestRunner(program(1)).run(on: machine)
        #expect(answers.results == [TestResult(.broken("the program gave no answer to it"))])
    }

    @Test func theHostRunsThem() async throws {
        let answers = try await TestRunner(program(2)).run(on: HostMachine())
        #expect(answers.results.count == 2)
        for result in answers.results {
            guard case .ran(let histogram) = result.answer else {
                Issue.record("\(result)")
                continue
            }
            #expect(histogram.outcomes.map(\.registers) == [[.number(0)]])
        }
        #expect(answers.release == HostMachine().release)
    }
}
