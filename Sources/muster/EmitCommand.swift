import ArgumentParser
import Corpus
import Diagnostics
import Exploration
import Glibc
import KernelRuns
import Reports
import RuleLanguage
import TestLanguage

/// `muster emit`
struct EmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "emit",
        abstract: "Write a stand-alone C program that reproduces a test on the kernel that it runs on.",
        discussion: """
            The program needs nothing but a C compiler: cc -static -pthread. It exits with 0 on a good kernel, 1 on a bad \
            one and 4 where that cannot be told. A comment at its top says what it shows, and which kernels are affected \
            by the model.

            Exit status: 0 the program was written, 64 usage (the file is there already, too), 65 the test is wrong, or \
            asks for what no kernel does or shows, 69 the shipped files are not found, or lack what the test needs, \
            130 interrupted.
            """)

    @ArgumentParser.Argument(
        help: ArgumentHelp("A test: a file, - for standard input, or the name of a shipped test."),
        completion: .file(extensions: ["cow"]))
    var test: String

    @Option(
        name: [.short, .long], help: ArgumentHelp("Write to a file.", valueName: "file"),
        completion: .file(extensions: ["c"]))
    var output: String?

    @Flag(name: .long, help: "Write over a file that is there.")
    var force = false

    @Flag(name: .long, help: "Let the program report as selftests of the kernel do: TAP version 13.")
    var kselftest = false

    @OptionGroup(title: "Search")
    var search: SearchArguments

    func run() async throws {
        let home = try Home.findOrComplain()
        let (test, source) = try load(home)
        let verdicts = try verdicts(of: test, source)
        let text = try program(test, verdicts, home)
        guard let output else { return try Terminal.print(text) }
        try write(text, to: output)
    }

    private func load(_ home: Home) throws -> (ResolvedTest, SourceText) {
        let path: String
        do throws(TestLookup.Failure) {
            path = try TestLookup.path(of: test, in: home)
        } catch {
            Terminal.complain(error.message)
            throw ExitCode(.usage)
        }
        let source: SourceText
        do throws(SourceText.LoadingError) {
            source =
                path == "-"
                ? try SourceText(loadingStandardInputUpTo: Limits.fileBytes)
                : try SourceText(loading: path, limit: Limits.fileBytes)
        } catch {
            tell(.file(error))
            throw ExitCode(.badInput)
        }
        do throws(DiagnosticsError) {
            return (try ResolvedTest(parsing: source), source)
        } catch {
            tell(.text(error))
            throw ExitCode(.badInput)
        }
    }

    private func tell(_ error: InputError) {
        Terminal.printError(error.rendered(color: Palette.of(STDERR_FILENO, .auto).isColored))
    }

    /// What the model says; nil, with a warning, for a test with words that it does not know yet.
    private func verdicts(of test: ResolvedTest, _ source: SourceText) throws -> KernelVerdicts? {
        guard let lowered = try? test.lowered(from: source) else {
            Terminal.warn("the model does not explore '\(test.test.name.text)' yet: no kernels are named")
            return nil
        }
        Interrupt.install()
        let selection = try RuleSelection([], release: nil)
        let checker = Checker(
            options: search.options, limits: search.limits(workers: 1), control: Interrupt.control)
        let verdicts = KernelVerdicts(lowered, library: selection.library, checker: checker)
        if Interrupt.control.isStopped { throw ExitCode(.interrupted) }
        return verdicts
    }

    private func program(_ test: ResolvedTest, _ verdicts: KernelVerdicts?, _ home: Home) throws -> String {
        do {
            return try Reproducer(
                test, verdicts: verdicts, runtime: RuntimeSources(folder: home.runtime),
                style: kselftest ? .kselftest : .plain
            ).text
        } catch let error as Reproducer.Failure {
            Terminal.complain(error.message)
            if case .unsupported = error { throw ExitCode(.missing) }
            throw ExitCode(.badInput)
        } catch let error as SourceText.LoadingError {
            Terminal.complain("cannot read '\(error.path)': \(error.explanation)")
            throw ExitCode(.missing)
        }
    }

    private func write(_ text: String, to path: String) throws {
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL)
        let file = open(path, flags, 0o644)
        guard file >= 0 else {
            let isThere = errno == EEXIST
            let reason = String(cString: strerror(errno))
            Terminal.complain(
                isThere
                    ? "'\(path)' is there already; --force writes over it"
                    : "cannot write '\(path)': \(reason)")
            throw ExitCode(.usage)
        }
        defer { close(file) }
        do {
            try Terminal.write(text, to: file, named: "'\(path)'")
        } catch {
            unlink(path)
            throw error
        }
    }
}
