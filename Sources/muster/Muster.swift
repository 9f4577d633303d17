import ArgumentParser
import Reports

/// Litmus tests for virtual memory.
@main
struct Muster: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "muster",
        abstract: "Litmus tests for virtual memory: copy-on-write, page pinning, fork.",
        version: Tool.title,
        subcommands: [
            CheckCommand.self, ExplainCommand.self, RunCommand.self, CompareCommand.self, ProbeCommand.self,
            EmitCommand.self, RulesCommand.self, KernelsCommand.self,
        ])
}
