import ArgumentParser
import Diagnostics
import Explanation
import Exploration
import Glibc
import RuleLanguage
import TestLanguage
import VirtualMemory

/// `muster explain`: one execution, step by step.
struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell one execution of a test step by step.")

    @ArgumentParser.Argument(help: "A file, or the name of a shipped test.")
    var test: String
    @Option(help: "A rule set, by name or file.")
    var rules: String
    @Option(help: "The execution, as 'muster check' prints it.")
    var schedule: String?
    @Option(help: "How closely it is told: syscalls, pages or locks.")
    var level: Level = .pages
    @Option(help: "Show how this guarantee is broken.")
    var guarantee: VirtualMemory.Guarantee?

    func run() async throws {
        let library: RuleLibrary
        do { library = try RuleLibrary.load(directory: "Rules") } catch {
            print(error.message())
            throw ExitCode(65)
        }
        let set: RuleSet
        do { set = try library.set(named: rules) } catch {
            print(error.message())
            throw ExitCode(65)
        }
        guard let handle = fopen(test, "r") else { return }
        var bytes: [UInt8] = []
        while true {
            let c = getc(handle)
            if c < 0 { break }
            bytes.append(UInt8(c))
        }
        fclose(handle)
        let source = SourceText(name: test, bytes: bytes)
        let lowered: LoweredTest
        do { lowered = try ResolvedTest(parsing: source).lowered(from: source) } catch {
            print(DiagnosticRenderer().render(error))
            throw ExitCode(65)
        }
        let execution: ChosenExecution
        if let schedule {
            do {
                execution = ChosenExecution(schedule: try Schedule(parsing: schedule), reason: .asked)
            } catch {
                print(error.message)
                throw ExitCode(64)
            }
        } else {
            do { execution = try Checker().choose(from: lowered, under: set, breaking: guarantee) } catch {
                print("\(error)")
                throw ExitCode(1)
            }
        }
        do {
            print(try Explanation(execution, of: lowered, under: set).text(level: level), terminator: "")
        } catch {
            print(error.message)
            throw ExitCode(65)
        }
    }
}

extension Level: ExpressibleByArgument {}
extension VirtualMemory.Guarantee: ExpressibleByArgument {
    public init?(argument: String) {
        guard let found = Self.allCases.first(where: { $0.name == argument }) else { return nil }
        self = found
    }
}
