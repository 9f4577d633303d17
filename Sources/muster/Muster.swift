import ArgumentParser

/// Litmus tests for virtual memory.
@main
struct Muster: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "muster", abstract: "Litmus tests for virtual memory.", version: "0.1.0")
}
