import Synchronization

/// Runs a compiled program of tests on machines.
public struct TestRunner: Sendable {
    /// How to run.
    public struct Options: Sendable, Hashable {
        /// How often a test runs whose steps are not all ordered.
        public var runs: Int
        /// For so many milliseconds, whichever comes first.
        public var milliseconds: Int

        /// Makes options.
        public init(runs: Int = 1000, milliseconds: Int = 2000) {
            self.runs = runs
            self.milliseconds = milliseconds
        }
    }

    /// What a machine answered.
    public struct Answers: Sendable {
        /// One for each of the program's tests.
        public let results: [TestResult]
        /// The kernel as it named itself; nil where it said nothing.
        public let release: KernelRelease?
        /// What ran the guest's instructions; nil on the host.
        public let accelerator: Accelerator?
        /// What the user should know.
        public let notes: [String]
        /// Whether it was told to stop.
        public let isStopped: Bool
    }

    private let program: CompiledProgram
    private let options: Options

    /// A machine that dies so often is not started again.
    private static let mostStarts = 8

    /// Makes a runner.
    public init(_ program: CompiledProgram, options: Options = Options()) {
        self.program = program
        self.options = options
    }

    /// Runs all tests on a machine. A machine that dies is started again behind the test that it died of.
    ///
    /// - Parameters:
    ///   - isStopped: asked now and then; where it says so, the run is ended.
    ///   - finished: called whenever a test has its answer, with how many have.
    public func run(
        on machine: any Machine, isStopped: @escaping @Sendable () -> Bool = { false },
        finished: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws(MachineError) -> Answers {
        let tests = program.program.tests
        let answers = Collected(tests: tests.count, finished: finished)
        var accelerator: Accelerator?
        var notes: [String] = []
        var starts = 0
        while answers.next < tests.count || starts == 0 {
            starts += 1
            let job = self.job(from: answers.next, isStopped)
            let run = try await machine.run(job) { answers.take($0) }
            accelerator = run.accelerator ?? accelerator
            for note in run.notes + answers.takeNotes() where !notes.contains(note) { notes.append(note) }
            if run.ending == .finished || run.ending == .stopped { break }
            let words = TestRunner.words(run)
            answers.give(.unanswered(words))
            if starts == TestRunner.mostStarts {
                answers.giveAll(.unanswered("the machine was started \(starts) times, and died each time"))
            }
        }
        let isOver = isStopped()
        answers.giveAll(isOver ? .unanswered("interrupted") : .broken("the program gave no answer to it"))
        return Answers(
            results: answers.results, release: answers.release, accelerator: accelerator, notes: notes,
            isStopped: isOver)
    }

    private func job(from first: Int, _ isStopped: @escaping @Sendable () -> Bool) -> MachineJob {
        var arguments = ["--runs", "\(options.runs)", "--milliseconds", "\(options.milliseconds)"]
        let tests = program.program.tests
        if first > 0 {
            arguments += ["--only", (first..<tests.count).map(String.init).joined(separator: ",")]
        }
        var limits = MachineLimits()
        limits.silence += .milliseconds(options.milliseconds)
        limits.total = .seconds(600) + .milliseconds(options.milliseconds * 2 * tests.count)
        return MachineJob(
            program: program.path, arguments: arguments, needs: program.program.machineNeeds, limits: limits,
            isStopped: isStopped)
    }

    /// How a machine died, with its last lines.
    private static func words(_ run: MachineRun) -> String {
        let end =
            switch run.ending {
            case .panicked(let words): words
            case .hung(let words): words
            case .vanished(let words): words
            case .finished, .stopped: ""
            }
        return ([end] + run.console.suffix(12)).joined(separator: "\n")
    }
}

/// The answers so far.
private final class Collected: Sendable {
    private struct State {
        var results: [TestResult?]
        var release: KernelRelease?
        var notes: [String] = []
        /// The first test that has no answer, and those before it have one.
        var next = 0
    }

    private let state: Mutex<State>
    private let finished: @Sendable (Int) -> Void

    init(tests: Int, finished: @escaping @Sendable (Int) -> Void) {
        state = Mutex(State(results: Array(repeating: nil, count: tests)))
        self.finished = finished
    }

    var next: Int { state.withLock { $0.next } }
    var release: KernelRelease? { state.withLock { $0.release } }
    var results: [TestResult] { state.withLock { $0.results.compactMap(\.self) } }

    /// Takes a line of the results; damaged ones are passed over, and their tests have no answer then.
    func take(_ line: String) {
        let count = state.withLock { state -> Int? in
            switch ResultLine(line) {
            case .begins(let release, _): state.release = release
            case .note(let text): state.notes.append(text)
            case .test(let index, let result) where state.results.indices.contains(index):
                state.results[index] = result
                state.next = max(state.next, index + 1)
                return state.next
            case .test, .ends, nil: break
            }
            return nil
        }
        if let count { finished(count) }
    }

    func takeNotes() -> [String] {
        state.withLock { state in
            defer { state.notes = [] }
            return state.notes
        }
    }

    /// Gives the next test an answer.
    func give(_ answer: TestResult.Answer) {
        state.withLock { state in
            guard state.next < state.results.count else { return }
            state.results[state.next] = TestResult(answer)
            state.next += 1
        }
    }

    /// Gives all tests that have none an answer.
    func giveAll(_ answer: TestResult.Answer) {
        state.withLock { state in
            for index in state.results.indices where state.results[index] == nil {
                state.results[index] = TestResult(answer)
            }
            state.next = state.results.count
        }
    }
}

extension CProgram {
    /// What the tests want of a machine.
    var machineNeeds: MachineNeeds {
        var needs: MachineNeeds = []
        for feature in features {
            switch feature {
            case .vfio, .iommuDirtyTracking: needs.insert(.device)
            case .migration: needs.insert(.nodes)
            case .swap, .fileReclaim: needs.insert(.swap)
            case .directIO, .directIOPins, .directIOGets: needs.insert(.fuse)
            case .vmsplice, .ioUring, .keeper, .xdp, .udmabuf, .userfaultfd, .userfaultfdWriteProtect,
                .softDirty,
                .pagemapScan, .frameNumbers, .mappingCounts, .youngBits, .ksm, .hugePages, .collapse,
                .hugetlb, .memoryCgroup, .lruBatches, .remoteAccess, .forcedAccess:
                break
            }
        }
        return needs
    }
}
