import ArgumentParser
import Corpus
import Exploration
import Glibc
import KernelRuns
import Reports
import RuleLanguage

/// `muster probe`
struct ProbeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Find out which rules a kernel follows, path by path.",
        discussion: """
            Runs the tests whose steps are all ordered, and says for each part of memory management which of the shipped \
            rule sets decides as the kernel does, and on what evidence. Write the answer with --write, and 'muster check' \
            and 'muster compare' take it as --rules FILE.

            Exit status: 0 the rules found allow all that the kernel did, 1 they do not, or it gave no answer to a test, \
            2 nothing could be found out, 64 usage, 65 a test or a kernel is wrong, 69 something that is needed is \
            missing, 70 internal error, 130 interrupted.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json
    }

    @OptionGroup
    var tests: TestArguments

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The kernel: 'host', a series or release that is installed, or the path of a bzImage.",
            valueName: "host|series|path"),
        completion: .file())
    var kernel = "host"

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The folder of the modules (lib/modules/RELEASE) of a kernel that is named by its path.",
            valueName: "path"), completion: .directory)
    var modules: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Write a rule set with what was found.", valueName: "file"),
        completion: .file(extensions: ["rules"]))
    var write: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The name of that rule set.", discussion: "That of the file where none is given.",
            valueName: "name"))
    var name: String?

    @Flag(name: .long, help: "Write over a file that is there.")
    var force = false

    @Option(name: .long, help: "How to print the results.")
    var format: Format = .text

    @Option(name: .long, help: "Whether to use colours; NO_COLOR and CLICOLOR_FORCE are heeded.")
    var color: Palette.Choice = .auto

    func validate() throws {
        if modules != nil, !kernel.contains("/") {
            throw ValidationError("--modules belongs to a --kernel that is a path")
        }
        if name != nil || force, write == nil {
            throw ValidationError("--name and --force belong to --write")
        }
        if let write, !write.hasSuffix(".rules") {
            throw ValidationError("the file of a rule set is named *.rules, and '\(write)' is not")
        }
        if let name, !RuleSetChanges.isName(name) {
            throw ValidationError(
                "'\(name)' is no name of a rule set: letters, digits and '_', with '-' and '.' between them")
        }
    }

    func run() async throws {
        let library = try RuleSelection([]).library
        let file = try write.map { try RuleFile(path: $0, name: name, force: force, library: library) }
        let session = try ProbeSession(
            selection: tests.selection(), machine: KernelOptions.named(kernel, modules: modules),
            library: library)
        let results = try await session.run()
        switch format {
        case .text: try Terminal.print(ProbeText(results, palette: .of(STDOUT_FILENO, color)).text)
        case .json: try Terminal.print(ProbeJSON(results).text)
        }
        if let file { try file.write(results) }
        if results.status != .asExpected { throw ExitCode(results.status) }
    }
}
