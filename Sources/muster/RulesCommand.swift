import ArgumentParser
import Reports
import RuleLanguage

/// `muster rules`
struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "List, show and compare rule sets.", subcommands: [List.self])

    /// `muster rules list`
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the rule sets.")

        func run() throws {
            let selection = try RuleSelection([])
            try Terminal.print(selection.library.names.map { $0 + "\n" }.joined())
        }
    }
}
