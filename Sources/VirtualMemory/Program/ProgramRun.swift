import Rules

/// A program laid out for running under one rule set: the machine's constants, and its operations as plain bytes.
///
/// Whoever makes one deallocates it, after its machines.
final class ProgramRun {
    let program: Program
    let world: UnsafeMutablePointer<World>
    private let operations: UnsafeMutablePointer<Operation>
    private let starts: [Int]
    private let counts: [Int]

    init(_ program: Program, _ rules: Rules) {
        self.program = program
        world = .allocate(capacity: 1)
        var constants = World(geometry: program.geometry, rules: rules)
        constants.pinBias = Int32(truncatingIfNeeded: program.pinBias)
        constants.frameLimit = program.frameLimit ?? Int.max
        constants.swapLimit = program.swapPages ?? Int.max
        constants.keepsCharges = program.limitsCharges
        constants.keepsMarks = program.keepsMarks
        constants.observesMapcount =
            program.looksAtMapcount || rules.asks(.pageMapcount) || program.unmapsForOthers
        constants.tracksStores = program.tracksStores
        constants.hasForkEvents = program.hasForkEvents
        // Asked for here, and so part of the footprint: where it is not observed nobody asks again.
        let flushesIfPending = program.usesUserfault && constants.mechanism(.faultFlushIfPending) == .yes
        constants.observesFlushPending = rules.asks(.mmTLBFlushPending) || flushesIfPending
        constants.hasLooks = program.looks || program.keepsMarks
        constants.hasFastGUP = program.hasFastGUP(rules)
        constants.endedByOthers = program.endedByOthers
        constants.tracksStoresBegun = program.storesBesideForks
        constants.countsCopies = program.countsCopies
        constants.accessedByOthers = program.accessedByOthers
        constants.hasRemoteAccess = program.hasRemoteAccess || program.keepsMarks
        constants.sendsReferences = program.sendsReferences
        constants.usesBatches = program.usesBatches
        constants.triesLocks = program.retractsTables && rules[.retractLock] == .mmap
        constants.observesYoung = program.observesYoung
        for (index, thread) in program.threads.enumerated() {
            constants.processOfThread[index] = UInt8(truncatingIfNeeded: thread.process)
        }
        world.initialize(to: constants)
        let all = program.threads.flatMap(\.operations)
        operations = .allocate(capacity: max(all.count, 1))
        operations.initialize(from: all, count: all.count)
        counts = program.threads.map(\.operations.count)
        var next = 0
        var starts: [Int] = []
        for count in counts {
            starts.append(next)
            next += count
        }
        self.starts = starts
    }

    deinit {
        operations.deallocate()
        world.pointee.deallocate()
        world.deinitialize(count: 1)
        world.deallocate()
    }

    /// The operations of a thread.
    func operations(of thread: Int) -> UnsafeBufferPointer<Operation> {
        UnsafeBufferPointer(start: operations + starts[thread], count: counts[thread])
    }

    /// Brings a machine into the state in which the program begins: TLBs cold, nothing pinned.
    func setUp(_ machine: Machine) {
        for (process, limit) in program.chargeLimits {
            machine[space: process].chargeLimit = UInt16(truncatingIfNeeded: limit)
        }
        for (index, thread) in program.threads.enumerated() {
            machine[thread: index].process = UInt8(truncatingIfNeeded: thread.process)
            guard thread.isInitial else { continue }
            machine[thread: index].status = .running
            if !thread.isBackground { machine[space: thread.process].state = .live }
            machine[space: thread.process].activeThreads &+= 1
        }
        for page in program.cachedPages { setUp(machine, page) }
        if !program.geometry.hugetlbPages.isEmpty {
            machine.global.poolFree = UInt16(truncatingIfNeeded: program.poolPages ?? 64)
        }
        for mapping in program.mappings {
            if mapping.isHuge {
                setUpHuge(machine, mapping)
            } else {
                for page in mapping.pages.range { setUp(machine, page, mapping) }
            }
        }
        for initial in program.initialFrames {
            let entry = machine[entry: 0, initial.page]
            if entry.isPresent {
                machine[register: initial.register] = machine.name(of: entry, at: initial.page)
            }
        }
    }

    /// Huge pages, of the pool where the mapping is one of hugetlb; without a value nothing is mapped yet.
    private func setUpHuge(_ machine: Machine, _ mapping: Program.InitialMapping) {
        let pages = mapping.pages.range
        let isPool = program.geometry.isHugetlb(pages.lowerBound)
        for page in pages {
            machine[mapped: 0, page] = .anonymous(
                readable: mapping.protection.isReadable, writable: mapping.protection.isWritable)
            machine[hugeAdvice: 0, page].isWanted = !isPool
        }
        if isPool {
            _ =
                machine.isShared(pages.lowerBound)
                ? machine.reserveForFile(pages) : machine.reserve(0, pages)
        }
        guard let value = mapping.value else { return }
        for page in stride(from: pages.lowerBound, to: pages.upperBound, by: Folio.pages) {
            if let slot = machine.backing(of: page).slot {
                setUpSharedHuge(machine, page, slot, value)
                continue
            }
            let fresh =
                isPool ? machine.takeFromPool(0, page) : machine.allocateHugeFrame(chargedTo: 0)
            guard fresh.isPresent else { continue }
            machine[table: 0, page].isPresent = true
            machine.global.framesInUse &+= 1
            machine.mapHugeAnonymous(fresh.frame, 0, page, writable: true)
            for page in machine.group(page) { machine[content: fresh.frame, 0, at: page] = value }
        }
    }

    /// The first process has stored to a huge page of a shared mapping.
    private func setUpSharedHuge(_ machine: Machine, _ page: Int, _ slot: Int, _ value: UInt16) {
        if !machine[cache: slot].isPresent {
            let fresh =
                machine.isHugetlb(page)
                ? machine.allocatePoolFrame(reserved: true) : machine.allocateHugeFrame(chargedTo: 0)
            guard fresh.isPresent else { return }
            machine.addToCache(fresh.frame, at: slot)
            machine[frame: fresh.frame].isLocked = false
            machine.put(fresh.frame)
        }
        let frame = machine[cache: slot].frame
        machine[frame: frame].references &+= 1
        machine.global.framesInUse &+= 1
        _ = machine.mapWholeCached(frame, 0, page, forWriting: true)
        for page in machine.group(page) { machine[content: frame, 0, at: page] = value }
    }

    private func setUp(_ machine: Machine, _ page: Int, _ mapping: Program.InitialMapping) {
        machine[mapped: 0, page] = .anonymous(
            readable: mapping.protection.isReadable, writable: mapping.protection.isWritable)
        guard let value = mapping.value else { return }
        if !machine[table: 0, page].isPresent {
            machine[table: 0, page].isPresent = true
            machine.global.framesInUse &+= 1
        }
        if machine.isShared(page) { return setUpShared(machine, page, value) }
        let fresh = machine.allocateFrame(chargedTo: 0)
        guard fresh.isPresent else { return }
        machine.mapAnonymous(fresh.frame, 0, page, writable: true)
        if let slot = machine.backing(of: page).slot {
            for word in 0..<machine.wordCount {
                machine[content: fresh.frame, word] = machine.fileWord(slot, word)
            }
        }
        machine[content: fresh.frame, 0] = value
    }

    /// A page of a file or a memfd was written before, by nobody who is charged for it; a file's is on its disk, too.
    private func setUp(_ machine: Machine, _ page: Program.InitialCachedPage) {
        if page.isHuge, machine[cache: page.slot].isPresent {
            machine[cached: page.slot, 0] = page.value
            return
        }
        let fresh =
            page.isHuge ? machine.allocateHugeFrame(chargedTo: 0) : machine.allocateFrame(chargedTo: 0)
        guard fresh.isPresent else { return }
        if machine.isDirtyTracked(page.slot) { machine[stored: page.slot, 0] = page.value }
        machine.addToCache(fresh.frame, at: page.slot)
        machine[cached: page.slot, 0] = page.value
        machine[frame: fresh.frame].isLocked = false
        machine.put(fresh.frame)
        if machine[frame: fresh.frame].charged != 0 { machine.uncharge(fresh.frame) }
    }

    /// The first process has stored to a page of a shared mapping.
    private func setUpShared(_ machine: Machine, _ page: Int, _ value: UInt16) {
        guard let slot = machine.backing(of: page).slot else { return }
        if !machine[cache: slot].isPresent {
            let fresh = machine.allocateFrame(chargedTo: 0)
            guard fresh.isPresent else { return }
            machine.addToCache(fresh.frame, at: slot)
            machine[frame: fresh.frame].isLocked = false
            machine.put(fresh.frame)
        }
        let frame = machine[cache: slot].frame
        machine[cache: slot].isDirty = true
        machine[frame: frame].references &+= 1
        machine.mapCached(machine.cacheEntry(frame, 0, page, forWriting: true), 0, page)
        machine[content: frame, 0] = value
    }
}

extension Rules {
    /// Whether any clause asks for a fact.
    fileprivate func asks(_ fact: Fact) -> Bool {
        clauses.values.contains { clause in
            clause.steps.contains { $0.condition?.asks(fact) ?? false }
        }
    }
}

extension Condition {
    fileprivate func asks(_ fact: Fact) -> Bool {
        switch self {
        case .fact(let own): own == fact
        case .comparison(let left, _, let right): left.facts.contains(fact) || right.facts.contains(fact)
        case .not(let inner): inner.asks(fact)
        case .all(let parts), .any(let parts): parts.contains { $0.asks(fact) }
        }
    }
}
