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
        switch advice {
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
            let site = Site("madvise_cold_or_pageout_pte_range", "makes the entry old, and flushes it")
            return try execution.underPageTableLock(process, page, site) { machine in
                guard !machine[mapped: process, page].isLocked else { return false }
                let entry = machine[entry: process, page]
                if entry.isPresent, !entry.mapsZeroPage, machine[frame: entry.frame].mappings == 1 {
                    machine[entry: process, page].isYoung = false
                    machine.flush(process, page)
                }
                return true
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
            let site = Site("madvise_free_pte_range", "makes the entry clean, and marks the page as given up")
            _ = try execution.underPageTableLock(process, page, site) { machine in
                machine.giveUpEntry(process, page)
                return Done()
            }
        }
        try atomically(.alone(process), Site("tlb_finish_mmu", "flushes the range on every CPU")) { machine in
            machine.endDeferredFlush(process, pages)
        }
        return try endDiscard(process, pages, isWhole: isWhole, hasVMALock: hasVMALock)
    }
}

extension Machine {
    fileprivate func giveUpEntry(_ process: Int, _ page: Int) {
        var entry = self[entry: process, page]
        if entry.isSwap {
            change(entry: process, page, to: .none)
            dropSwapEntry(entry.frame)
            return
        }
        guard entry.isPresent, !entry.mapsZeroPage, !self[marks: entry.frame].isMerged else { return }
        let frame = entry.frame
        if self[marks: frame].isInSwapCache || self[marks: frame].isDirty {
            guard !self[frame: frame].isLocked, self[frame: frame].mappings == 1 else { return }
            if self[marks: frame].isInSwapCache, !freeSwapCache(frame) { return }
            self[marks: frame].isDirty = false
        }
        entry.isDirty = false
        entry.isYoung = false
        change(entry: process, page, to: entry)
        self[marks: frame].isLazyFree = true
        self[marks: frame].storedUnseen = 0
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
