import ArgumentParser
import Diagnostics
import Exploration
import RuleLanguage
import TestLanguage
import Glibc

/// Litmus tests for virtual memory.
@main
struct Muster: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "muster", abstract: "Litmus tests for virtual memory.", version: "0.1.0", subcommands: [Check.self, Explain.self])
}
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check")
    @ArgumentParser.Argument var files: [String]
    @Option var rules: [String] = []
    @Flag var noMovers = false
    @Flag var noSymmetry = false
    @Flag var witnesses = false

    func run() async throws {
        let library: RuleLibrary
        do { library = try RuleLibrary.load(directory: "Rules") } catch {
            print(error.message()); throw ExitCode(65)
        }
        let sets = rules.isEmpty ? library.sets : rules.compactMap { library[$0] }
        var tests: [LoweredTest] = []
        for file in files {
            guard let handle = fopen(file, "r") else { continue }
            var bytes: [UInt8] = []
            while true { let c = getc(handle); if c < 0 { break }; bytes.append(UInt8(c)) }
            fclose(handle)
            let source = SourceText(name: file, bytes: bytes)
            do { tests.append(try ResolvedTest(parsing: source).lowered(from: source)) } catch {
                print(DiagnosticRenderer().render(error))
            }
        }
        var checker = Checker()
        checker.options = SearchOptions(usesSymmetry: !noSymmetry, joinsMovers: !noMovers)
        checker.witnesses = witnesses ? .all : .none
        let start = ContinuousClock.now
        let reports = await checker.check(tests, under: sets, workers: 2)
        for list in reports {
            for r in list {
                print(
                    r.test.test.test.name.text, r.ruleSet, r.verdict.name, r.isExpected, r.states,
                    r.transitions, r.outcomes.count, r.seconds,
                    r.broken.map {
                        "\($0.violation.guarantee)/\($0.violation.through)"
                            + ($0.schedule.map { " \($0)" } ?? "")
                    }, r.sharedWith ?? "")
                if sets.count == 1 {
                    print("  ", r.columns.titles);
                    for o in r.outcomes {
                        print(
                            "  ", o.outcome.values.map(\.text), o.satisfies.map { "\($0)" } ?? "",
                            o.schedule.map { "\($0)" } ?? "")
                    }
                }
            }
        }
        print(start.duration(to: .now))
    }
}
