import ArgumentParser
import Corpus
import Exploration
import Glibc
import KernelRuns
import Reports
import RuleLanguage

/// `muster compare`
struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Hold what real kernels do against what the rules allow.",
        discussion: """
            Tests whose steps are all ordered must come to an outcome that the model allows, and so must every run of a \
            race. Frames are compared with --frames only. Tests that are not modelled yet are held against what the \
            same kernel answered earlier, where that was recorded.

            Exit status: as for 'muster run'.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json, ktap, junit
    }

    @OptionGroup
    var tests: TestArguments

    @OptionGroup(title: "Kernels")
    var kernels: KernelOptions

    @OptionGroup(title: "Rule sets")
    var rules: KernelRuleOptions

    @Option(name: .long, help: "How to print the results.")
    var format: Format = .text

    @Option(name: .long, help: "Whether to use colours; NO_COLOR and CLICOLOR_FORCE are heeded.")
    var color: Palette.Choice = .auto

    @Flag(
        name: .long,
        help:
            "Write what kernels answer to tests that are not modelled yet beside the tests, as NAME.answers.")
    var record = false

    @Flag(
        name: .long,
        help: ArgumentHelp(
            "Ask again, ten times as long, what fails; only what fails again counts.",
            discussion:
                "For machines that are busy with other things: a test that is disturbed can look wrong."))
    var again = false

    func run() async throws {
        let selection = try tests.selection()
        let machines = try kernels.machines()
        var session = KernelSession(
            tests: selection.selected, machines: machines,
            ruleSets: try rules.sets(for: machines, isRequired: true), frames: kernels.frames,
            options: kernels.options(runs: 100, milliseconds: 250), limits: SearchLimits.ofKernelRuns,
            workers: MachineLimits.processors)
        session.asksAgain = again
        session.logs = try AnswerFiles.read(selection.selected)
        let results = try await session.run(errors: selection.errors)
        if record { try AnswerFiles.write(results, over: session.logs) }
        switch format {
        case .text:
            try Terminal.print(ComparisonText(results, palette: .of(STDOUT_FILENO, color)).text)
        case .json: try Terminal.print(KernelJSON(results).text)
        case .ktap: try Terminal.print(KTAPReport(results).text)
        case .junit: try Terminal.print(JUnitReport(results).text)
        }
        if results.status != .asExpected { throw ExitCode(results.status) }
    }
}
