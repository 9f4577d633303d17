import TestSupport

/// A small test made of statements picked at random; the same seed makes the same test.
///
/// To have a new statement in it, add a case to `Kind` with its weight, and its text to `statement`.
struct RandomTest {
    let text: String

    init(seed: UInt64) {
        var writer = Writer(seed: seed)
        text = writer.write()
    }
}

/// Statements that are picked from, each as often as its weight says.
private enum Kind: CaseIterable {
    case store, load, look, take, use, close, unmap, discard, protect, advise, exit, kill, signal, await
    case wait, map, limitCharges, remote, move, populate, send, batch, doing, file, track

    var weight: Int {
        switch self {
        case .store: 22
        case .doing, .track: 20
        case .load: 12
        case .take: 12
        case .use: 12
        case .protect, .unmap, .discard, .signal: 6
        case .look, .await, .wait, .close: 5
        case .advise, .remote, .file: 4
        case .move, .populate, .batch: 3
        case .send: 2
        case .exit: 3
        case .kill, .map, .limitCharges: 1
        }
    }
}

private struct Actor {
    enum Form { case process, fork, vfork, thread }

    let name: String
    let form: Form
    /// The process that it belongs to.
    let process: String
    var statements: [Statement] = []
    /// References that it, its process, or a process that it descends from makes.
    var handles: [Handle] = []
}

private struct Handle {
    enum Use { case pipe, device, region, directRead, directWrite }

    let name: String
    let use: Use
}

private enum Statement {
    case text(String)
    case begins(Int)
}

/// Huge pages of a mapping of four pages.
private enum Huge {
    /// One from the start.
    case transparent
    /// Small ones that can be collapsed.
    case small
    /// One of the pool.
    case pool
    /// One of shared memory from the start, or of a memfd.
    case shared
    /// Small ones of shared memory, which a huge one can take the place of.
    case smallShared
    /// One of the pool behind a shared mapping.
    case sharedPool

    var isPool: Bool { self == .pool || self == .sharedPool }
    var isCached: Bool { self == .shared || self == .smallShared }
    /// Trackers of stores are modelled for what is no page of the page cache.
    var isTracked: Bool { !isCached && self != .sharedPool }
}

private struct Writer {
    var random: SplitMix
    var actors: [Actor] = []
    var mappings: [String] = ["x"]
    var hasSecondWord = false
    var hasFile = false
    /// What huge pages the mapping x can have, in some of the tests.
    var huge: Huge?
    /// Whether pages of the page cache can be collapsed: no private mapping copies them.
    var collapsesCache = false
    /// Whether pages are swapped out, given up, merged or moved: in some of the tests only, for they grow by it.
    var movesPages = false
    /// Whether stores are tracked, or wait for a userfaultfd: in some of the tests only.
    var tracksStores = false
    var names = 0
    var events: [String] = []
    var awaited: [String] = []

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    mutating func write() -> String {
        movesPages = random.once(in: 3)
        tracksStores = random.once(in: 3)
        var lines = declarations()
        hasSecondWord = huge == nil && random.once(in: 4)
        let budget = random.one(of: huge == nil ? [4, 5, 6, 7] : [3, 4, 5])
        switch random.one(of: [0, 0, 0, 0, 1, 1, 2, 2, 3, 4]) {
        case 0: add("c", random.once(in: 6) ? .vfork : .fork, below: begin("p"), budget)
        case 1: add("t", .thread, below: begin("p"), budget)
        case 2:
            let parent = begin("p")
            add("t", .thread, below: parent, budget - 2)
            add("c", random.once(in: 6) ? .vfork : .fork, below: parent, budget - 2)
        case 3:
            add("c", .fork, below: begin("p"), budget - 2)
            add("g", .fork, below: 1, budget - 2)
        default:
            add("c", .fork, below: begin("p"), budget - 2)
            add("t", .thread, below: 1, budget - 2)
        }
        fillUp(0, budget / 2)
        // Behind an exec stands nothing that needs a mapping.
        for index in actors.indices where actors[index].form == .fork && random.once(in: 12) {
            actors[index].statements.append(.text("exec"))
        }
        for event in awaited where !events.contains(event) {
            let last = random.one(of: Array(actors.indices))
            actors[last].statements.append(.text("signal \(event)"))
        }
        for index in actors.indices where actors[index].form == .process {
            lines.append("process \(actors[index].name) {")
            lines += block(index, "    ")
            lines.append("}")
        }
        lines.append(condition())
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: Around the blocks

    private mutating func declarations() -> [String] {
        var lines: [String] = []
        var written = 0
        if random.once(in: 4) { lines.append("pin_bias \(random.one(of: [2, 3, 4]))") }
        let value = random.once(in: 4) ? "" : " = 1"
        let backing = random.once(in: 6) ? fileBacking(&lines) : "anonymous private"
        if backing == "anonymous private", random.once(in: 5) {
            return lines + hugeDeclarations(value)
        }
        if random.once(in: 6) {
            lines.append("map x[2]: \(backing)\(value)")
            mappings = ["x[0]", "x[1]", "x"]
            if !value.isEmpty { written += 2 }
        } else {
            lines.append("map x: \(backing)\(value)")
            if !value.isEmpty { written += 1 }
        }
        if random.once(in: 6) {
            let start = random.one(of: movesPages ? [" = 7", " = 1", " = 1"] : [" = 7", "", " readonly"])
            let backing = random.once(in: 2) ? fileBacking(&lines) : "anonymous private"
            lines.append("map y: \(backing)\(start)")
            mappings.append("y")
            if start.contains("=") { written += 1 }
        }
        if random.once(in: 6) {
            lines.append("frames \(random.one(of: [4, 5, 6]) + (hasFile ? 2 : 0))")
        }
        if random.once(in: 10) { lines.append("background lru_add(\(mappings[0]))") }
        if random.once(in: 20) { lines.append("background lru_drain()") }
        if movesPages, random.once(in: 3) {
            let pages = mappings.filter { $0 != "x" || mappings[0] == "x" }
            let page = random.one(of: pages)
            lines.append(
                "background \(random.one(of: ["reclaim", "reclaim", "migrate", "numa_scan"]))(\(page))")
            if pages.count > 1, random.once(in: 3) {
                lines.append("background ksm_merge(\(pages[0]), \(pages[1]))")
            }
        }
        if movesPages, random.once(in: 3) { lines.append("swap \(random.one(of: [0, 1, 1, 2]))") }
        if random.once(in: 8) { lines.append("memcg p \(max(written, random.one(of: [2, 3, 4])))") }
        return lines
    }

    /// A mapping with huge pages, and what limits them.
    private mutating func hugeDeclarations(_ value: String) -> [String] {
        let kind = random.one(of: [
            Huge.transparent, .transparent, .small, .pool, .shared, .shared, .smallShared, .sharedPool,
        ])
        huge = kind
        mappings = ["x[0]", "x[1]", "x"]
        switch kind {
        case .transparent:
            var lines = ["map x: anonymous private huge\(value)"]
            if random.once(in: 4) { lines.append("frames \(random.one(of: [6, 7, 9, 11]))") }
            if random.once(in: 8) { lines.append("memcg p \(random.one(of: [4, 5, 8]))") }
            if random.once(in: 10) { lines.append("background collapse(x)") }
            if random.once(in: 10) { lines.append("background lru_add(x[0])") }
            if movesPages, random.once(in: 3) {
                lines.append("background \(random.one(of: ["reclaim", "migrate"]))(x[1])")
            }
            return lines
        case .small:
            let background = random.once(in: 3) ? ["background collapse(x)"] : []
            return ["map x[4]: anonymous private\(value)"] + background
        case .shared:
            var lines = random.once(in: 4) ? ["frames \(random.one(of: [6, 7, 9, 11]))"] : []
            if movesPages, random.once(in: 3) {
                lines.append("background \(random.one(of: ["reclaim", "migrate"]))(x[1])")
            }
            collapsesCache = random.once(in: 2)
            if collapsesCache { return lines + ["map x: anonymous shared huge\(value)"] }
            hasFile = true
            let sharing = random.one(of: ["private huge", "shared huge\(value)"])
            lines += ["memfd F[2] = 5", "map x: memfd F \(sharing)"]
            if random.once(in: 4) {
                lines.append("map y: memfd F \(random.one(of: ["private", "shared"]))")
                mappings.append("y")
            }
            return lines
        case .smallShared:
            if random.once(in: 3) {
                hasFile = true
                collapsesCache = random.once(in: 2)
                return ["memfd F[2] = 5", "map x[4]: memfd F \(collapsesCache ? "shared" : "private")"]
            }
            collapsesCache = true
            return ["map x[4]: anonymous shared\(value)"]
                + (random.once(in: 4) ? ["background collapse(x)"] : [])
        case .pool, .sharedPool:
            return ["map x: hugetlb \(kind == .pool ? "private" : "shared")\(value)"]
                + (random.once(in: 2) ? ["hugepages \(random.one(of: [1, 2]))"] : [])
        }
    }

    /// The pages of a call that a huge page must be told of as a whole.
    private mutating func wholePages() -> String { huge?.isCached == true ? "x" : poolPages() }
    /// The same where only the pool's pages must.
    private mutating func poolPages() -> String { huge?.isPool == true ? "x" : pages() }

    /// What is no private anonymous memory; declares the file where it is one.
    private mutating func fileBacking(_ lines: inout [String]) -> String {
        let sharing = random.one(of: ["private", "shared"])
        if !hasFile, random.once(in: 4) { return "anonymous shared" }
        if !hasFile { lines.append(random.one(of: ["file F[2] = 5, 6", "memfd F[2] = 5"])) }
        hasFile = true
        return (lines.contains { $0.hasPrefix("memfd") } ? "memfd F " : "file F ") + sharing
    }

    private mutating func begin(_ name: String) -> Int {
        actors.append(Actor(name: name, form: .process, process: name))
        return actors.count - 1
    }

    /// Adds an actor that another one begins, with what that one does before.
    private mutating func add(_ name: String, _ form: Actor.Form, below parent: Int, _ budget: Int) {
        fillUp(parent, Int.random(in: 0...max(0, budget / 3), using: &random))
        let process = form == .thread ? actors[parent].process : name
        var actor = Actor(name: name, form: form, process: process)
        actor.handles = actors[parent].handles
        actors.append(actor)
        actors[parent].statements.append(.begins(actors.count - 1))
        fillUp(actors.count - 1, max(1, budget / 2))
        if form == .vfork, let index = actors.indices.last, !actors[index].hasExit {
            actors[index].statements.append(.text(random.once(in: 2) ? "exit" : "exec"))
        }
    }

    private mutating func fillUp(_ actor: Int, _ count: Int) {
        for _ in 0..<count {
            for _ in 0..<8 {
                if let text = statement(of: actor) {
                    actors[actor].statements.append(.text(text))
                    break
                }
            }
        }
    }

    private func block(_ actor: Int, _ indent: String) -> [String] {
        actors[actor].statements.flatMap { statement in
            switch statement {
            case .text(let text): return [indent + text]
            case .begins(let other):
                let word =
                    switch actors[other].form {
                    case .thread: "thread"
                    case .vfork: "vfork"
                    case .fork, .process: "fork"
                    }
                return ["\(indent)\(word) \(actors[other].name) {"] + block(other, indent + "    ") + [
                    indent + "}"
                ]
            }
        }
    }

    private mutating func condition() -> String {
        let page = mappings[0]
        var parts = ["p:*\(page) == 1"]
        if random.once(in: 2) { parts.append("moved(p:\(page))") }
        for actor in actors where actor.form == .fork || actor.form == .vfork {
            parts += [
                "forked(\(actor.name))", "same(p:\(page), \(actor.name):\(page))",
                "\(actor.name):*\(page) == 2",
            ]
        }
        if random.once(in: 3) { parts.append("copies == 1") }
        if hasFile { parts.append("file F[0] == 3") }
        if tracksStores, huge?.isTracked != false { parts.append("soft_dirty(p:\(page))") }
        return "exists " + parts.joined(separator: " && ")
    }

    // MARK: Statements

    private mutating func name(_ prefix: String) -> String {
        names += 1
        return "\(prefix)\(names)"
    }

    private mutating func onePage() -> String {
        random.one(of: mappings.filter { $0 != "x" || mappings[0] == "x" })
    }
    private mutating func pages() -> String { random.one(of: mappings) }
    private mutating func word() -> String { hasSecondWord && random.once(in: 2) ? ".1" : "" }

    private mutating func statement(of actor: Int) -> String? {
        var pick = Int.random(in: 0..<Kind.allCases.map(\.weight).reduce(0, +), using: &random)
        let kind = Kind.allCases.first { kind in
            pick -= kind.weight
            return pick < 0
        }
        switch kind {
        case .store: return "*\(onePage())\(word()) = \(random.one(of: [2, 3, 4]))"
        case .load: return "\(name("r")) = *\(onePage())\(word())"
        case .look:
            let look = random.one(of: [
                "frame", "mapcount", "present", "page_count", "pinned", "exclusive", "writable", "dirty",
                "young", "swapped", "huge",
            ])
            return "\(name("r")) = \(look)(\(onePage()))"
        case .take, .use, .close, .send: return referenceStatement(kind, of: actor)
        case .signal, .await, .wait, .exit, .kill: return orderStatement(kind, of: actor)
        case .map:
            let fresh = name("m")
            return "map \(fresh): anonymous private"
        case .limitCharges: return "memcg_limit(p, \(random.one(of: [1, 2, 3])))"
        case .remote:
            let target = random.one(of: actors.filter { $0.form != .thread }).name
            return random.one(of: [
                "\(name("r")) = process_vm_readv(\(target), \(onePage()))",
                "process_vm_writev(\(target), \(pages())\(word()), 6)",
                "\(name("r")) = proc_mem_read(\(target), \(onePage()))",
                "proc_mem_write(\(target), \(onePage())\(word()), 7)",
            ])
        case .file:
            if random.once(in: 2) {
                return
                    "\(name("r")) = madvise(\(huge?.isCached == true ? pages() : poolPages()), MADV_REMOVE)"
            }
            return hasFile ? "pwrite(F[\(random.one(of: [0, 1]))]\(word()), 9)" : nil
        case .move where huge?.isPool == true, .populate where huge?.isPool == true: return nil
        case .move: return "mremap(\(pages().prefix { $0 != "[" }))"
        case .populate where random.once(in: 4): return "clear_refs(young)"
        case .populate:
            return random.one(of: [
                "madvise(\(pages()), MADV_POPULATE_READ)", "madvise(\(pages()), MADV_POPULATE_WRITE)",
                "mlock(\(wholePages()))",
            ])
        case .batch: return random.once(in: 3) ? "lru_drain()" : "lru_add(\(pages()))"
        case .doing where huge != nil: return hugeDoing()
        case .doing: return movesPages ? doing() : nil
        case .track: return tracksStores && huge?.isTracked != false ? tracking() : nil
        case .unmap: return "munmap(\(poolPages()))"
        case .discard: return "madvise(\(poolPages()), MADV_DONTNEED)"
        case .protect:
            let protection = random.one(of: ["PROT_NONE", "PROT_READ", "PROT_READ", "PROT_READ | PROT_WRITE"])
            return "mprotect(\(poolPages()), \(protection))"
        case .advise:
            let advice = random.one(of: ["DONTFORK", "DOFORK", "WIPEONFORK", "KEEPONFORK"])
            return "madvise(\(wholePages()), MADV_\(advice))"
        case nil: return nil
        }
    }

    /// What is done with huge pages, or advised about them.
    private mutating func hugeDoing() -> String? {
        if huge == .pool {
            guard random.once(in: 4) else { return nil }
            let advice = random.one(of: [
                "PAGEOUT", "FREE", "COLD", "WILLNEED", "MERGEABLE", "DONTNEED_LOCKED", "GUARD_INSTALL",
            ])
            return "\(name("r")) = madvise(x, MADV_\(advice))"
        }
        if huge?.isPool == true { return nil }
        if huge?.isCached == true { return hugeCacheDoing() }
        if random.once(in: 3) {
            let advice = random.one(of: ["HUGEPAGE", "NOHUGEPAGE", "COLLAPSE", "COLLAPSE"])
            let pages = advice == "COLLAPSE" ? "x" : pages()
            return "\(name("r")) = madvise(\(pages), MADV_\(advice))"
        }
        guard movesPages else { return "\(name("r")) = collapse(x)" }
        if random.once(in: 3) {
            let doing = doing()
            if !doing.contains("numa_scan") { return doing }
        }
        let owner = random.one(of: actors.filter { $0.form != .thread }).name
        switch random.one(of: [0, 1, 2, 3]) {
        case 0: return "\(name("r")) = collapse(\(owner):x)"
        case 1: return "madvise(\(pages()), MADV_PAGEOUT)"
        case 2: return "\(name("r")) = reclaim(\(owner):\(onePage()))"
        default: return "\(name("r")) = migrate(\(owner):\(pages()))"
        }
    }

    /// The same with huge pages of the page cache.
    private mutating func hugeCacheDoing() -> String {
        let owner = random.one(of: actors.filter { $0.form != .thread }).name
        var calls = ["madvise(x, MADV_HUGEPAGE)"]
        if huge == .shared { calls.append("madvise(x, MADV_NOHUGEPAGE)") }
        if collapsesCache { calls += ["madvise(x, MADV_COLLAPSE)", "collapse(\(owner):x)"] }
        if movesPages {
            calls += ["madvise(\(onePage()), MADV_PAGEOUT)", "reclaim(\(owner):\(onePage()))"]
            calls.append("migrate(\(owner):\(pages()))")
        }
        return "\(name("r")) = \(random.one(of: calls))"
    }

    /// What the kernel does with pages, or is advised to.
    private mutating func doing() -> String {
        if random.once(in: 3) {
            let advice = random.one(of: [
                "PAGEOUT", "FREE", "FREE", "COLD", "WILLNEED", "MERGEABLE", "UNMERGEABLE", "DONTNEED_LOCKED",
                "GUARD_INSTALL", "GUARD_REMOVE",
            ])
            return "madvise(\(pages()), MADV_\(advice))"
        }
        let owner = random.one(of: actors.filter { $0.form != .thread }).name
        let page = random.once(in: 3) ? "\(owner):\(onePage())" : onePage()
        let call = random.one(of: [
            "reclaim", "reclaim", "reclaim", "migrate", "ksm_merge", "shrink", "retract", "numa_scan",
            "numa_scan",
        ])
        guard call == "ksm_merge" else { return "\(name("r")) = \(call)(\(page))" }
        return "\(name("r")) = ksm_merge(\(page), \(owner):\(onePage()))"
    }

    /// What concerns trackers of stores, and userfaultfds.
    private mutating func tracking() -> String {
        let (page, pages) = (onePage(), poolPages())
        if random.once(in: 16) { return "await_fault(\(pages))" }
        let minor = huge == .pool ? [] : ["minor", "wp, minor"]
        let modes = ["wp", "wp", "wp", "wp, async", "wp, unpopulated", "missing", "wp, event_fork"] + minor
        let calls = [
            "clear_refs()", "soft_dirty(\(page))", "pagemap_scan(\(page))", "poll_fault(\(pages))",
            "uffd_wake(\(pages))", "uffd_copy(\(pages), 8)", "uffd_unregister(\(pages))",
            huge == .pool ? "clear_refs()" : "uffd_continue(\(pages))",
        ]
        let often = ["uffd_writeprotect(\(pages))", "uffd_resolve(\(pages))", "clear_refs()"]
        let register = "uffd_register(\(pages), \(random.one(of: modes)))"
        let all = calls + often + often + [register, register, register, register]
        return "\(name("r")) = \(random.one(of: all))"
    }

    private mutating func referenceStatement(_ kind: Kind?, of actor: Int) -> String? {
        if case .take = kind {
            let use = random.one(of: [
                Handle.Use.pipe, .pipe, .device, .device, .device, .region, .directRead, .directWrite,
            ])
            let handle = name("h")
            let page = onePage()
            actors[actor].handles.append(Handle(name: handle, use: use))
            switch use {
            case .pipe: return "\(handle) = vmsplice(\(page))"
            case .directRead: return "\(handle) = direct_read(\(page))"
            case .directWrite: return "\(handle) = direct_write(\(page))"
            case .region: return "\(handle) = rdma_register(\(page), \(random.one(of: ["read", "write"])))"
            case .device: break
            }
            let call = random.one(of: [
                "io_uring_register(\(page))", "vfio_map(\(page), read)", "pin(\(page), write)",
                "pin(\(page), read)",
                "pin(\(page), read, longterm)", "get(\(page), write)", "get(\(page), read)",
                "get(\(page), write, slow)",
            ])
            return "\(handle) = \(call)"
        }
        guard !actors[actor].handles.isEmpty else { return nil }
        let handle = random.one(of: actors[actor].handles)
        if case .close = kind { return "close(\(handle.name))" }
        if case .send = kind {
            let others = actors.filter { $0.form != .thread && $0.process != actors[actor].process }
            return others.isEmpty ? nil : "send(\(handle.name), \(random.one(of: others).name))"
        }
        switch handle.use {
        case .pipe: return "\(name("r")) = read(\(handle.name))"
        case .directRead: return "complete(\(handle.name)\(word()), 5)"
        case .directWrite: return "\(name("r")) = fetch(\(handle.name)\(word()))"
        case .region where random.once(in: 3):
            let access = random.one(of: ["read", "write", "write"])
            return "\(name("r")) = rdma_reregister(\(handle.name), \(access))"
        case .device, .region: break
        }
        return random.once(in: 2)
            ? "\(name("r")) = dma_read(\(handle.name)\(word()))" : "dma_write(\(handle.name)\(word()), 5)"
    }

    private mutating func orderStatement(_ kind: Kind?, of actor: Int) -> String? {
        switch kind {
        case .signal:
            let event = awaited.first { !events.contains($0) } ?? name("e")
            events.append(event)
            return "signal \(event)"
        case .await:
            let event = random.once(in: 2) ? events.last ?? name("e") : name("e")
            awaited.append(event)
            return "await \(event)"
        case .wait:
            let begun = actors[actor].statements.compactMap { statement -> Actor? in
                if case .begins(let other) = statement { actors[other] } else { nil }
            }
            guard let other = begun.first else { return nil }
            if other.form == .thread { return "join \(other.name)" }
            guard actors.contains(where: { $0.process == other.name && $0.hasExit }) else { return nil }
            return "wait \(other.name)"
        case .exit: return actors[actor].hasExit ? nil : "exit"
        case .kill:
            let others = actors.filter { $0.form != .thread && $0.process != actors[actor].process }
            return others.isEmpty ? nil : "kill(\(random.one(of: others).name))"
        default: return nil
        }
    }
}

extension Actor {
    fileprivate var hasExit: Bool {
        statements.contains { if case .text("exit") = $0 { true } else { false } }
    }
}
