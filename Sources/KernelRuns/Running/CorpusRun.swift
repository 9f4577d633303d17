/// Runs a program's tests on one machine, and starts the machine anew behind a test that made it panic or hang.
public struct CorpusRun: Sendable {
    /// Where.
    public let machine: any Machine
    /// How often, and how long.
    public var options: RunOptions
    /// Places of the tests to run; nil for all of the program.
    public var only: Set<Int>?
    /// Asked now and then; where it says so, the run ends with what there is.
    public var isStopped: @Sendable () -> Bool

    /// A machine that dies so often is not started again.
    private static let mostStarts = 6

    /// Makes a run.
    public init(
        on machine: any Machine, options: RunOptions = RunOptions(),
        isStopped: @escaping @Sendable () -> Bool = { false }
    ) {
        self.machine = machine
        self.options = options
        self.isStopped = isStopped
    }

    /// Runs all tests.
    ///
    /// - Parameter progress: handed each test's place and result as it comes.
    /// - Returns: results for all tests of the program; those that were not to run count as not runnable.
    public func run(
        _ corpus: CompiledCorpus, progress: @escaping @Sendable (Int, TestResult) -> Void = { _, _ in }
    ) async throws(MachineError) -> KernelAnswers {
        let count = corpus.program.tests.count
        let clock = ContinuousClock()
        let begin = clock.now
        var answers = KernelAnswers(release: machine.release, results: [])
        var found: [Int: TestResult] = [:]
        for start in 1...Self.mostStarts {
            let rest = (0..<count).filter { found[$0] == nil && only?.contains($0) ?? true }
            if rest.isEmpty { break }
            let collector = ResultCollector(progress: progress)
            let run = try await machine.run(job(corpus, rest)) { collector.take($0) }
            answers.take(run)
            if let release = collector.release { answers.release = release }
            for note in collector.notes { answers.note(note) }
            found.merge(collector.results) { first, _ in first }
            if run.ending == .stopped {
                answers.isStopped = true
                break
            }
            guard let next = rest.first(where: { found[$0] == nil }) else { break }
            let reason = run.inWords
            found[next] = TestResult(.unanswered(reason))
            progress(next, TestResult(.unanswered(reason)))
            // Where nothing at all came, it is the machine and no test.
            if collector.release == nil || start == Self.mostStarts {
                for index in rest where found[index] == nil { found[index] = TestResult(.unanswered(reason)) }
            }
        }
        answers.results = (0..<count).map { index in
            guard only?.contains(index) ?? true else { return TestResult(.notRunnable("nobody asked")) }
            return found[index] ?? TestResult(.unanswered("it was stopped before"))
        }
        answers.duration = begin.duration(to: clock.now)
        return answers
    }

    private func job(_ corpus: CompiledCorpus, _ rest: [Int]) -> MachineJob {
        let tests = corpus.program.tests
        var arguments = options.arguments
        if rest.count < tests.count {
            arguments += ["--only", rest.map { "\($0)" }.joined(separator: ",")]
        }
        var job = MachineJob(
            program: corpus.path, arguments: arguments,
            needs: MachineNeeds(rest.flatMap { tests[$0].needs }), isStopped: isStopped)
        let oneTest = max(options.milliseconds, options.limitMilliseconds) + options.limitMilliseconds
        job.limits.silence = .milliseconds(oneTest + 30_000)
        return job
    }
}

extension KernelAnswers {
    fileprivate mutating func take(_ run: MachineRun) {
        machineRuns.append(run)
        accelerator = run.accelerator
        for text in run.notes { note(text) }
    }
}

extension MachineNeeds {
    /// What a machine must have for tests that need features.
    init(_ features: [Feature]) {
        self = []
        for feature in features {
            switch feature {
            case .vfio, .iommuDirtyTracking: insert(.device)
            case .migration: insert(.nodes)
            case .swap, .fileReclaim, .limitedSwap: insert(.swap)
            case .directIO, .directIOPins, .directIOGets: insert(.fuse)
            default: break
            }
        }
    }
}

extension MachineRun {
    /// How it ended, in words, with the console's last lines where it went wrong.
    public var inWords: String {
        let tail = console.suffix(12).map { "\n    " + $0 }.joined()
        return switch ending {
        case .finished: "the run ended, and this test has no result"
        case .panicked(let words): "the kernel panicked: \(words)\(tail)"
        case .hung(let words): "it hung: \(words)\(tail)"
        case .vanished(let words): "the machine went away: \(words)\(tail)"
        case .stopped: "it was stopped"
        }
    }
}
