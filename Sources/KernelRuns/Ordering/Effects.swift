import TestLanguage

/// Something that steps of different actors can find changed.
enum Resource: Hashable {
    /// A page of a mapping, in whoever's memory: relatives may share its frame.
    case page(mapping: Int, page: Int)
    /// A page of a file or a memfd.
    case file(Int, page: Int)
    /// A reference.
    case reference(Int)
    /// Whether a process lives, and what it runs.
    case life(process: Int)
    /// What is left of limited memory.
    case room
}

/// What a step does to a resource.
struct Use: OptionSet, Hashable {
    let rawValue: UInt8

    /// It needs what is there, as a load does: maps what is missing, and two of it do not notice each other.
    static let needs = Use(rawValue: 1)
    /// It looks without touching.
    static let looks = Use(rawValue: 2)
    /// It is a fork that shares it.
    static let shares = Use(rawValue: 4)
    /// It changes it.
    static let changes = Use(rawValue: 8)

    /// Whether it matters which of two uses comes first.
    ///
    /// - Parameter sameMemory: whether both are made by actors of one memory.
    func conflicts(with other: Use, sameMemory: Bool) -> Bool {
        if contains(.changes) || other.contains(.changes) { return true }
        if union(other).isSuperset(of: [.needs, .looks]) { return true }
        if union(other).isSuperset(of: [.shares, .looks]) { return true }
        let meetsFork = contains(.shares) || other.contains(.shares)
        return sameMemory && meetsFork
    }
}

/// What the statements of a test do to what its actors share.
///
/// Where it cannot be told, a statement is taken to do more: then a test counts as a race that is none, and only runs
/// more often than it need.
struct Effects {
    private let test: ResolvedTest
    private let processesAbove: [Set<Int>]
    private let memoriesAbove: [Set<Int>]
    private let hasWholeMappings: Bool
    private let accessesMayKill: Bool
    private let hasLimits: Bool
    private let pagesOfReference: [Int: [Resource]]

    init(_ test: ResolvedTest) {
        self.test = test
        let lineages = test.actors.map { Effects.lineage(of: $0, in: test) }
        processesAbove = lineages.map { Set($0.map(\.process)) }
        memoriesAbove = lineages.map { Set($0.map(\.memory)) }
        let statements = test.allStatements
        hasLimits =
            test.test.declarations.contains(where: \.limitsMemory)
            || statements.contains { $0.statement.limitsMemory }
        hasWholeMappings =
            test.mappings.contains { $0.declaration.isHuge }
            || statements.contains { $0.statement.makesHugePages }
        accessesMayKill =
            hasLimits
            || test.mappings.contains { $0.declaration.readonly || $0.actor != nil || $0.file != nil }
            || statements.contains { $0.statement.takesAccessAway }
        var pages: [Int: [Resource]] = [:]
        for (actor, statement) in statements {
            guard let name = statement.result,
                let handle = test.handle(named: name.text, saidBy: actor)
            else { continue }
            switch statement.kind {
            case .reference(_, let address):
                pages[handle.index] = Effects.pages(of: address, in: test, whole: hasWholeMappings)
            case .udmabuf(let name):
                pages[handle.index] = test.file(named: name.text).map(Effects.pages) ?? []
            default: break
            }
        }
        pagesOfReference = pages
    }

    /// An actor, and those that it descends from.
    private static func lineage(
        of actor: ResolvedTest.Actor, in test: ResolvedTest
    ) -> [ResolvedTest.Actor] {
        var actors = [actor]
        while let parent = actors.last?.parent { actors.append(test.actors[parent]) }
        return actors
    }

    // MARK: Statements

    /// What a statement of an actor does.
    func of(_ statement: Statement, by actor: ResolvedTest.Actor) -> [Resource: Use] {
        var uses = UseTable()
        switch statement.kind {
        // Waiting changes nothing: what it waits for is in the order of things.
        case .await, .wait, .join: return [:]
        case .signal, .thread: break
        case .userfault(.awaitFault, _): break
        case .fork: fork(actor, &uses)
        case .vfork: uses.add(.shares, to: references(of: actor.process))
        case .exit, .exec: uses.merge(teardown(of: actor.process))
        case .kill(let name):
            if let process = test.actor(named: name.text)?.process {
                uses.add(.changes, to: [.life(process: process)])
            }
        default: call(statement, actor, &uses)
        }
        if hasLimits, statement.mayAllocateOrFree { uses.add(.changes, to: [.room]) }
        uses.add(.needs, to: [.life(process: actor.process)])
        return uses.uses
    }

    /// What the end of a process does.
    func teardown(of process: Int) -> [Resource: Use] {
        var uses = UseTable()
        uses.add(.changes, to: mappedPages(of: process))
        for reference in references(of: process) {
            uses.add(.changes, to: [reference])
            if case .reference(let index) = reference {
                uses.add(.changes, to: pagesOfReference[index] ?? [])
            }
        }
        uses.add(.changes, to: [.life(process: process)])
        if hasLimits { uses.add(.changes, to: [.room]) }
        return uses.uses
    }

    private func fork(_ actor: ResolvedTest.Actor, _ uses: inout UseTable) {
        uses.add(.shares, to: mappedPages(of: actor.process))
        uses.add(.shares, to: references(of: actor.process))
    }

    private func call(_ statement: Statement, _ actor: ResolvedTest.Actor, _ uses: inout UseTable) {
        switch statement.kind {
        case .store(let location, _): access(.changes, location.address, actor, &uses)
        case .load(let location): access(.needs, location.address, actor, &uses)
        case .look(_, let address): uses.add(.looks, to: pages(of: address))
        case .read(let place), .dmaRead(let place), .fetch(let place):
            use(place, by: actor, .needs, &uses)
        case .iommuDirty(let place): use(place, by: actor, .looks, &uses)
        case .dmaWrite(let place, _), .complete(let place, _): use(place, by: actor, .changes, &uses)
        case .close(let name), .send(let name, _), .reregister(let name, _): letGo(of: name, by: actor, &uses)
        case .reference(_, let address):
            take(statement, by: actor, &uses)
            uses.add(.changes, to: pages(of: address))
        case .udmabuf: take(statement, by: actor, &uses)
        case .remote(_, let process, let location):
            uses.add(.changes, to: pages(of: location.address))
            if let process = test.actor(named: process.text)?.process {
                uses.add(.needs, to: [.life(process: process)])
            }
        case .pwrite(let place, _):
            uses.add(.changes, to: test.file(named: place.file.text).map(Effects.pages) ?? [])
        case .map(let map): uses.add(.changes, to: pages(of: Address(map.name)))
        case .kernel(.lruDrain), .clearRefs, .cowOptOut, .memcgLimit:
            uses.add(.changes, to: mappedPages(of: actor.process))
        case .kernel(let doing):
            for address in doing.addresses { uses.add(.changes, to: pages(of: address.address)) }
        case .munmap(let address), .mremap(let address), .mprotect(let address, _), .mlock(let address),
            .madvise(let address, _), .userfault(_, let address):
            uses.add(.changes, to: pages(of: address))
        case .await, .wait, .join, .signal, .thread, .fork, .vfork, .exit, .exec, .kill: break
        }
    }

    /// An access by the processor, which may end the process.
    private func access(
        _ use: Use, _ address: Address, _ actor: ResolvedTest.Actor, _ uses: inout UseTable
    ) {
        uses.add(use, to: pages(of: address))
        if accessesMayKill { uses.merge(teardown(of: actor.process)) }
    }

    private func use(
        _ place: HandleLocation, by actor: ResolvedTest.Actor, _ use: Use, _ uses: inout UseTable
    ) {
        guard let handle = test.handle(named: place.handle.text, saidBy: actor.index) else { return }
        uses.add(.needs, to: [.reference(handle.index)])
        uses.add(use, to: pagesOfReference[handle.index] ?? [])
    }

    private func letGo(of name: Name, by actor: ResolvedTest.Actor, _ uses: inout UseTable) {
        guard let handle = test.handle(named: name.text, saidBy: actor.index) else { return }
        uses.add(.changes, to: [.reference(handle.index)])
        uses.add(.changes, to: pagesOfReference[handle.index] ?? [])
    }

    private func take(_ statement: Statement, by actor: ResolvedTest.Actor, _ uses: inout UseTable) {
        if let name = statement.result { letGo(of: name, by: actor, &uses) }
    }

    // MARK: Pages and references

    private func pages(of address: Address) -> [Resource] {
        Effects.pages(of: address, in: test, whole: hasWholeMappings)
    }

    /// Of files, and where huge pages come in, one page is touched with its neighbours.
    private static func pages(of address: Address, in test: ResolvedTest, whole: Bool) -> [Resource] {
        guard let mapping = test.mapping(named: address.mapping.text) else { return [] }
        if let file = mapping.file {
            return pages(of: mapping) + pages(of: test.files[file])
        }
        if let page = address.page, !whole { return [.page(mapping: mapping.index, page: page)] }
        return pages(of: mapping)
    }

    private static func pages(of mapping: ResolvedTest.Mapping) -> [Resource] {
        (0..<mapping.pages).map { .page(mapping: mapping.index, page: $0) }
    }

    private static func pages(of file: ResolvedTest.File) -> [Resource] {
        (0..<file.pages).map { .file(file.index, page: $0) }
    }

    /// The pages of all mappings that a process may have.
    private func mappedPages(of process: Int) -> [Resource] {
        let above = memoriesAbove[process]
        return test.mappings.filter { mapping in
            above.contains(mapping.actor.map { test.actors[$0].memory } ?? 0)
        }.flatMap { mapping in
            Effects.pages(of: mapping) + (mapping.file.map { Effects.pages(of: test.files[$0]) } ?? [])
        }
    }

    /// The references that a process may hold.
    private func references(of process: Int) -> [Resource] {
        let above = processesAbove[process]
        return test.handles.filter { handle in
            above.contains(handle.process)
                || test.handle(named: handle.name.text, saidBy: process)?.index == handle.index
        }.map { .reference($0.index) }
    }
}

/// Uses of resources, gathered.
private struct UseTable {
    var uses: [Resource: Use] = [:]

    mutating func add(_ use: Use, to resources: [Resource]) {
        for resource in resources { uses[resource, default: []].formUnion(use) }
    }

    mutating func merge(_ others: [Resource: Use]) {
        uses.merge(others) { $0.union($1) }
    }
}
