import Rules

// A fault on a swap entry.

/// What a look into the swap cache came to.
private enum SwapLookup: Int, Loggable {
    /// The entry is another one by now.
    case gone = 0
    /// The page is in the swap cache, and the fault has a reference to it.
    case cached
    /// The page was read by this fault alone, beside the swap cache, and is locked.
    case fresh
    case outOfMemory

    init(word: UInt32) { self = SwapLookup(rawValue: Int(word: word)) ?? .gone }
    var word: UInt32 { rawValue.word }
}

extension Execution {
    /// Brings a page back from swap and maps it.
    ///
    /// Preconditions: the caller holds mmap_lock for reading, or from 6.8 on the VMA lock.
    ///
    /// Mirrors do_swap_page, all releases: the page is found in the swap cache or read; then, with the page locked and under
    /// the page-table lock, the entry is compared and the rules decide how the page is mapped; a write that the new entry does
    /// not allow goes on as a write fault.
    mutating func swapIn(
        _ process: Int, _ page: Int, _ kind: FaultKind, _ entry: PageTableEntry
    ) throws(Failure) -> FaultResult {
        let find = Site("do_swap_page", "looks for the page in the swap cache, or reads it from swap")
        let found = try section(.none, find) { machine -> SwapLookup? in
            machine.lookUpInSwap(process, page, entry)
        }
        if found == .gone { return .done }
        if found == .outOfMemory { return .outOfMemory }
        let site = Site("do_swap_page", "compares the entry with the page locked, decides, and maps it")
        let plan = try section(.none, site) { machine -> FaultPlan? in
            machine.mapSwappedPage(process, page, kind, entry, isFresh: found == .fresh)
        }
        return try finishWriteFault(process, page, kind, plan)
    }

    /// MADV_WILLNEED: reads pages into the swap cache and maps nothing. Mirrors swapin_walk_pmd_entry.
    ///
    /// - Returns: 0, or -ENOMEM where a page is not mapped.
    mutating func readAhead(_ process: Int, _ pages: Range<Int>) throws(Failure) -> Int {
        try mmapReadLock(process)
        try forEachRound(pages.count) { execution, step throws(Failure) in
            let page = pages.lowerBound + step
            let site = Site("read_swap_cache_async", "reads the page into the swap cache")
            _ = try execution.underPageTableLock(process, page, site) { machine in
                let entry = machine[entry: process, page]
                if entry.isSwap, machine[marks: entry.frame].isSwapped,
                    machine.readFromSwap(entry.frame, chargedTo: process, intoCache: true)
                {
                    machine.put(entry.frame)
                }
                return Done()
            }
        }
        return try atomically(.left, Site("mmap_read_unlock", "drops mmap_lock")) { machine in
            machine[space: process].readers &-= 1
            return pages.allSatisfy { machine[mapped: process, $0].isMapped } ? 0 : -Errno.enomem
        }
    }
}

extension Machine {
    /// Mirrors swap_cache_get_folio, and where the page is not there swapin_readahead; or, for a synchronous device and a page that
    /// one entry alone names, the reading beside the swap cache, during which nobody else can have the page (swapcache_prepare).
    fileprivate func lookUpInSwap(_ process: Int, _ page: Int, _ entry: PageTableEntry) -> SwapLookup? {
        guard self[entry: process, page].isSame(as: entry) else { return .gone }
        let frame = entry.frame
        guard self[marks: frame].isSwapped else {
            guard self[marks: frame].isInSwapCache else { return nil }
            self[frame: frame].references &+= 1
            return .cached
        }
        let isFresh = mechanism(.swapInCache) == .bypassed && swapEntries(naming: frame) == 1
        guard readFromSwap(frame, chargedTo: process, intoCache: !isFresh) else { return .outOfMemory }
        self[frame: frame].isLocked = isFresh
        return isFresh ? .fresh : .cached
    }

    /// The second half of do_swap_page. The fault's reference becomes the mapping's.
    fileprivate func mapSwappedPage(
        _ process: Int, _ page: Int, _ kind: FaultKind, _ entry: PageTableEntry, isFresh: Bool
    ) -> FaultPlan? {
        let frame = entry.frame
        guard !self[table: process, page].isLocked, isFresh || !self[frame: frame].isLocked else {
            return nil
        }
        if isFresh { self[frame: frame].isLocked = false }
        guard self[entry: process, page].isSame(as: entry) else {
            put(frame)
            return FaultPlan(.done)
        }
        guard let choice = decideSwapIn(process, page, kind, entry, isFresh: isFresh) else {
            put(frame)
            return FaultPlan(.done)
        }
        let mapped = self[mapped: process, page]
        var new = PageTableEntry(
            frame: frame, writable: choice == .mapWritable && mapped.isWritable,
            dirty: choice == .mapWritable && mapped.isWritable && kind.isWrite)
        new.isProtectedNone = mapped.isHidden
        new.isYoung = world.pointee.observesYoung
        new = new.tracked(as: self[entry: process, page])
        if new.isDirty { new.isSoftDirty = layout.keepsTracking }
        if new.isUserfaultProtected { new.isWritable = false }
        self[frame: frame].mappings &+= 1
        if choice != .map, world.pointee.keepsExclusive { self[frame: frame].isExclusive = true }
        change(entry: process, page, to: new)
        checkCoherence(process, page)
        // mirrors should_try_to_free_swap: what is locked in memory needs no place in swap, and from 7.0 on nothing does that
        // came from a synchronous device; nor does anything where swap is short.
        if self[marks: frame].isInSwapCache,
            mapped.isLocked || mechanism(.swapInCache) == .left || isSwapShort,
            swapEntries(naming: frame) == 0
        {
            leaveSwapCache(frame)
        }
        // Whoever watches the page hears of the store when it is tried again.
        if new.isUserfaultProtected { return FaultPlan(.done) }
        return kind.isWrite && !new.isWritable ? planWriteFault(process, page, kind, new) : FaultPlan(.done)
    }

    /// nil where the rules say nothing that makes sense.
    private func decideSwapIn(
        _ process: Int, _ page: Int, _ kind: FaultKind, _ entry: PageTableEntry, isFresh: Bool
    ) -> Choice? {
        var facts = PageFacts(
            machine: self, process: process, page: page, entry: entry, isWrite: kind.isWrite)
        facts.isFresh = isFresh
        var step = 0
        while let decision = decide(.swapIn, facts, from: step) {
            switch decision {
            case .choice(.map): return .map
            case .choice(.mapExclusive): return .mapExclusive
            case .choice(.mapWritable): return .mapWritable
            case .action(.drainLRU, let next, _):
                drainBatch(of: world.pointee.actor)
                step = next
            case .action(.freeSwapCache, let next, let otherwise):
                // The entry of the fault itself is about to go.
                if self[marks: entry.frame].isInSwapCache, swapEntries(naming: entry.frame) == 1 {
                    leaveSwapCache(entry.frame)
                } else if let otherwise {
                    return otherwise
                }
                step = next
            default:
                world.pointee.trouble = .meaninglessDecision(.swapIn)
                return nil
            }
        }
        return nil
    }
}

// Pages in swap. A page's place there is the record of the frame that it had.
extension Machine {
    /// How many swap entries name a page: the swap count.
    func swapEntries(naming frame: Int) -> Int {
        var count = 0
        for process in 0..<processCount {
            for page in 0..<pageCount {
                let entry = self[entry: process, page]
                if entry.isSwap, entry.frame == frame { count &+= 1 }
            }
        }
        return count
    }

    /// A page is out: its frame is free, and what remains is a place in swap. Mirrors __remove_mapping.
    ///
    /// Preconditions: nothing but reclaim and the swap cache refers to the page.
    func moveToSwap(_ frame: Int) {
        guard swapEntries(naming: frame) > 0 else {
            self[marks: frame].isInSwapCache = false
            put(frame, self[frame: frame].references)
            return
        }
        retireName(of: frame)
        loseTranslations(of: frame)
        let payer = self[frame: frame].charged
        uncharge(frame)
        global.framesInUse &-= 1
        self[frame: frame] = Frame()
        self[frame: frame].references = 1
        self[frame: frame].charged = payer
        self[marks: frame] = FrameMarks()
        self[marks: frame].isSwapped = true
    }

    /// Reads a page from swap into a frame of its own, to which the caller has a reference then. Mirrors
    /// mem_cgroup_swapin_charge_folio: who paid for the page before it was swapped out pays again, whoever wants it.
    ///
    /// - Parameter process: who pays where nobody did.
    /// - Returns: false where there is no memory.
    func readFromSwap(_ frame: Int, chargedTo process: Int, intoCache: Bool) -> Bool {
        let paid = Int(self[frame: frame].charged)
        let payer = paid == 0 ? process : paid - 1
        guard world.pointee.frameLimit > Int(global.framesInUse), hasCharge(payer) else { return false }
        global.framesInUse &+= 1
        charge(frame, to: payer)
        self[frame: frame].references = intoCache ? 2 : 1
        self[marks: frame] = FrameMarks()
        self[marks: frame].isInSwapCache = intoCache
        return true
    }

    /// Mirrors delete_from_swap_cache.
    func leaveSwapCache(_ frame: Int) {
        self[marks: frame].isInSwapCache = false
        self[marks: frame].isDirty = true
        put(frame)
    }

    /// Takes a page from the swap cache if no swap entry needs it. Mirrors try_to_free_swap.
    ///
    /// - Returns: whether it was there and is not any more.
    func freeSwapCache(_ frame: Int) -> Bool {
        guard layout.keepsMarks, self[marks: frame].isInSwapCache, swapEntries(naming: frame) == 0 else {
            return false
        }
        leaveSwapCache(frame)
        return true
    }

    /// A swap entry was taken from a page table. Mirrors free_swap_and_cache: with the last one the place goes, and what the
    /// swap cache has of it, unless it is mapped or locked.
    func dropSwapEntry(_ frame: Int) {
        guard swapEntries(naming: frame) == 0 else { return }
        if self[marks: frame].isSwapped {
            self[frame: frame] = Frame()
            self[marks: frame] = FrameMarks()
            zeroContent(of: frame)
        } else if self[marks: frame].isInSwapCache, self[frame: frame].mappings == 0,
            !self[frame: frame].isLocked
        {
            leaveSwapCache(frame)
        }
    }
}
