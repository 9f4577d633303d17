import RuleLanguage

/// What there is of rule sets.
public struct RuleSetList {
    private let sets: [RuleSet]

    /// Makes a list, in the order given.
    public init(_ sets: [RuleSet]) {
        self.sets = sets
    }

    /// Name and kernels of each set in one line, and what it is in the next.
    public var text: String {
        let width = (sets.map(\.name.count).max() ?? 0) + 2
        return sets.map { set in
            let kernels = set.kernels.map(\.text).joined(separator: ", ")
            let head = kernels.isEmpty ? set.name : Layout.left(set.name, width) + "kernels " + kernels
            let about = Layout.wrap(set.description, indent: "    ").map { $0 + "\n" }.joined()
            return head + "\n" + about
        }.joined()
    }

    /// The same as JSON, with what each set extends, the messages that argue for it, and the hash of its behaviour.
    public var json: String {
        let values = sets.map { set in
            JSON.object([
                ("name", .string(set.name)),
                ("description", .string(set.description)),
                ("file", .string(set.source.name)),
                ("extends", .array(set.bases.map { .string($0) })),
                ("kernels", .array(set.kernels.map { .string($0.text) })),
                ("hash", .string(set.hash)),
            ])
        }
        let lines = values.map(\.text).joined(separator: ",\n    ")
        return "{ \"format\": \(JSONReport.format), \"tool\": \(JSON.string(Tool.title).text),\n"
            + "  \"rules\": [\n    \(lines)\n  ] }\n"
    }
}
