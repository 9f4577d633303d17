import Rules

// Reclaim, above all of anonymous pages: one page is taken off the LRU, put into the swap cache, unmapped wherever it is mapped, written
// out, and freed when nobody refers to it.

/// A page that was taken off the LRU, or why none was.
struct IsolatedPage: Loggable {
    /// The frame; -1 for none.
    var frame = -1
    /// Where there is none: what the call comes to, 0 or a negative errno.
    var result = 0

    init(_ frame: Int) { self.frame = frame }
    init(result: Int) { self.result = result }

    init(word: UInt32) {
        if word >> 31 == 0 {
            frame = Int(word & PageTableEntry.frameBits) - 1
        } else {
            result = Int(word: word)
        }
    }
    var word: UInt32 { frame >= 0 ? UInt32(truncatingIfNeeded: frame + 1) : result.word }
}

/// How far a walk over the mappings of a page has come.
enum MappingWalk: Int, Loggable {
    /// One mapping is done; there may be more.
    case more = 0
    /// There is none left.
    case done
    /// The walk ends early: this mapping stays as it is.
    case stopped

    init(word: UInt32) { self = MappingWalk(rawValue: Int(word: word)) ?? .done }
    var word: UInt32 { rawValue.word }
}

/// Who wants a page to be taken off the LRU.
enum Isolation: Sendable {
    /// Reclaim of a page that a program names.
    case reclaim
    /// Reclaim by itself: it may as well not happen.
    case background
    /// Reclaim that passes over what was used since it looked last …
    case aging
    /// … and by itself.
    case backgroundAging
    /// MADV_PAGEOUT, which passes over what somebody else maps, too.
    case advice
    /// Migration that a program asks for …
    case migration
    /// … and by itself.
    case backgroundMigration
    /// Migration by a fault that NUMA balancing has caused.
    case misplaced
}

extension Execution {
    /// Swaps neighbouring pages of a process out, whoever else maps them.
    ///
    /// - Returns: 0 where none of them is mapped any more; -EAGAIN where one stays; -EINVAL where it is locked; -ENOMEM where
    ///   nothing is mapped; -ESRCH without a process.
    mutating func reclaim(_ process: Int, _ pages: Range<Int>, _ isolation: Isolation) throws(Failure) -> Int
    {
        if isolation == .reclaim, world.pointee.usesBatches { _ = try drainBatches(mayNever: false) }
        guard pages.count > 1 else { return try reclaimPage(process, pages.lowerBound, isolation) }
        try forEachRound(pages.count) { execution, step throws(Failure) in
            _ = try execution.call { execution throws(Failure) in
                try execution.reclaimPage(process, pages.lowerBound + step, isolation)
            }
        }
        return try atomically(Site("look", "sees whether a page is still there")) { machine in
            pages.contains { machine[entry: process, $0].isPresent } ? -Errno.eagain : 0
        }
    }

    /// Mirrors shrink_folio_list (shrink_page_list before 5.18) on one page.
    mutating func reclaimPage(_ process: Int, _ page: Int, _ isolation: Isolation) throws(Failure) -> Int {
        let isolate = Site("folio_isolate_lru", "takes the page off the LRU, with a reference")
        let isolated = try section(.none, isolate) { machine in machine.isolate(process, page, isolation) }
        let frame = isolated.frame
        guard frame >= 0 else { return isolated.result }

        if isolation == .aging || isolation == .backgroundAging {
            let check = Site(
                "folio_check_references", "looks whether somebody used the page, and makes its entries old")
            let isUsed = try atomically(check) { machine in machine.testAndClearYoung(frame) }
            if isUsed {
                let activate = Site("shrink_folio_list", "keeps a page that was used")
                return try atomically(activate) { machine in machine.putBack(frame, process, page) }
            }
            if world.pointee.geometry.hasHugePages {
                let split = try splitIsolated(frame, process, page)
                return split.frame < 0 ? split.result : try reclaimIsolated(split.frame, process, page)
            }
        }
        return try reclaimIsolated(frame, process, page)
    }

    /// The rest of shrink_folio_list, for a page of its own that is off the LRU.
    private mutating func reclaimIsolated(_ frame: Int, _ process: Int, _ page: Int) throws(Failure) -> Int {
        let add = Site("add_to_swap", "locks the page and puts it into the swap cache, unless it is to stay")
        let isAdded = try atomically(add) { machine in machine.addToSwap(frame, process, page) }
        var isUnmapped = false
        if isAdded {
            isUnmapped = try unmapEverywhere(frame, Site("try_to_unmap_one", "replaces an entry of the page"))
        }
        let leave = Site("shrink_folio_list", "leaves the page where it is")
        guard isUnmapped else {
            return try atomically(leave) { machine in
                if isAdded {
                    machine[frame: frame].isLocked = false
                    // mirrors shrink_folio_list: a page that is to stay gives its place back where swap is short.
                    if machine.isSwapShort { _ = machine.freeSwapCache(frame) }
                }
                return machine.putBack(frame, process, page)
            }
        }
        let write = Site("pageout", "writes the page to swap and unlocks it, unless it is to stay")
        let isWritten = try atomically(write) { machine in machine.writeToSwap(frame, process, page) }
        guard isWritten else {
            return try atomically(leave) { machine in machine.putBack(frame, process, page) }
        }
        return try atomically(Site("__remove_mapping", "frees the page if nobody refers to it")) { machine in
            machine.freeUnmapped(frame, process, page)
        }
    }

    /// A huge page that nobody used goes to swap page by page, too. Mirrors split_folio_to_list in shrink_folio_list.
    private mutating func splitIsolated(
        _ frame: Int, _ process: Int, _ page: Int
    ) throws(Failure) -> IsolatedPage {
        let site = Site("split_folio_to_list", "splits the page if it is a huge one")
        return try section(.none, site) { machine -> IsolatedPage? in
            guard machine.isLarge(frame) else { return IsolatedPage(frame) }
            guard !machine.isMappedUnderLock(frame) else { return nil }
            if let part = machine.splitFolio(frame, at: page, isHeld: true) { return IsolatedPage(part) }
            return IsolatedPage(result: machine.putBack(frame, process, page))
        }
    }

    /// Walks over the mappings of a page by reverse mapping, each under its page-table lock, then flushes all CPUs.
    ///
    /// - Returns: whether none is left.
    private mutating func unmapEverywhere(_ frame: Int, _ site: Site) throws(Failure) -> Bool {
        let start = mark()
        while true {
            let walk = try section(.none, site) { machine in machine.unmapForSwap(frame) }
            if walk == .more {
                rewind(to: start)
                continue
            }
            try flushUnmapped(frame)
            return walk == .done
        }
    }

    /// Mirrors try_to_unmap_flush: entries are replaced in a batch, and TLBs flushed before the page is written or copied.
    mutating func flushUnmapped(_ frame: Int) throws(Failure) {
        guard !world.pointee.runsAlone else { return }
        try atomically(Site("try_to_unmap_flush", "flushes what TLBs hold of the page")) { machine in
            machine.flushFrame(frame)
        }
    }
}

extension Machine {
    /// The first entry that maps a frame: what a walk over its reverse mapping meets next. Entries in which nothing stands for the
    /// moment, their page-table lock held, are not waited for: their page has references then.
    func mapping(of frame: Int, where matches: (PageTableEntry) -> Bool) -> (process: Int, page: Int)? {
        for process in 0..<processCount {
            for page in 0..<pageCount {
                let entry = self[entry: process, page]
                if entry.namesFrame, entry.frame == frame, matches(entry) { return (process, page) }
            }
        }
        return nil
    }

    /// Takes the page that a process maps off the LRU. nil: the page-table lock is held by somebody.
    func isolate(_ process: Int, _ page: Int, _ isolation: Isolation) -> IsolatedPage? {
        let mayNever =
            isolation == .background || isolation == .backgroundMigration || isolation == .backgroundAging
        if mayNever, choose(among: 2) == 0 {
            return IsolatedPage(result: 0)
        }
        guard hasMemoryToReach(process) else { return IsolatedPage(result: -Errno.esrch) }
        guard !self[table: process, page].isLocked else { return nil }
        let entry = self[entry: process, page]
        if let result = refusal(process, page, entry, isolation) { return IsolatedPage(result: result) }
        var frame = entry.frame
        let isSplit =
            splitsHuge(isolation) || isolation == .backgroundMigration && !isHuge(process, page)
        if isLarge(frame), isSplit {
            guard !isMappedUnderLock(frame) else { return nil }
            guard let part = splitForReclaim(frame, process, page) else {
                return IsolatedPage(result: -Errno.eagain)
            }
            frame = part
        }
        let isOnLRU = self[frame: frame].batch == 0 && !self[marks: frame].isIsolated
        guard isOnLRU else { return IsolatedPage(result: -Errno.eagain) }
        self[marks: frame].isIsolated = true
        self[frame: frame].references &+= 1
        return IsolatedPage(frame)
    }

    /// Whether a huge page is split before it is taken off the LRU. Who passes over what was used looks first.
    private func splitsHuge(_ isolation: Isolation) -> Bool {
        switch isolation {
        case .reclaim, .background, .advice, .misplaced: true
        case .aging, .backgroundAging, .migration, .backgroundMigration: false
        }
    }

    /// Whether the lock of a page table that maps a frame is held by somebody: who splits a huge page waits for all of them.
    func isMappedUnderLock(_ frame: Int) -> Bool {
        (0..<processCount).contains { process in
            (0..<pageCount).contains { page in
                let entry = self[entry: process, page]
                return entry.namesFrame && entry.frame == frame && self[table: process, page].isLocked
            }
        }
    }

    /// What a call comes to that finds no page to isolate; nil where there is one.
    private func refusal(
        _ process: Int, _ page: Int, _ entry: PageTableEntry, _ isolation: Isolation
    ) -> Int? {
        let mapped = self[mapped: process, page]
        switch isolation {
        case .migration, .backgroundMigration:
            // mirrors add_folio_for_migration.
            guard mapped.isMapped else { return -Errno.efault }
            guard entry.isPresent else { return -Errno.enoent }
            return entry.mapsZeroPage ? -Errno.efault : nil
        case .misplaced:
            // mirrors migrate_misplaced_folio: not all file systems can move a dirty page without waiting.
            guard isHint(entry, process, page) else { return 0 }
            let isFile = mapsCache(entry, at: page)
            guard isFile, let slot = backing(of: page).slot, isDirtyTracked(slot) else { return nil }
            return self[cache: slot].isDirty ? -Errno.eagain : nil
        case .reclaim, .background, .aging, .backgroundAging, .advice:
            // mirrors madvise_pageout.
            guard mapped.isMapped else { return -Errno.enomem }
            if mapped.isLocked {
                return entry.isPresent && !entry.mapsZeroPage && self[frame: entry.frame].mappings > 1
                    ? -Errno.eagain : -Errno.einval
            }
            guard entry.isPresent else { return 0 }
            guard !entry.mapsZeroPage else { return -Errno.eagain }
            return isolation == .advice && mapcount(entry.frame) != 1 ? -Errno.eagain : nil
        }
    }

    /// Drops the isolation again. Mirrors folio_putback_lru.
    ///
    /// - Returns: 0 where the process does not map the page any more, otherwise -EAGAIN.
    func putBack(_ frame: Int, _ process: Int, _ page: Int) -> Int {
        self[marks: frame].isIsolated = false
        put(frame)
        return self[entry: process, page].isPresent ? -Errno.eagain : 0
    }

    /// The facts of a page that reclaim or migration has isolated, with an entry of it.
    func isolatedFacts(_ frame: Int, _ process: Int, _ page: Int) -> PageFacts {
        let entry = self[entry: process, page]
        let isMapped = entry.isPresent && entry.frame == frame
        return PageFacts(
            machine: self, process: process, page: page,
            entry: isMapped ? entry : PageTableEntry(frame: frame, writable: false, dirty: false), own: 1)
    }

    /// Asks the rules for one of two answers.
    func decides(_ path: Path, _ yes: Choice, _ no: Choice, _ facts: PageFacts) -> Bool {
        guard let decision = decide(path, facts) else { return false }
        switch decision {
        case .choice(yes): return true
        case .choice(no): return false
        default:
            world.pointee.trouble = .meaninglessDecision(path)
            return false
        }
    }

    /// Mirrors shrink_folio_list up to add_to_swap: only a page that can be locked at once, and that the rules do not keep. What
    /// MADV_FREE gave up needs no place in swap.
    ///
    /// - Returns: whether the page is locked and can be unmapped.
    fileprivate func addToSwap(_ frame: Int, _ process: Int, _ page: Int) -> Bool {
        guard !self[frame: frame].isLocked else { return false }
        if !self[marks: frame].isLazyFree, !self[marks: frame].isInSwapCache, !isCached(frame) {
            guard decides(.reclaimAdd, .add, .keep, isolatedFacts(frame, process, page)), hasSwapPlace
            else { return false }
            self[marks: frame].isInSwapCache = true
            self[marks: frame].isDirty = true
            self[frame: frame].references &+= 1
        }
        self[frame: frame].isLocked = true
        return true
    }

    /// One mapping of a locked page, under its page-table lock; nil where somebody else holds that. Clearing the entry and
    /// asking for pins is one step: fast GUP looks at the entry once more when it has its reference. Mirrors try_to_unmap_one.
    fileprivate func unmapForSwap(_ frame: Int) -> MappingWalk? {
        guard let (process, page) = mapping(of: frame, where: \.isPresent) else { return .done }
        guard !self[table: process, page].isLocked else { return nil }
        guard !self[mapped: process, page].isLocked else { return .stopped }
        if isCached(frame) {
            unmapCached(frame, process, page)
            return .more
        }
        let entry = self[entry: process, page]
        if entry.isDirty { self[marks: frame].isDirty = true }
        if self[marks: frame].isLazyFree { return discardMapping(frame, process, page) }
        guard decides(.reclaimUnmap, .unmap, .keep, isolatedFacts(frame, process, page)) else {
            return .stopped
        }
        let isExclusive = self[frame: frame].isExclusive && mechanism(.swapEntryExclusive) == .yes
        self[frame: frame].isExclusive = false
        change(entry: process, page, to: .swap(frame, exclusive: isExclusive).tracked(as: entry))
        loseMapping(frame)
        return .more
    }

    /// The same for a page that MADV_FREE gave up: it is thrown away, unless it was written to since or somebody refers to it.
    private func discardMapping(_ frame: Int, _ process: Int, _ page: Int) -> MappingWalk {
        guard decides(.lazyFree, .discard, .keep, isolatedFacts(frame, process, page)) else {
            if self[marks: frame].isDirty {
                self[marks: frame].isLazyFree = false
                self[marks: frame].storedUnseen = 0
            }
            return .stopped
        }
        if layout.keepsTracking { self[tracked: process, page].forgetStores() }
        change(entry: process, page, to: .none)
        checkForgottenStores(frame, process, page)
        loseMapping(frame)
        return .more
    }

    private func loseMapping(_ frame: Int) {
        self[frame: frame].mappings &-= 1
        put(frame)
    }

    /// Mirrors shrink_folio_list from the unmapping to pageout, with a device that is done at once.
    ///
    /// - Returns: whether the page may be freed now; it is unlocked.
    fileprivate func writeToSwap(_ frame: Int, _ process: Int, _ page: Int) -> Bool {
        self[frame: frame].isLocked = false
        guard self[frame: frame].mappings == 0 else { return false }
        guard !self[marks: frame].isLazyFree else { return true }
        guard decides(.reclaimWrite, .write, .keep, isolatedFacts(frame, process, page)) else { return false }
        self[marks: frame].isDirty = false
        writeBack(frame)
        return true
    }

    /// The page is freed when reclaim and the swap cache alone refer to it; a page with any other reference stays in the swap
    /// cache, where it is found again.
    ///
    /// - Returns: as `putBack`.
    fileprivate func freeUnmapped(_ frame: Int, _ process: Int, _ page: Int) -> Int {
        if isCached(frame) { return dropUnmappedCached(frame, process, page) }
        let isInCache = self[marks: frame].isInSwapCache
        guard isInCache, self[frame: frame].references == 2, self[frame: frame].mappings == 0,
            !self[frame: frame].isLocked, !self[marks: frame].isDirty
        else { return putBack(frame, process, page) }
        moveToSwap(frame)
        return self[entry: process, page].isPresent ? -Errno.eagain : 0
    }
}
