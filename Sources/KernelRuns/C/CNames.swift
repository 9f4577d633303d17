import TestLanguage

/// The names that everything of a test has in C, each by its index in the test's tables.
struct CNames {
    var actors: [String]
    /// The functions of the actors.
    var functions: [String]
    var mappings: [String]
    var files: [String]
    var events: [String]
    var registers: [String]
    var references: [String]
    /// What the names of tables begin with.
    var prefix: String

    /// Names that say what they are and begin with a prefix, so that many tests fit into one program.
    init(_ test: ResolvedTest, prefix: String) {
        self.prefix = prefix
        actors = test.actors.map { "\(prefix)actor_\($0.name.text)" }
        functions = test.actors.map { "\(prefix)run_\($0.name.text)" }
        mappings = test.mappings.map { "\(prefix)map_\($0.name.text)" }
        files = test.files.map { "\(prefix)file_\($0.name.text)" }
        events = test.events.map { "\(prefix)event_\($0.name.text)" }
        registers = test.registers.map {
            "\(prefix)\(test.actors[$0.actor].name.text)_\($0.name.text)_register"
        }
        references = test.handles.map {
            "\(prefix)\(test.actors[$0.actor].name.text)_\($0.name.text)_reference"
        }
    }
}
