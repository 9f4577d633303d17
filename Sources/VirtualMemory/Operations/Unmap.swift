import Rules

// Taking mappings away: munmap, MADV_DONTNEED and the end of a process.

extension Execution {
    /// munmap of neighbouring pages. Mirrors do_vmi_munmap: the VMAs go first, then, with mmap_lock held only for reading
    /// any more (4.20), the entries, then one flush, and only then the references.
    mutating func munmap(_ process: Int, _ pages: Range<Int>) throws(Failure) {
        try mmapWriteLock(process)
        try lockVMAs(of: process, pages)
        try atomically(.alone(process), Site("vms_gather_munmap_vmas", "takes the VMAs away")) { machine in
            machine.beginDeferredFlush(process)
            for page in pages {
                machine[mapped: process, page].discards &+= 1
                machine[mapped: process, page].unmap()
            }
            machine.forgetTracking(process, pages)
        }
        try atomically(.left, Site("mmap_write_downgrade", "goes on with mmap_lock held for reading")) {
            machine in
            machine.releaseWriteLock(process)
            machine[space: process].readers &+= 1
        }
        try zap(process, pages)
        try releaseReservations(process, pages)
        try atomically(.left, Site("mmap_read_unlock", "drops mmap_lock")) { machine in
            for page in pages { machine[mapped: process, page].discards &-= 1 }
            machine[space: process].readers &-= 1
        }
        try releaseSharedMemory()
    }

    /// Shared anonymous memory goes with its last mapping. Mirrors the fput of remove_vma.
    mutating func releaseSharedMemory() throws(Failure) {
        guard world.pointee.hasSharedAnonymous else { return }
        try atomically(Site("shmem_evict_inode", "frees shared memory that nobody has mapped any more")) {
            machine in
            machine.releaseUnmappedMemory()
        }
    }

    /// madvise(MADV_DONTNEED): what is mapped goes, the mapping stays. mmap_lock is held for reading, or where the rules say
    /// so (mechanism madvise_dontneed.lock, in 7.2) just the VMA's lock, so that faults of other threads run beside it.
    ///
    /// - Returns: 0; -ENOMEM where a page is not mapped, as madvise(2) has it; -EINVAL from the first page on that is locked.
    ///
    /// - Parameter evenLocked: MADV_DONTNEED_LOCKED, which some releases do not know.
    mutating func discard(
        _ process: Int, _ pages: Range<Int>, evenLocked: Bool = false
    ) throws(Failure) -> Int {
        if evenLocked, world.pointee.mechanism(.madviseDontneedLocked) == .no { return try refuseAdvice() }
        if world.pointee.geometry.isHugetlb(pages.lowerBound),
            world.pointee.mechanism(.madviseDontneedHugetlb) == .no
        {
            return try atomically(.both, Site("madvise_dontneed_free", "refuses a mapping of hugetlb")) { _ in
                -Errno.einval
            }
        }
        let hasVMALock = try lockForDiscard(process, pages.lowerBound)
        let count = try atomically(.alone(process), Site("madvise_dontneed_single_vma", "begins")) {
            machine in machine.beginDiscard(process, pages, evenLocked: evenLocked)
        }
        let isWhole = count == pages.count
        let pages = pages.prefix(count)
        try zap(process, pages)
        return try endDiscard(process, pages, isWhole: isWhole, hasVMALock: hasVMALock)
    }

    /// The end of a call that discards pages, or allows that.
    mutating func endDiscard(
        _ process: Int, _ pages: Range<Int>, isWhole: Bool, hasVMALock: Bool
    ) throws(Failure) -> Int {
        let mapping = world.pointee.geometry.mappingOfPage[pages.lowerBound]
        return try atomically(.left, Site("madvise_unlock", "drops the lock")) { machine in
            let isMapped = pages.allSatisfy { machine[mapped: process, $0].isMapped }
            for page in pages where machine[mapped: process, page].isMapped {
                machine[mapped: process, page].discards &-= 1
            }
            if hasVMALock {
                machine[vmaLock: process, mapping].readers &-= 1
            } else {
                machine[space: process].readers &-= 1
            }
            return !isWhole ? -Errno.einval : isMapped ? 0 : -Errno.enomem
        }
    }

    /// Mirrors madvise_lock: the VMA lock where it can be had, mmap_lock for reading otherwise.
    ///
    /// - Returns: whether it is the VMA lock.
    mutating func lockForDiscard(_ process: Int, _ page: Int) throws(Failure) -> Bool {
        if world.pointee.hasVMALocks, world.pointee.mechanism(.madviseDontneedLock) == .vma {
            let mapping = world.pointee.geometry.mappingOfPage[page]
            let site = Site("lock_vma_under_rcu", "tries to take the VMA lock for reading")
            let isLocked = try atomically(.alone(process), site) { machine in
                machine.tryVMAReadLock(process, page, mapping, needsAnonVMA: false)
            }
            if isLocked { return true }
        }
        try mmapReadLock(process)
        return false
    }

    /// Mirrors unmap_region, unmap_page_range and tlb_finish_mmu, all releases: this CPU's batch is drained; then entries and mapping counts under the page-table lock, then
    /// the flush, then the references.
    ///
    /// Preconditions: `beginDeferredFlush` was called.
    ///
    /// - Parameter evenCopies: also what is the process's own of a private mapping of a file.
    mutating func zap(_ process: Int, _ pages: Range<Int>, evenCopies: Bool = true) throws(Failure) {
        let thread = thread
        if world.pointee.usesBatches {
            try atomically(Site("lru_add_drain", "empties the batch of this CPU")) { machine in
                machine.drainBatch(of: thread)
            }
        }
        try forEachRound(pages.count) { execution, step throws(Failure) in
            let page = pages.lowerBound + step
            let site = Site("zap_pte_range", "clears the entry and takes the mapping from the page")
            let isDirty = try execution.underPageTableLock(
                process, page, .ownPage(process: process, page: page), site
            ) { machine in
                machine.zapEntry(process, page, thread, of: pages, evenCopies: evenCopies)
            }
            if isDirty { try execution.flushDirtyPage(process, page) }
        }
        if world.pointee.mechanism(.zapPut) == .beforeFlush { try dropGathered(pages) }
        try atomically(.alone(process), Site("tlb_flush_mmu", "flushes the range on every CPU")) { machine in
            machine.endDeferredFlush(process, pages)
        }
        try dropGathered(pages)
    }

    /// A page of the cache that stores went to is flushed before the page-table lock is dropped, so that nobody takes it for clean
    /// while a TLB still lets somebody store to it. Mirrors the forced flush of zap_pte_range; since 6.2 the page loses its mapping
    /// only then (tlb_flush_rmaps).
    private mutating func flushDirtyPage(_ process: Int, _ page: Int) throws(Failure) {
        let thread = thread
        let site = Site(
            "tlb_flush_mmu_tlbonly", "flushes the dirty page on every CPU, and drops the page-table lock")
        try atomically(.alone(process), site) { machine in
            machine.flush(process, page)
            if machine.mechanism(.zapFileRmap) == .afterFlush {
                machine.removeMapping(machine[gathered: thread, page].frame, process, page)
            }
            machine[table: process, page].unlock()
        }
    }

    /// Drops the references of what was zapped, as far as that is not done.
    private mutating func dropGathered(_ pages: Range<Int>) throws(Failure) {
        let thread = thread
        try forEachRound(pages.count) { execution, step throws(Failure) in
            let page = pages.lowerBound + step
            try execution.atomically(
                .ownGathered(page: page), Site("tlb_batch_pages_flush", "drops the page")
            ) {
                machine in
                let gathered = machine[gathered: thread, page]
                guard gathered.isPresent else { return }
                machine[gathered: thread, page] = .none
                machine.put(gathered.frame)
            }
        }
    }

    /// Takes the VMA locks of what a call changes, where the rules have them. Precondition: mmap_lock is held for writing.
    mutating func lockVMAs(of process: Int, _ pages: Range<Int>) throws(Failure) {
        guard world.pointee.hasVMALocks, let first = pages.first, let last = pages.last else { return }
        let mapping = world.pointee.mappingOfPage
        let mappings = Int(mapping[first])..<(Int(mapping[last]) + 1)
        try forEachRound(mappings.count) { execution, step throws(Failure) in
            try execution.vmaWriteLock(process, mappings.lowerBound + step)
        }
    }
}

extension Machine {
    /// - Returns: how many pages the call is about: those before the first that is locked.
    func beginDiscard(_ process: Int, _ pages: Range<Int>, evenLocked: Bool = false) -> Int {
        beginDeferredFlush(process)
        let count = pages.prefix { evenLocked || !self[mapped: process, $0].isLocked }.count
        for page in pages.prefix(count) where self[mapped: process, page].isMapped {
            self[mapped: process, page].discards &+= 1
        }
        return count
    }

    /// - Returns: whether the page is to be flushed first of all; the page-table lock is held then.
    fileprivate func zapEntry(
        _ process: Int, _ page: Int, _ thread: Int, of pages: Range<Int>, evenCopies: Bool
    ) -> Bool {
        if isHuge(process, page), evenCopies || mapsCache(self[entry: process, page], at: page) {
            let group = group(page)
            if pages.contains(group.lowerBound), pages.contains(group.upperBound - 1) {
                zapWhole(process, page, thread, evenCopies: evenCopies)
                return false
            }
            splitEntry(process, page)
        }
        let entry = self[entry: process, page]
        let isCached = mapsCache(entry, at: page)
        if evenCopies { giveUpReferences(process, page) }
        if layout.keepsTracking, evenCopies || isCached { zapTracking(process, page) }
        // A guard region outlives MADV_DONTNEED, and goes with its mapping.
        if entry.isGuard, !self[mapped: process, page].isMapped { self[entry: process, page] = .none }
        if entry.isAbsent {
            if evenCopies || self.isCached(entry.frame) { zapAbsent(process, page, entry) }
            return false
        }
        guard entry.isPresent, isCached || evenCopies else { return false }
        change(entry: process, page, to: markerBehind(entry, process, page))
        guard !entry.mapsZeroPage else { return false }
        self[gathered: thread, page] = PageTableEntry(frame: entry.frame, writable: false, dirty: false)
        guard isCached, entry.isDirty else {
            removeMapping(entry.frame, process, page)
            return false
        }
        makeCachedPageDirty(entry.frame)
        if mechanism(.zapFileRmap) == .beforeFlush { removeMapping(entry.frame, process, page) }
        self[table: process, page].lock(by: thread)
        return true
    }

    /// Mirrors zap_huge_pmd, and __unmap_hugepage_range, which leaves a marker: all of it goes by one reference.
    private func zapWhole(_ process: Int, _ page: Int, _ thread: Int, evenCopies: Bool) {
        if evenCopies { for page in group(page) { giveUpReferences(process, page) } }
        if layout.keepsTracking {
            for page in group(page) { zapTracking(process, page) }
        }
        let marker = markerBehind(self[entry: process, page], process, page)
        let entry = takeWhole(process, page)
        if marker != .none { changeWhole(process, page, to: marker) }
        guard entry.isPresent, !entry.mapsZeroPage else { return }
        self[gathered: thread, page] = PageTableEntry(frame: entry.frame, writable: false, dirty: false)
    }

    /// Mirrors zap_nonpresent_ptes: a migration entry holds nothing, a swap entry its place.
    private func zapAbsent(_ process: Int, _ page: Int, _ entry: PageTableEntry) {
        change(entry: process, page, to: .none)
        if entry.isSwap { dropSwapEntry(entry.frame) }
    }
}
