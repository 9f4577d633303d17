import ArgumentParser
import Corpus
import Diagnostics
import Explanation
import Exploration
import Glibc
import Reports
import RuleLanguage
import VirtualMemory

/// `muster explain`
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tell one execution of a test step by step: who did what, and what it changed.",
        discussion: """
            Without --schedule, a shortest execution that breaks the test's condition (or satisfies 'exists') is told; \
            else a shortest one that breaks a guarantee; else a shortest one.

            Exit status: 0 an execution was told, 1 no execution breaks the guarantee that was named, 2 undecided (a \
            limit was reached), 64 usage (a schedule that is none, too), 65 the test or the rule set is wrong, or the \
            schedule does not fit them, 69 the shipped tests and rule sets are not found, 130 interrupted.
            """)

    @ArgumentParser.Argument(
        help: ArgumentHelp("A test: a file, - for standard input, or the name of a shipped test."),
        completion: .file(extensions: ["cow"]))
    var test: String

    @Option(
        name: .long, help: ArgumentHelp("A rule set by name, or a file of one.", valueName: "name|file"),
        completion: .file(extensions: ["rules"]))
    var rules: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The rule set of a kernel, by what 'uname -r' says there.", valueName: "release"))
    var kernelRelease: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The execution to tell, as 'muster check' prints it.", valueName: "string"))
    var schedule: String?

    @Option(
        name: .long,
        help: """
            How closely to tell it: what each statement did (syscalls), what changed pages and counts (pages), or every \
            section with its locks (locks).
            """)
    var level: Level = .pages

    @Option(name: .long, help: "Tell how this guarantee is broken, whatever the test's condition says.")
    var guarantee: VirtualMemory.Guarantee?

    @Option(name: .long, help: "Whether to use colours; NO_COLOR and CLICOLOR_FORCE are heeded.")
    var color: Palette.Choice = .auto

    @OptionGroup(title: "Search")
    var search: SearchArguments

    func validate() throws {
        if schedule != nil, guarantee != nil {
            throw ValidationError("--schedule names the execution already; leave out --guarantee")
        }
        if (rules == nil) == (kernelRelease == nil) {
            throw ValidationError("name one rule set: --rules NAME, or --kernel-release RELEASE")
        }
    }

    func run() throws {
        let parsed = try schedule.map { try parse($0) }
        let selection = try RuleSelection(only: rules.map { [$0] } ?? [], release: kernelRelease)
        guard let ruleSet = selection.sets.first, selection.sets.count == 1 else {
            Terminal.complain("an execution is told under one rule set, not \(selection.sets.count)")
            throw ExitCode(.usage)
        }
        let lowered = try load()
        let execution =
            try parsed.map { ChosenExecution(schedule: $0, reason: .asked) }
            ?? choose(lowered, ruleSet)
        do throws(ReplayError) {
            let explanation = try Explanation(execution, of: lowered, under: ruleSet)
            let isColored = Palette.of(STDOUT_FILENO, color).isColored
            try? Terminal.print(explanation.text(level: level, color: isColored))
        } catch {
            let hint = hint(error, execution.schedule, lowered, selection.library)
            Terminal.complain(error.message + (hint.map { "; \($0)" } ?? ""))
            throw ExitCode(.badInput)
        }
    }

    private func parse(_ text: String) throws -> Schedule {
        do throws(Schedule.ParseError) {
            return try Schedule(parsing: text)
        } catch {
            let offset = error.offset
            let diagnostic = Diagnostic(error.message, at: Span(offset, min(offset + 1, text.utf8.count)))
            let renderer = DiagnosticRenderer(color: Palette.of(STDERR_FILENO, color).isColored)
            Terminal.printError(renderer.render(diagnostic, in: SourceText(name: "--schedule", text: text)))
            throw ExitCode(.usage)
        }
    }

    private func load() throws -> LoweredTest {
        let path: String
        do throws(TestLookup.Failure) {
            path = try TestLookup.path(of: test, in: try? Home.find())
        } catch {
            Terminal.complain(error.message)
            throw ExitCode(.usage)
        }
        let tests = TestSelection(paths: [path])
        for error in tests.errors {
            Terminal.printError(error.rendered(color: Palette.of(STDERR_FILENO, color).isColored))
        }
        guard let lowered = tests.tests.first else { throw ExitCode(.badInput) }
        return lowered
    }

    private func choose(_ lowered: LoweredTest, _ ruleSet: RuleSet) throws -> ChosenExecution {
        Interrupt.install()
        let checker = Checker(
            options: search.options, limits: search.limits(workers: 1), control: Interrupt.control)
        do throws(ChoosingError) {
            return try checker.choose(from: lowered, under: ruleSet, breaking: guarantee)
        } catch {
            let name = lowered.test.test.name.text
            switch error {
            case .kept(let guarantee):
                Terminal.complain(
                    "no execution of '\(name)' breaks \(guarantee.name) under '\(ruleSet.name)'")
                throw ExitCode(.differs)
            case .unusable(let text):
                Terminal.complain(text)
                throw ExitCode(.badInput)
            case .undecided(let stopped):
                let isInterrupted = Interrupt.control.isStopped
                let what = stopped?.text ?? (isInterrupted ? Stopped.interrupted.text : "a limit")
                Terminal.complain("\(what) ended the search before an execution was found")
                throw ExitCode(isInterrupted ? .interrupted : .undecided)
            }
        }
    }

    /// Names the rule set that a schedule was made under, where it is another one that is known.
    private func hint(
        _ error: ReplayError, _ schedule: Schedule, _ lowered: LoweredTest, _ library: RuleLibrary
    ) -> String? {
        guard case .wrongOrigin(_, rulesFit: false) = error else { return nil }
        let fitting = library.sets.filter {
            lowered.origin(under: $0.rules).rules == schedule.origin.rules
        }
        return fitting.first.map { "it fits rule set '\($0.name)'" }
    }
}

extension Level: ExpressibleByArgument {}

extension VirtualMemory.Guarantee: ExpressibleByArgument {
    /// The guarantee of a name.
    public init?(argument: String) {
        guard let guarantee = Self.allCases.first(where: { $0.name == argument }) else { return nil }
        self = guarantee
    }

    /// The names of all of them.
    public static var allValueStrings: [String] { allCases.map(\.name) }
}
