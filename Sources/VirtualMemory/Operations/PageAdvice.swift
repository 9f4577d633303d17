/// Advice that bears on pages, not on the mapping. Named after madvise(2).
public enum PageAdvice: UInt8, Sendable {
    /// MADV_PAGEOUT: swap the pages out now.
    case pageOut
    /// MADV_COLD: the pages are to go first.
    case cold
    /// MADV_FREE: the pages may be thrown away as long as nobody writes to them.
    case free
    /// MADV_WILLNEED: read what is in swap.
    case willNeed
    /// MADV_MERGEABLE: KSM may merge the pages.
    case mergeable
    /// MADV_UNMERGEABLE: KSM undoes its merging, and merges no more.
    case unmergeable
    /// MADV_DONTNEED_LOCKED: MADV_DONTNEED that does not mind mlock.
    case discardLocked
    /// MADV_GUARD_INSTALL: accesses get SIGSEGV.
    case installGuard
    /// MADV_GUARD_REMOVE undoes it.
    case removeGuard
}

extension Execution {
    /// madvise with advice about pages.
    ///
    /// - Returns: 0; -ENOMEM where a page is not mapped; -EINVAL for locked pages that the advice cannot be about.
    mutating func advise(_ process: Int, _ pages: Range<Int>, _ advice: PageAdvice) throws(Failure) -> Int {
        if let result = try adviseHugetlb(pages, advice) { return result }
        return switch advice {
        case .pageOut: try pageOut(process, pages)
        case .cold: try makeCold(process, pages)
        case .free: try giveUp(process, pages)
        case .willNeed: try readAhead(process, pages)
        case .mergeable: try allowMerging(process, pages)
        case .unmergeable: try unmerge(process, pages)
        case .discardLocked: try discard(process, pages, evenLocked: true)
        case .installGuard: try installGuard(process, pages)
        case .removeGuard: try removeGuard(process, pages)
        }
    }

    /// Pages of hugetlb are not on the LRU, are never merged, and have no guard regions. Mirrors can_madv_lru_vma, is_valid_guard_vma
    /// and ksm_madvise, which just ignores them.
    ///
    /// - Returns: nil where the advice is about other memory, or is one for any.
    private mutating func adviseHugetlb(_ pages: Range<Int>, _ advice: PageAdvice) throws(Failure) -> Int? {
        guard world.pointee.geometry.isHugetlb(pages.lowerBound) else { return nil }
        let result: Int
        switch advice {
        case .pageOut, .cold, .free, .installGuard, .removeGuard: result = -Errno.einval
        case .willNeed, .mergeable, .unmergeable: result = 0
        case .discardLocked: return nil
        }
        return try atomically(.both, Site("madvise_vma_behavior", "passes over a mapping of hugetlb")) { _ in
            result
        }
    }

    /// Mirrors madvise_pageout: pages that somebody else maps, too, are passed over, and that a page stays is no error.
    private mutating func pageOut(_ process: Int, _ pages: Range<Int>) throws(Failure) -> Int {
        let thread = thread
        try mmapReadLock(process)
        if world.pointee.usesBatches {
            try atomically(Site("lru_add_drain", "empties the batch of this CPU")) { machine in
                machine.drainBatch(of: thread)
            }
        }
        let isWhole = try inRounds(pages.count) { execution, step throws(Failure) in
            let result = try execution.call { execution throws(Failure) in
                try execution.reclaimPage(process, pages.lowerBound + step, .advice)
            }
            return result != -Errno.einval
        }
        return try endAdvice(process, pages, isWhole: isWhole)
    }

    /// Mirrors madvise_cold_or_pageout_pte_range for MADV_COLD: entries that nobody else maps become old. That the page waits
    /// in a batch meanwhile is for `lru_add` to say.
    private mutating func makeCold(_ process: Int, _ pages: Range<Int>) throws(Failure) -> Int {
        try mmapReadLock(process)
        let isWhole = try inRounds(pages.count) { execution, step throws(Failure) in
            let page = pages.lowerBound + step
            var site = Site("madvise_cold_or_pageout_pte_range", "makes the entry old, and flushes it")
            site.isUnderPageTableLock = true
            return try execution.section(.none, site) { machine in
                machine[table: process, page].isLocked ? nil : machine.makeCold(process, page, of: pages)
            }
        }
        return try endAdvice(process, pages, isWhole: isWhole)
    }

    private mutating func endAdvice(
        _ process: Int, _ pages: Range<Int>, isWhole: Bool
    ) throws(Failure) -> Int {
        try atomically(.left, Site("mmap_read_unlock", "drops mmap_lock")) { machine in
            machine[space: process].readers &-= 1
            guard isWhole else { return -Errno.einval }
            return pages.allSatisfy { machine[mapped: process, $0].isMapped } ? 0 : -Errno.enomem
        }
    }

    /// Mirrors madvise_free_single_vma, under the lock that MADV_DONTNEED takes: entries become clean and old, and pages are
    /// marked; all is flushed in the end.
    private mutating func giveUp(_ process: Int, _ pages: Range<Int>) throws(Failure) -> Int {
        guard pages.allSatisfy({ world.pointee.backings[$0].isAnonymous }) else {
            return try atomically(
                .both, Site("madvise_free_single_vma", "refuses what is not anonymous memory")
            ) { _ in
                -Errno.einval
            }
        }
        let hasVMALock = try lockForDiscard(process, pages.lowerBound)
        let count = try atomically(.alone(process), Site("madvise_free_single_vma", "begins")) { machine in
            machine.beginDiscard(process, pages)
        }
        let isWhole = count == pages.count
        let pages = pages.prefix(count)
        try forEachRound(pages.count) { execution, step throws(Failure) in
            let page = pages.lowerBound + step
            var site = Site("madvise_free_pte_range", "makes the entry clean, and marks the page as given up")
            site.isUnderPageTableLock = true
            _ = try execution.section(.none, site) { machine in
                machine[table: process, page].isLocked ? nil : machine.giveUpEntry(process, page, of: pages)
            }
        }
        try atomically(.alone(process), Site("tlb_finish_mmu", "flushes the range on every CPU")) { machine in
            machine.endDeferredFlush(process, pages)
        }
        return try endDiscard(process, pages, isWhole: isWhole, hasVMALock: hasVMALock)
    }
}

extension Machine {
    /// Makes an entry old that nobody else maps.
    ///
    /// - Returns: whether the page is none that mlock keeps; nil while a page table is locked that a huge page is mapped by.
    fileprivate func makeCold(_ process: Int, _ page: Int, of pages: Range<Int>) -> Bool? {
        guard !self[mapped: process, page].isLocked else { return false }
        let entry = self[entry: process, page]
        guard entry.isPresent, !entry.mapsZeroPage else { return true }
        if isLarge(entry.frame) {
            guard let isLeft = splitUnlessWhole(process, page, of: pages) else { return nil }
            guard isLeft else { return true }
        } else if self[frame: entry.frame].mappings != 1 {
            return true
        }
        for page in isHuge(process, page) ? group(page) : page..<(page + 1) {
            self[entry: process, page].isYoung = false
            flush(process, page)
        }
        return true
    }

    /// What MADV_FREE and MADV_COLD do at a page of a huge one: nothing where somebody else maps any of it; all at once where the call is
    /// about all of it; otherwise it becomes small pages, unless somebody refers to it. Mirrors madvise_free_huge_pmd.
    ///
    /// - Returns: whether there is something left to do at this page; nil while a page table that maps it is locked.
    private func splitUnlessWhole(_ process: Int, _ page: Int, of pages: Range<Int>) -> Bool? {
        let frame = self[entry: process, page].frame
        guard mapcount(frame) == 1, !self[frame: frame].isLocked else { return false }
        let group = group(page)
        if isHuge(process, page), pages.contains(group.lowerBound), pages.contains(group.upperBound - 1) {
            return page == group.lowerBound
        }
        guard !isMappedUnderLock(frame) else { return nil }
        return splitFolio(frame, at: page) != nil
    }

    /// nil while a page table is locked that a huge page is mapped by.
    fileprivate func giveUpEntry(_ process: Int, _ page: Int, of pages: Range<Int>) -> Done? {
        var entry = self[entry: process, page]
        if entry.isSwap {
            change(entry: process, page, to: .none)
            dropSwapEntry(entry.frame)
            return Done()
        }
        guard entry.isPresent, !entry.mapsZeroPage, !self[marks: entry.frame].isMerged else { return Done() }
        if isLarge(entry.frame) {
            guard let isLeft = splitUnlessWhole(process, page, of: pages) else { return nil }
            guard isLeft else { return Done() }
            entry = self[entry: process, page]
        }
        let frame = entry.frame
        if self[marks: frame].isInSwapCache || self[marks: frame].isDirty {
            guard !self[frame: frame].isLocked, self[frame: frame].mappings == 1 else { return Done() }
            if self[marks: frame].isInSwapCache, !freeSwapCache(frame) { return Done() }
            self[marks: frame].isDirty = false
        }
        entry.isDirty = false
        entry.isYoung = false
        changeMapping(process, page, to: entry)
        self[marks: frame].isLazyFree = true
        self[marks: frame].storedUnseen = 0
        if isLarge(frame) {
            for subpage in 0..<Folio.pages { self[folio: frame][storedUnseen: subpage] = 0 }
        }
        return Done()
    }

    /// Reclaim throws a page away that MADV_FREE gave up. What was stored since, or will be through a reference, is lost.
    func checkForgottenStores(_ frame: Int, _ process: Int, _ page: Int) {
        guard world.pointee.checksGuarantees else { return }
        let stored = self[marks: frame].storedUnseen
        for through in Violation.Through.allCases where stored & 1 << through.rawValue != 0 {
            breaks(.durability, through: through)
        }
        for index in 0..<referenceCount where pageOfReference(index) == home(of: page) {
            let reference = self[reference: index]
            if reference.isOpen, Int(reference.owner) == process, reference.target.isPresent,
                reference.target.frame == frame
            {
                self[reference: index].isForgotten = true
            }
        }
    }
}
