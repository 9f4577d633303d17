import TestLanguage

/// What becomes simpler in the runtime's texts when a program has one test only: what the runtime looks up in the test is
/// known, and what the test has no use for is left out.
struct Simplification {
    let old: String
    let new: String

    /// The simplifications for a test, in the order in which they are done.
    static func all(for test: ResolvedTest, _ writer: CWriter, traits: ReproducerTraits) -> [Simplification] {
        constants(of: test, writer) + tables + ofTraits(traits, isOrdered: writer.isOrdered)
    }

    private static func ofTraits(_ traits: ReproducerTraits, isOrdered: Bool) -> [Simplification] {
        var all = traits.hasExec ? ofExec : withoutExec
        if !traits.sends { all += withoutSending }
        if !traits.letsGo { all += withoutHolders }
        if !traits.moves { all += withoutMoving }
        if !traits.letsGo, !traits.moves { all += withoutInheriting }
        if traits.hasPlainPages { all += withPlainPages }
        if !traits.canBlock { all += withoutBlocking }
        if !traits.canBlock, !traits.canKill { all += withoutKilling }
        if !traits.canBlock, !traits.hasThreads { all += withoutThreads }
        if traits.hasPlainPages, !traits.hasWholeMappings { all += withoutWholeMappings }
        if !traits.hasThreads { all += withProcessesOnly }
        if isOrdered, !traits.canBlock { all += withPolling }
        return all
    }

    /// What is to be replaced for a test and is nowhere in the texts: they have changed since.
    static func lost(
        for test: ResolvedTest, _ writer: CWriter, traits: ReproducerTraits, in texts: [String]
    ) -> [String] {
        var texts = texts.map { apply(constants(of: test, writer) + tables, to: $0) }
        return ofTraits(traits, isOrdered: writer.isOrdered).compactMap { each in
            let isFound = texts.contains { $0.contains(each.old) }
            texts = texts.map { apply([each], to: $0) }
            return isFound ? nil : each.old
        }
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
            Simplification("running->swap_pages", "\(writer.swapPages)"),
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
        + ["actors", "mappings", "files", "references", "plans"].map { Simplification("running->\($0)", $0) }
        + ["ACTORS", "MAPPINGS", "FILES", "REGISTERS", "REFERENCES", "EVENTS"].flatMap {
            [Simplification("[MOST_\($0)]", "[\($0)]"), Simplification("< MOST_\($0)", "< \($0)")]
        }

    private static let withoutExec = [
        Simplification("void (*run)(int from_step)", "void (*run)(void)"),
        Simplification(".run(from_step)", ".run()"),
        Simplification("run_to_the_end(int actor, int from_step)", "run_to_the_end(int actor)"),
        Simplification("run_to_the_end(actor, 0)", "run_to_the_end(actor)"),
    ]

    private static let ofExec = [
        Simplification("static int running_index;\n", ""),
        Simplification("running_index = atoi(words[1]);\n", ""),
        Simplification("    running = &tests[running_index];\n", ""),
        Simplification("char **words, const struct test *tests)", "char **words)"),
        Simplification("running_index", "0"),
    ]

    private static let withoutSending = [
        Simplification("    if (!is_open(descriptor_of(index))) receive_references();\n", "")
    ]

    /// Nobody lets go of a reference before the test is over.
    private static let withoutHolders = [
        Simplification(
            """
                for (int index = 0; index < REFERENCES; index++) {
                    uint32_t holders = atomic_load(&control->references[index].holders);
                    if (holders & (1u << parent)) atomic_fetch_or(&control->references[index].holders, 1u << child);
                }

            """, ""),
        Simplification(
            """
                for (int index = 0; index < REFERENCES; index++)
                    atomic_fetch_and(&control->references[index].holders, ~(1u << child));

            """, ""),
        Simplification("    atomic_store(&reference->holders, 1u << own_process);\n", ""),
        Simplification("    note_reference(index, range, false);\n", ""),
        Simplification("    close_all_references();\n", ""),
    ]

    /// Every mapping stays where it was made.
    private static let withoutMoving = [
        Simplification(
            """
                uintptr_t address = control->addresses[process][mapping];
                return address ? address : SLOT_ADDRESS + (uintptr_t)mapping * SLOT_BYTES;

            """,
            """
                (void)process;
                return SLOT_ADDRESS + (uintptr_t)mapping * SLOT_BYTES;

            """),
        Simplification(
            "/* Where a process has a mapping; for one that it never mapped the slot, where nothing is. */",
            "/* Where a process has a mapping: where every process has it. */"),
        Simplification("    control->addresses[own_process][mapping] = address;\n", ""),
        Simplification(
            "    memcpy(control->addresses[child], control->addresses[parent], sizeof control->addresses[child]);\n",
            ""),
    ]

    /// Every address is one page's.
    private static let withoutWholeMappings = [
        Simplification(
            "    return (struct range){address_of_mapping(process, mapping), bytes_of_mapping(mapping)};\n",
            ""),
        Simplification("    if (page >= 0) return (struct range)", "    return (struct range)"),
        Simplification("/* Pages in a process's memory: `page` is -1 for all of the mapping. */\n", ""),
        Simplification(
            """
                int first = page < 0 ? 0 : page, end = page < 0 ? mappings[mapping].pages : page + 1;
                for (int each = first; each < end; each++) store_into_page(mapping, each, word, value);

            """, "    store_into_page(mapping, page, word, value);\n"),
        Simplification("(uintptr_t)(page < 0 ? 0 : page)", "(uintptr_t)page"),
        Simplification("(size_t)(page < 0 ? 0 : page) * PAGE_BYTES + ", "(size_t)page * PAGE_BYTES + "),
        Simplification("/* Pages of a mapping: `page` is -1 for all of them. */\n", ""),
    ]

    private static let withProcessesOnly = [
        Simplification("    own_process = actors[actor].process;\n", ""),
        Simplification("static _Thread_local int own_process;\n", ""),
        Simplification("static _Thread_local int self;", "static int self;"),
        Simplification(
            "/* The actor that runs this code, and the actor that its process began with. */",
            "/* The process that runs this. */"),
        Simplification("own_process", "self"),
        Simplification("actors[index].process != process", "index != process"),
        Simplification(" && !actors[actor].thread", ""),
        Simplification(" || actors[actor].thread", ""),
    ]

    /// Whoever waits for the end looks from time to time.
    private static let withPolling = [
        Simplification("    progress();\n", ""),
        Simplification(
            "        uint32_t activity = atomic_load(&control->activity);\n        if", "        if"),
        Simplification(
            "        futex_wait(&control->activity, activity, LONGEST_SLEEP);\n",
            "        sleep_milliseconds(1);\n"),
    ]

    private static let withoutInheriting = [Simplification("    inherit(actor, own_process);\n", "")]

    private static let withPlainPages = [
        Simplification("    reference->huge = huge;\n", "    (void)huge;\n")
    ]

    /// Everybody gets to the end.
    private static let withoutBlocking = [
        Simplification("    set_state(AWAITING_EVENT, event);\n", ""),
        Simplification("    set_state(AWAITING_CHILD, actor);\n", ""),
        Simplification("    set_state(AWAITING_END, actor);\n", ""),
        Simplification("    set_state(RUNNING, -1);\n", ""),
        Simplification("    atomic_store(&actor->waits_for, waits_for);\n", "    (void)waits_for;\n"),
    ]

    private static let withoutKilling = [
        Simplification(
            "    set_state(FINISHED, -1);\n",
            "    atomic_store(&control->actors[self].state, FINISHED);\n    progress();\n")
    ]

    private static let withoutThreads = [
        Simplification("    atomic_store(&control->actors[actor].tid, (int)syscall(SYS_gettid));\n", ""),
        Simplification("    futex_wake(&control->actors[actor].state);\n", ""),
    ]

}

/// What of the runtime a test has a use for.
struct ReproducerTraits {
    let hasExec: Bool
    let sends: Bool
    /// Whether it matters who holds a reference: it is closed before the test is over, or looked at in the end.
    let letsGo: Bool
    /// Whether a mapping may be elsewhere in one process than in another.
    let moves: Bool
    /// Whether a page of the test is one page: no test with huge pages, or with a memory cgroup.
    let hasPlainPages: Bool
    /// Whether an address means all pages of a mapping.
    let hasWholeMappings: Bool
    /// Whether all memory is mapped in the beginning, in ways that need no table.
    let mapsPlainly: Bool
    /// Whether memory can be told by pointers.
    let usesPointers: Bool
    let hasThreads: Bool
    /// Whether pipes refer to a few small pages, once each.
    let usesOnePagePipes: Bool
    /// Whether somebody may be left waiting for ever.
    let canBlock: Bool
    /// Whether somebody may be killed by an access.
    let canKill: Bool

    init(_ test: ResolvedTest, _ verdicts: KernelVerdicts?) {
        let kinds = test.actors.flatMap(\.block.statements).map(\.kind)
        hasExec = kinds.contains(.exec)
        sends = kinds.contains { if case .send = $0 { true } else { false } }
        let asksCoherence = (test.test.condition?.formula.facts ?? []).contains {
            if case .coherent = $0 { true } else { false }
        }
        letsGo =
            asksCoherence
            || !test.handles.isEmpty
                && kinds.contains { kind in
                    if case .close = kind { true } else { kind == .exit || kind == .exec }
                }
        moves = kinds.contains { kind in
            switch kind {
            case .mremap, .exec, .userfault: true
            default: false
            }
        }
        let hasLimit = test.test.declarations.contains { if case .memcg = $0.kind { true } else { false } }
        hasPlainPages =
            !hasLimit && !test.mappings.contains { $0.declaration.isHuge }
            && !kinds.contains { kind in
                switch kind {
                case .memcgLimit, .kernel(.collapse), .madvise(_, .collapse), .madvise(_, .hugepage): true
                default: false
                }
            }
        hasThreads = test.actors.contains { $0.kind == .thread || $0.kind == .vfork }
        let counted = Set(
            test.mappings.filter { $0.declaration.count != nil || $0.declaration.isHuge }.map(\.name.text))
        hasWholeMappings = test.addresses.contains { $0.page == nil && counted.contains($0.mapping.text) }
        mapsPlainly =
            !moves && hasPlainPages && test.mappings.allSatisfy { $0.actor == nil }
            && !kinds.contains { if case .kernel(.ksmMerge) = $0 { true } else { false } }
        usesPointers =
            mapsPlainly && kinds.allSatisfy(\.takesPointers)
            && (test.test.condition?.formula.facts ?? []).allSatisfy(\.needsNoMappings)
        let hasBias = test.test.declarations.contains { if case .pinBias = $0.kind { true } else { false } }
        usesOnePagePipes =
            hasPlainPages && !hasBias && test.handles.allSatisfy { $0.pages <= 16 }
        canBlock = verdicts?.canBlock ?? true
        canKill = verdicts?.canKill ?? true
    }
}

extension ResolvedTest {
    /// The addresses in statements.
    fileprivate var addresses: [Address] {
        actors.flatMap(\.block.statements).flatMap { statement -> [Address] in
            switch statement.kind {
            case .store(let location, _), .load(let location), .remote(_, _, let location): [location.address]
            case .munmap(let address), .mremap(let address), .mprotect(let address, _), .mlock(let address),
                .madvise(let address, _), .reference(_, let address), .look(_, let address),
                .userfault(_, let address):
                [address]
            case .kernel(let doing): doing.addresses
            default: []
            }
        }
    }
}

extension Doing {
    fileprivate var addresses: [Address] {
        switch self {
        case .reclaim(let place), .shrink(let place), .retract(let place), .migrate(let place),
            .numaScan(let place), .collapse(let place), .lruAdd(let place):
            [place.address]
        case .ksmMerge(let first, let second): [first.address, second.address]
        case .lruDrain: []
        }
    }
}

extension Statement.Kind {
    /// Whether it needs no more than pointers to memory, where it concerns memory at all.
    fileprivate var takesPointers: Bool {
        switch self {
        case .mremap, .map, .exec, .remote, .look, .userfault, .kernel, .memcgLimit, .cowOptOut: false
        default: true
        }
    }
}

extension Fact {
    /// Whether it is about processes, threads and references, not about pages of mappings.
    fileprivate var needsNoMappings: Bool {
        switch self {
        case .killed, .blocked, .forked, .coherent: true
        case .same, .moved, .mapped, .young, .softDirty: false
        }
    }
}
