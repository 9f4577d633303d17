import ArgumentParser
import Reports
import RuleLanguage

/// `muster rules`
struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "List, show and compare rule sets.",
        subcommands: [List.self, Show.self, Difference.self])

    /// `muster rules list`
    struct List: ParsableCommand {
        enum Format: String, CaseIterable, ExpressibleByArgument {
            case text, json
        }

        static let configuration = CommandConfiguration(
            abstract: "List the rule sets: name, kernels, and what each is.")

        @Option(name: .long, help: "How to print the list.")
        var format: Format = .text

        func run() throws {
            let list = RuleSetList(try RuleSelection([]).library.sets)
            try Terminal.print(format == .text ? list.text : list.json)
        }
    }

    /// `muster rules show NAME`
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a rule set whole, with what it extends written out.")

        @ArgumentParser.Argument(
            help: ArgumentHelp("A rule set by name, or a file of one.", valueName: "name|file"))
        var name: String

        @Flag(name: .long, help: "Show the text as it is written instead, with its comments.")
        var source = false

        func run() throws {
            let sets = try RuleSelection(only: [name]).sets
            let texts = sets.map { set in
                source ? String(decoding: set.source.bytes, as: UTF8.self) : set.effectiveText
            }
            try Terminal.print(texts.joined(separator: "\n"))
        }
    }

    /// `muster rules diff A B`
    struct Difference: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "diff", abstract: "Show where two rule sets behave differently.",
            discussion: "Exit status 0 where they behave alike everywhere, 1 where they do not.")

        @ArgumentParser.Argument(
            help: ArgumentHelp("A rule set by name, or a file of one.", valueName: "name|file"))
        var left: String

        @ArgumentParser.Argument(
            help: ArgumentHelp("Another one.", valueName: "name|file"))
        var right: String

        func run() throws {
            guard let first = try RuleSelection(only: [left]).sets.first,
                let second = try RuleSelection(only: [right]).sets.first
            else { throw ExitCode(.badInput) }
            let difference = RuleSetDifference(first, second)
            try Terminal.print(difference.text)
            if !difference.isEmpty { throw ExitCode(.differs) }
        }
    }
}
