import Rules

/// The facts that rules may ask of a page that is mapped, read from the machine when they are asked for.
struct PageFacts: FactSource {
    let machine: Machine
    let process: Int
    let page: Int
    let entry: PageTableEntry
    /// References to the frame that the decider holds itself, which do not count.
    var own: Int32 = 0
    /// A fault for writing, or a request for a reference for writing.
    var isWrite = false
    /// FOLL_LONGTERM.
    var isLongTerm = false
    /// The request takes the slow path only.
    var isSlow = false
    /// FOLL_COW: an earlier fault of this request has broken COW.
    var hasBrokenCOW = false
    /// The page was read by the fault that asks, and is in no cache.
    var isFresh = false
    /// What maps single pages of a huge page, where that was counted in a step before; negative where not.
    var countedParts = -1

    @inline(__always) func value(of fact: Fact) -> Int {
        // What is asked before anything is mapped is asked of the mapping.
        let frame = entry.namesFrame ? machine[frame: entry.frame] : Frame()
        switch fact {
        case .pageCount: return Int(frame.references &- own)
        case .pageMapcount:
            return entry.namesFrame ? machine.mapcount(entry.frame, countedParts: countedParts) : 0
        case .pageMaybePinned:
            return entry.namesFrame && machine.isMaybePinned(entry.frame, own: own) ? 1 : 0
        case .exclusive: return entry.namesFrame && machine.isExclusive(entry.frame, at: page) ? 1 : 0
        case .anonymous: return entry.mapsZeroPage || isFile ? 0 : 1
        case .file: return isFile ? 1 : 0
        case .zero: return entry.mapsZeroPage ? 1 : 0
        case .vmaCow: return machine.isShared(page) ? 0 : 1
        case .vmaShared: return machine.isShared(page) ? 1 : 0
        case .vmaDirtyTracked: return isDirtyTracked ? 1 : 0
        case .vmaWrite: return machine[mapped: process, page].isWritable ? 1 : 0
        case .vmaHasPinned: return machine[mapped: process, page].hasPinned ? 1 : 0
        case .mmHasPinned: return machine.hasPinned(process, page) ? 1 : 0
        case .mmOptedOut: return machine[space: process].hasOptedOut ? 1 : 0
        case .mmTLBFlushPending: return machine[space: process].flushesPending > 0 ? 1 : 0
        case .pteWritable: return entry.isWritable ? 1 : 0
        case .pteDirty: return entry.isDirty ? 1 : 0
        case .faultWrite: return isWrite ? 1 : 0
        case .longterm: return isLongTerm ? 1 : 0
        case .slow: return isSlow ? 1 : 0
        case .follCOW: return hasBrokenCOW ? 1 : 0
        case .lru: return frame.batch == 0 ? 1 : 0
        case .fresh: return isFresh ? 1 : 0
        case .pteSwpExclusive: return entry.isSwap && entry.isMarkedExclusive ? 1 : 0
        case .pageDirty where isFile: return isPageDirty ? 1 : 0
        case .ksm, .swapCache, .pageDirty, .swapCount: return machine.layout.keepsMarks ? marked(fact) : 0
        // What no small page is so far; and swap is on a device that is done at once.
        case .vmaUffdWp, .vmaSoftDirty, .pteSoftDirty, .pteUffdWp:
            return machine.layout.keepsTracking ? tracked(fact) : 0
        case .writeback, .stableWrites: return 0
        case .huge: return machine.isHuge(process, page) ? 1 : 0
        case .large, .mappedShared, .largeMapcount:
            guard entry.namesFrame, machine.isLarge(entry.frame) else { return 0 }
            return ofFolio(fact, machine[folio: entry.frame])
        }
    }

    /// Whether the page belongs to the page cache, or would where nothing is mapped yet.
    private var isFile: Bool {
        entry.namesFrame ? machine.mapsCache(entry, at: page) : machine.isShared(page)
    }
    private var isDirtyTracked: Bool {
        machine.isFileBacked(page)
            && (machine.backing(of: page).slot.map { machine.isDirtyTracked($0) } ?? true)
    }
    private var isPageDirty: Bool {
        guard isFile, let slot = machine.backing(of: page).slot else { return false }
        return machine[cache: slot].isDirty
    }

    /// Facts that are known only where stores are tracked.
    private func tracked(_ fact: Fact) -> Int {
        switch fact {
        case .vmaUffdWp: machine[tracked: process, page].userfault.contains(.writeProtect) ? 1 : 0
        case .vmaSoftDirty: machine[tracked: process, page].isSoftDirtyTracked ? 1 : 0
        case .pteSoftDirty: entry.isSoftDirty ? 1 : 0
        case .pteUffdWp: entry.isUserfaultProtected ? 1 : 0
        default: 0
        }
    }

    private func ofFolio(_ fact: Fact, _ folio: Folio) -> Int {
        switch fact {
        case .large: 1
        case .mappedShared: folio.isMaybeShared ? 1 : 0
        default: folio.allMappings
        }
    }

    /// Facts that are known only where pages can be swapped out, given up, merged or moved.
    private func marked(_ fact: Fact) -> Int {
        guard entry.namesFrame else { return 0 }
        let marks = machine[marks: entry.frame]
        switch fact {
        case .ksm: return marks.isMerged ? 1 : 0
        case .swapCache: return marks.isInSwapCache ? 1 : 0
        case .pageDirty: return marks.isDirty ? 1 : 0
        case .swapCount:
            let count = machine.swapEntries(naming: entry.frame)
            // A fault on a swap entry has given up its own by then, or has not.
            return entry.isSwap && machine.mechanism(.swapInFreeEntry) == .beforeMap ? count - 1 : count
        default: return 0
        }
    }

    /// Whether a fact has one value at every page of a program, so that it explains nothing.
    static func isConstant(_ fact: Fact, in world: World) -> Bool {
        switch fact {
        case .lru: !world.usesBatches
        case .ksm, .swapCache, .fresh, .pteSwpExclusive, .swapCount: !world.keepsMarks
        case .pageDirty: !world.keepsMarks && !world.hasFiles
        case .vmaCow, .file, .vmaShared, .vmaDirtyTracked: !world.hasFiles
        case .vmaUffdWp, .vmaSoftDirty, .pteSoftDirty, .pteUffdWp: !world.tracksStores
        case .large, .huge, .mappedShared, .largeMapcount: !world.geometry.hasHugePages
        case .writeback, .stableWrites: true
        case .pageCount, .pageMapcount, .pageMaybePinned, .exclusive, .anonymous, .zero, .vmaWrite,
            .vmaHasPinned, .mmHasPinned, .mmOptedOut, .mmTLBFlushPending, .pteWritable, .pteDirty,
            .faultWrite, .longterm, .slow, .follCOW:
            false
        }
    }
}

extension Machine {
    /// A mechanism of the rules; that it was asked for is noted.
    @inline(__always) func mechanism(_ mechanism: Mechanism) -> MechanismValue {
        world.pointee.mechanism(mechanism)
    }

    /// Asks the rules. nil where the set has no clause for the path: the run is given up then.
    @inline(__always) func decide(_ path: Path, _ facts: PageFacts, from step: Int = 0) -> Decision? {
        world.pointee.footprint.paths |= 1 &<< UInt64(path.rawValue)
        guard let decision = world.pointee.tables.decide(path, facts, from: step) else {
            world.pointee.trouble = .missingClause(path)
            return nil
        }
        if world.pointee.tracesDecisions { trace(path, facts, from: step) }
        if case .choice(let choice) = decision {
            world.pointee.decided = DecisionMade(path: path, choice: choice)
        }
        return decision
    }

    /// Whether the memory counts as one that has pinned, as the rules keep it.
    func hasPinned(_ process: Int, _ page: Int) -> Bool {
        switch mechanism(.hasPinned) {
        case .none: false
        case .vma: self[mapped: process, page].hasPinned
        default: self[space: process].hasPinned != 0
        }
    }
}
