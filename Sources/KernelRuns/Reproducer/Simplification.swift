import TestLanguage

/// What becomes simpler in the runtime's texts when a program has one test only: what the runtime looks up in the test is
/// known, and what the test has no use for is left out.
struct Simplification {
    let old: String
    let new: String

    /// The simplifications for a test, in the order in which they are done.
    static func all(for test: ResolvedTest, _ writer: CWriter, traits: ReproducerTraits) -> [Simplification] {
        constants(of: test, writer) + tables + (traits.hasExec ? ofExec : withoutExec)
            + (traits.sends ? [] : withoutSending) + (traits.hasReferences ? [] : withoutReferences)
    }

    private init(_ old: String, _ new: String) {
        self.old = old
        self.new = new
    }

    /// A text with all of them done.
    static func apply(_ simplifications: [Simplification], to text: String) -> String {
        simplifications.reduce(text) { text, each in
            text.contains(each.old) ? text.replacing(each.old, with: each.new) : text
        }
    }

    private static func constants(of test: ResolvedTest, _ writer: CWriter) -> [Simplification] {
        [
            Simplification("running->ordered", "\(writer.isOrdered)"),
            Simplification("running->looks_at_frames", "\(writer.looksAtFrames)"),
            Simplification("running->hugepages", "\(writer.hugepages)"),
            Simplification("running->pin_bias", "\(writer.pinBias ?? 0)"),
            Simplification("running->memcg_actor", "\(writer.memcg.actor)"),
            Simplification("running->memcg_pages", "\(writer.memcg.pages)"),
            Simplification("    if (-1 >= 0) return;\n", ""),
            Simplification("    if (0 >= 0) return;\n", "    return;\n"),
            Simplification("    if (true || false) {\n        settle();\n        drain_lru();\n    }\n", ""),
        ]
    }

    private static let tables =
        ["actors", "mappings", "files", "registers", "references", "events"].map {
            Simplification("running->\($0)_count", $0.uppercased())
        }
        + ["actors", "mappings", "files", "references"].map { Simplification("running->\($0)", $0) }
        + ["ACTORS", "MAPPINGS", "FILES", "REGISTERS", "REFERENCES", "EVENTS"].flatMap {
            [Simplification("[MOST_\($0)]", "[\($0)]"), Simplification("< MOST_\($0)", "< \($0)")]
        }

    private static let withoutExec = [
        Simplification("void (*run)(int from_step)", "void (*run)(void)"),
        Simplification(".run(from_step)", ".run()"), Simplification(".run(0)", ".run()"),
        Simplification("run_to_the_end(int actor, int from_step)", "run_to_the_end(int actor)"),
        Simplification("run_to_the_end(actor, 0)", "run_to_the_end(actor)"),
    ]

    private static let ofExec = [
        Simplification("running_index = atoi(words[1]);\n", ""),
        Simplification("    running = &tests[running_index];\n", ""),
        Simplification("char **words, const struct test *tests)", "char **words)"),
        Simplification("running_index", "0"),
    ]

    private static let withoutSending = [
        Simplification("    if (!is_open(descriptor_of(index))) receive_references();\n", "")
    ]

    private static let withoutReferences = [
        Simplification(
            "    inherit(actor, own_process);\n",
            "    memcpy(control->addresses[actor], control->addresses[own_process], sizeof control->addresses[actor]);\n"
        ),
        Simplification(
            "    for (int index = 0; index < REFERENCES; index++)\n"
                + "        atomic_fetch_and(&control->references[index].holders, ~(1u << child));\n", ""),
        Simplification("    close_all_references();\n", ""),
    ]
}

/// What of the runtime a test has a use for.
struct ReproducerTraits {
    let hasExec: Bool
    let sends: Bool
    let hasReferences: Bool
    /// Whether somebody may be left waiting for ever.
    let canBlock: Bool
    /// Whether somebody may be killed by an access.
    let canKill: Bool

    init(_ test: ResolvedTest, _ verdicts: KernelVerdicts?) {
        let kinds = test.actors.flatMap(\.block.statements).map(\.kind)
        hasExec = kinds.contains(.exec)
        sends = kinds.contains { if case .send = $0 { true } else { false } }
        hasReferences = !test.handles.isEmpty
        canBlock = verdicts?.canBlock ?? true
        canKill = verdicts?.canKill ?? true
    }
}
