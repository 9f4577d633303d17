import ArgumentParser
import Corpus
import Exploration
import KernelRuns
import Reports
import RuleLanguage
import Synchronization

/// Runs tests on kernels and holds the answers against the model.
struct KernelSession {
    let tests: [SelectedTest]
    let machines: [NamedMachine]
    /// The rule set that each machine's kernel follows; nil where none is known.
    let ruleSets: [RuleSet?]
    let frames: Bool
    let options: RunOptions
    let limits: SearchLimits
    let workers: Int
    /// Whether to ask again, for longer, what came to something that should not be.
    var asksAgain = false

    /// What kernels answered earlier to tests that are not modelled, by the tests' places.
    var logs: [Int: AnswerLog] = [:]

    private var control: SearchControl { Interrupt.control }

    /// Explores the tests, compiles them, and asks all kernels.
    ///
    /// - Throws: an exit code, after a message.
    func run(errors: [InputError]) async throws -> KernelResults {
        Interrupt.install()
        let reports = await explore()
        guard !control.isStopped else {
            return KernelResults(
                kernels: [], tests: tests, comparisons: tests.map { _ in [] }, errors: errors,
                isInterrupted: true)
        }
        let program = try await compile(reports)
        var columns: [[TestComparison]] = []
        var kernels: [KernelOfRun] = []
        for (index, machine) in machines.enumerated() where !control.isStopped {
            let answers = try await ask(machine, program, options, only: nil)
            kernels.append(
                KernelOfRun(
                    label: machine.label, release: answers.release,
                    machine: machine.words(answers.accelerator),
                    ruleSet: ruleSets[index]))
            let column = compare(answers, ruleSets[index], reports, program.program)
            columns.append(try await askAgain(column, machine, ruleSets[index], reports, program))
        }
        return KernelResults(
            kernels: kernels, tests: tests,
            comparisons: tests.indices.map { test in columns.map { $0[test] } }, errors: errors,
            isInterrupted: control.isStopped)
    }

    // MARK: The model

    /// Reports of the tests that are modelled, by their places, one for each rule set.
    private func explore() async -> [Int: [String: TestReport]] {
        let sets = distinctRuleSets
        guard !sets.isEmpty else { return [:] }
        var found: [Int: [String: TestReport]] = [:]
        let meter = ProgressMeter(tests: tests.count, control: control)
        meter.start()
        // Plans for races need executions; of ordered tests they would be of no use.
        for isOrdered in [true, false] {
            let places = tests.indices.filter {
                tests[$0].lowered != nil && tests[$0].test.isOrdered == isOrdered
            }
            let lowered = places.compactMap { place in
                tests[place].lowered.map { test in
                    var test = test
                    test.recordsFinalFrames = frames
                    return test
                }
            }
            let checker = Checker(limits: limits, control: control, witnesses: isOrdered ? .none : .all)
            let reports = await checker.check(lowered, under: sets, workers: workers) { meter.finished($0) }
            for (place, row) in zip(places, reports) {
                found[place] = Dictionary(zip(sets.map(\.name), row)) { first, _ in first }
            }
        }
        meter.stop()
        return found
    }

    private var distinctRuleSets: [RuleSet] {
        var sets: [RuleSet] = []
        for case let set? in ruleSets where !sets.contains(where: { $0.name == set.name }) {
            sets.append(set)
        }
        return sets
    }

    // MARK: The kernels

    private func compile(_ reports: [Int: [String: TestReport]]) async throws -> CompiledCorpus {
        var plans: [Int: [RacePlan]] = [:]
        for (place, row) in reports {
            for set in distinctRuleSets {
                guard let report = row[set.name] else { continue }
                let more = RacePlan.plans(for: report, under: set)
                plans[place, default: []] += more.filter { !plans[place, default: []].contains($0) }
            }
        }
        let program = CProgram(tests.map(\.test), frames: frames, plans: plans)
        let runtime = try Home.findOrComplain().runtime
        do throws(Compiler.Failure) {
            let compiler = try Compiler.find()
            return try await unlessStopped { () async throws(Compiler.Failure) in
                try await CompiledCorpus(program, with: compiler, runtime: runtime)
            }
        } catch {
            if control.isStopped { throw ExitCode(.interrupted) }
            Terminal.complain(error.message)
            throw ExitCode(error.isMissing ? .missing : .internal)
        }
    }

    /// Does something whose task is cancelled when the user wants no more of it.
    private func unlessStopped<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let control = control
        let task = Task { () async -> Result<Value, Failure> in
            do throws(Failure) { return .success(try await work()) } catch { return .failure(error) }
        }
        let watch = Task {
            while !control.isStopped {
                do { try await Task.sleep(for: .milliseconds(50)) } catch { return }
            }
            task.cancel()
        }
        defer { watch.cancel() }
        return try await task.value.get()
    }

    /// Asks anew what came to something that should not be, ten times as long, on a machine that starts anew.
    private func askAgain(
        _ column: [TestComparison], _ machine: NamedMachine, _ set: RuleSet?,
        _ reports: [Int: [String: TestReport]], _ corpus: CompiledCorpus
    ) async throws -> [TestComparison] {
        let doubtful = Set(column.indices.filter { column[$0].wantsSecondAnswer })
        guard asksAgain, !doubtful.isEmpty, !control.isStopped else { return column }
        Terminal.note("\(machine.label): asking again for \(doubtful.count) of the answers")
        var options = options
        options.runs *= 10
        options.milliseconds *= 10
        let answers = try await ask(machine, corpus, options, only: doubtful)
        guard !answers.isStopped else { return column }
        let second = compare(answers, set, reports, corpus.program)
        return column.indices.map { doubtful.contains($0) ? column[$0].askedAgain(second[$0]) : column[$0] }
    }

    private func ask(
        _ machine: NamedMachine, _ corpus: CompiledCorpus, _ options: RunOptions, only: Set<Int>?
    ) async throws -> KernelAnswers {
        let line = ProgressLine()
        let count = only?.count ?? tests.count
        line.show("\(machine.label): starting")
        defer { line.clear() }
        do throws(MachineError) {
            let control = control
            let done = Atomic(0)
            var run = CorpusRun(
                on: machine.machine, options: options, isStopped: { control.isStopped })
            run.only = only
            let answers = try await run.run(corpus) { _, _ in
                let number = done.add(1, ordering: .relaxed).newValue
                line.show("\(machine.label): \(number) of \(count) tests")
            }
            line.clear()
            for note in answers.notes { Terminal.note("\(machine.label): \(note)") }
            return answers
        } catch {
            line.clear()
            Terminal.complain("\(machine.label): \(error.message)")
            throw ExitCode(error.isMissing ? .missing : .badInput)
        }
    }

    private func compare(
        _ answers: KernelAnswers, _ set: RuleSet?,
        _ reports: [Int: [String: TestReport]], _ program: CProgram
    ) -> [TestComparison] {
        tests.indices.map { place in
            TestComparison(
                answers.results[place], to: tests[place].test, looks: program.tests[place].looks,
                model: set.flatMap { reports[place]?[$0.name] }, frames: frames, release: answers.release,
                earlier: logs[place])
        }
    }
}
