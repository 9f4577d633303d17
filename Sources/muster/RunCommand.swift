import ArgumentParser
import Corpus
import Exploration
import Glibc
import KernelRuns
import Reports
import RuleLanguage

/// `muster run`
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run tests on real kernels: what was seen how often.",
        discussion: """
            Tests whose steps are all ordered run once; races run often, with delays that vary. Where the rule set of \
            the kernel is known, the report says how many of the allowed outcomes were seen.

            Exit status: 0 the kernels did what the rules allow, 1 they did something else, or died, 2 a test could not be \
            decided, 64 usage, 65 a test, a rule set or a kernel is wrong, 69 something that is needed is missing, \
            70 internal error, 130 interrupted (what is known is printed).
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json
    }

    @OptionGroup
    var tests: TestArguments

    @OptionGroup(title: "Kernels")
    var kernels: KernelOptions

    @OptionGroup(title: "Rule sets")
    var rules: KernelRuleOptions

    @Option(name: .long, help: "How to print the results: 'text' is litmus7's log.")
    var format: Format = .text

    func run() async throws {
        let selection = try tests.selection()
        let machines = try kernels.machines()
        let session = KernelSession(
            tests: selection.selected, machines: machines,
            ruleSets: try rules.sets(for: machines, isRequired: false), frames: kernels.frames,
            options: kernels.options(runs: 1000, milliseconds: 2000), limits: SearchLimits.ofKernelRuns,
            workers: MachineLimits.processors)
        let results = try await session.run(errors: selection.errors)
        switch format {
        case .text: try Terminal.print(LitmusLog(results).text)
        case .json: try Terminal.print(KernelJSON(results).text)
        }
        if results.status != .asExpected { throw ExitCode(results.status) }
    }
}

/// The tests to run.
struct TestArguments: ParsableArguments {
    @ArgumentParser.Argument(
        help: ArgumentHelp(
            "Tests: files, directories with *.cow files, or - for standard input.",
            discussion: "The shipped corpus where none is given.", valueName: "paths"),
        completion: .file(extensions: ["cow"]))
    var paths: [String] = []

    /// Reads the tests, and tells what is wrong with those that it cannot.
    ///
    /// - Throws: an exit code, after a message, where none is left.
    func selection() throws -> TestSelection {
        let selection = TestSelection(
            paths: try paths.isEmpty ? [Home.findOrComplain().litmus] : paths, for: .running)
        let color = Palette.of(STDERR_FILENO, .auto).isColored
        for message in selection.errors + selection.warnings.map({ .text($0) }) {
            Terminal.printError(message.rendered(color: color))
        }
        if selection.selected.isEmpty { throw ExitCode(.badInput) }
        return selection
    }
}

/// Which rules kernels are held against.
struct KernelRuleOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "A rule set by name, or a file with one, that all kernels are held against.",
            discussion: "The set of each kernel's release where none is named.", valueName: "name|file"),
        completion: .file(extensions: ["rules"]))
    var rules: String?

    /// The rule set of each machine's kernel.
    ///
    /// - Parameter isRequired: whether it is an error when a release leads to none.
    /// - Throws: an exit code, after a message.
    func sets(for machines: [NamedMachine], isRequired: Bool) throws -> [RuleSet?] {
        if let rules {
            let named = try RuleSelection(only: [rules]).sets
            guard let set = named.first, named.count == 1 else {
                Terminal.complain("--rules must name one rule set, and '\(rules)' names \(named.count)")
                throw ExitCode(.usage)
            }
            return machines.map { _ in set }
        }
        let library = try RuleSelection([]).library
        return try machines.map { machine in
            do throws(ReleaseError) {
                let match = try library.set(forRelease: machine.machine.release.description)
                if let caution = match.caution { Terminal.warn(caution + "; taking '\(match.set.name)'") }
                return match.set
            } catch {
                if isRequired {
                    Terminal.complain(error.message)
                    throw ExitCode(.usage)
                }
                Terminal.warn(error.message)
                return nil
            }
        }
    }
}

extension SearchLimits {
    /// What the exploration of one test may use up where kernels are to be asked, too.
    static let ofKernelRuns = SearchLimits(
        states: 20_000_000, memory: MachineLimits.availableMemory / 4, seconds: 60)
}
