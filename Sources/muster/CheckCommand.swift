import ArgumentParser
import Corpus
import Exploration
import Glibc
import Reports
import RuleLanguage

/// `muster check`
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Explore tests under rule sets: outcomes, verdicts and broken guarantees.",
        discussion: """
            Exit status: 0 all as expected, 1 something is not, 2 undecided (a limit was reached), \
            64 usage, 65 a test or a rule set is wrong (the others are checked), 69 the shipped tests and rule sets \
            are not found, 70 internal error, 130 interrupted (what is known is printed).
            """)

    @ArgumentParser.Argument(
        help: ArgumentHelp(
            "Tests: files, directories with *.cow files, or - for standard input.",
            discussion: "The shipped corpus where none is given.", valueName: "paths"),
        completion: .file(extensions: ["cow"]))
    var paths: [String] = []

    @OptionGroup(title: "Rule sets")
    var rules: RuleOptions

    @OptionGroup(title: "Output")
    var output: OutputOptions

    @OptionGroup(title: "Search")
    var search: SearchArguments

    func run() async throws {
        let selection = try RuleSelection(rules.rules, release: rules.kernelRelease)
        let tests = TestSelection(paths: try paths.isEmpty ? [Home.findOrComplain().litmus] : paths)
        let errors = selection.errors + tests.errors
        tell(errors + selection.warnings + tests.warnings.map { .text($0) })
        tellOfUnmodelled(tests.notModelled)
        let results = await check(tests.tests, under: selection.sets, errors)
        try Terminal.print(output.text(of: results))
        if results.status != .asExpected { throw ExitCode(results.status) }
    }

    private func tell(_ messages: [InputError]) {
        let color = Palette.of(STDERR_FILENO, output.color).isColored
        for message in messages { Terminal.printError(message.rendered(color: color)) }
    }

    private func tellOfUnmodelled(_ tests: [SelectedTest]) {
        guard let first = tests.first else { return }
        Terminal.note(
            tests.count == 1
                ? "1 test is left out, for the engine does not know all of its words yet: \(first.path)"
                : "\(tests.count) tests are left out, for the engine does not know all of their words yet; "
                    + "'muster check FILE' says which words of one: \(first.path), …")
    }

    private func check(
        _ tests: [LoweredTest], under ruleSets: [RuleSet], _ errors: [InputError]
    ) async -> CheckResults {
        Interrupt.install()
        let control = Interrupt.control
        let workers = max(1, min(search.workers ?? MachineLimits.processors, tests.count))
        let checker = Checker(
            options: search.options, limits: search.limits(workers: workers), control: control,
            witnesses: output.witnesses)
        let meter = ProgressMeter(tests: tests.count, control: control)
        let start = ContinuousClock.now
        meter.start()
        let reports = await checker.check(tests, under: ruleSets, workers: workers) {
            meter.finished($0)
        }
        meter.stop()
        if output.format == .text, !reports.isEmpty {
            let tenths = Int(start.duration(to: .now) / .milliseconds(100))
            Terminal.printError("\(tenths / 10).\(tenths % 10) s with \(workers) at a time\n")
        }
        return CheckResults(
            ruleSets: ruleSets, reports: reports, errors: errors, isInterrupted: control.isStopped)
    }
}

extension Home {
    /// Finds the folder of the shipped tests and rule sets.
    ///
    /// - Throws: an exit code, after a message.
    static func findOrComplain() throws -> Home {
        do throws(Home.NotFound) {
            return try find()
        } catch {
            Terminal.complain(error.message)
            throw ExitCode(.missing)
        }
    }
}
