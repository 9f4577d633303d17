import ArgumentParser
import Corpus
import Exploration
import KernelRuns
import Reports
import RuleLanguage

/// Asks a kernel all that is ordered, and looks for the rules that it follows.
struct ProbeSession {
    /// The tests whose steps are all ordered.
    private let tests: [SelectedTest]
    private let machine: NamedMachine
    private let library: RuleLibrary
    private let errors: [InputError]

    /// - Throws: an exit code, after a message, where the paths have no such test.
    init(selection: TestSelection, machine: NamedMachine, library: RuleLibrary) throws {
        tests = selection.selected.filter(\.test.isOrdered)
        self.machine = machine
        self.library = library
        errors = selection.errors
        if tests.isEmpty {
            Terminal.complain(
                "none of the tests has steps that are all ordered: races tell rules apart too badly")
            throw ExitCode(.usage)
        }
    }

    /// - Throws: an exit code, after a message.
    func run() async throws -> ProbeResults {
        let session = KernelSession(
            tests: tests, machines: [machine], ruleSets: [nil], frames: true,
            options: RunOptions(), limits: .ofKernelRuns, workers: MachineLimits.processors)
        let answers = try await session.run(errors: errors)
        guard !answers.isInterrupted, let kernel = answers.kernels.first else {
            throw ExitCode(.interrupted)
        }
        let comparisons = answers.comparisons.compactMap(\.first)
        let probed = probedTests(comparisons, try AnswerFiles.read(tests))
        let findings = try await findings(of: probed, release: kernel.release)
        let unanswered = zip(tests, comparisons).compactMap { test, comparison in
            comparison.reasonOfNoAnswer.map { ProbeResults.Unanswered(test: test.name, reason: $0) }
        }
        let own = try? library.set(forRelease: kernel.release.description).set
        return ProbeResults(
            kernel: KernelOfRun(
                label: kernel.label, release: kernel.release, machine: kernel.machine, ruleSet: own),
            findings: findings, tests: tests.count, ran: probed.count, unanswered: unanswered, errors: errors)
    }

    private func probedTests(_ comparisons: [TestComparison], _ logs: [Int: AnswerLog]) -> [ProbedTest] {
        tests.indices.compactMap { place in
            guard let observation = comparisons[place].observation else { return nil }
            var lowered = tests[place].lowered
            lowered?.recordsFinalFrames = true
            return ProbedTest(
                test: tests[place].test, lowered: lowered, observation: observation, earlier: logs[place])
        }
    }

    private func findings(
        of probed: [ProbedTest], release: KernelRelease
    ) async throws -> ProbeFindings {
        let control = Interrupt.control
        let probe = Probe(
            library: library, checker: Checker(limits: .ofKernelRuns, control: control),
            workers: MachineLimits.processors)
        let line = ProgressLine()
        defer { line.clear() }
        let count = probed.count
        let found: ProbeFindings?
        do throws(RuleLibraryError) {
            found = try await probe.findings(of: probed, release: release) {
                line.show("\($0) of \(count) tests explored")
            }
        } catch {
            Terminal.complain(error)
            throw ExitCode(.internal)
        }
        if control.isStopped { throw ExitCode(.interrupted) }
        guard let found else {
            Terminal.complain("there are no rule sets that a kernel may follow")
            throw ExitCode(.missing)
        }
        return found
    }
}

extension TestComparison {
    /// Why the kernel, which ought to have answered, did not; nil where it did.
    fileprivate var reasonOfNoAnswer: String? {
        switch result {
        case .unanswered(let reason), .broken(let reason): reason
        default: nil
        }
    }
}
