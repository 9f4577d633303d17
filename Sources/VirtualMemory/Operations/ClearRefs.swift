import Rules

// Writing to /proc/self/clear_refs.

extension Execution {
    /// Makes every entry of the process old (1 written to clear_refs). Mirrors clear_refs_write with clear_refs_pte_range: under
    /// mmap_lock for writing, and up to 5.10 for reading; nothing is flushed.
    ///
    /// - Returns: 0.
    mutating func clearYoung(_ process: Int) throws(Failure) -> Int {
        let isExclusive = world.pointee.mechanism(.clearRefsLock) == .write
        if isExclusive { try mmapWriteLock(process) } else { try mmapReadLock(process) }
        try forEachRound(world.pointee.geometry.pages) { execution, page throws(Failure) in
            let site = Site("clear_refs_pte_range", "makes the entry old")
            _ = try execution.underPageTableLock(process, page, .alone(process), site) { machine in
                let entry = machine[entry: process, page]
                // vm_normal_page knows no zero page.
                guard entry.isPresent, !entry.mapsZeroPage else { return Done() }
                guard machine.isHuge(process, page) else {
                    machine.makeOld(entry: process, page)
                    return Done()
                }
                guard machine.subpage(page) == 0 else { return Done() }
                for page in machine.group(page) { machine.makeOld(entry: process, page) }
                return Done()
            }
        }
        if isExclusive { try mmapWriteUnlock(process) } else { try mmapReadUnlock(process) }
        return 0
    }

    /// Takes the soft-dirty bits from all entries of the process, and the right to write with them (4 written to clear_refs).
    ///
    /// Mirrors clear_refs_write with clear_soft_dirty: mmap_lock is held for writing throughout; up to 5.10.8 only while VMAs lose
    /// VM_SOFTDIRTY, and for reading while entries change. Up to 5.11 nothing is flushed.
    ///
    /// - Returns: 0; -EBUSY where the rules let the call fail.
    mutating func clearSoftDirty(_ process: Int) throws(Failure) -> Int {
        let pages = 0..<world.pointee.geometry.pages
        try mmapWriteLock(process)
        try lockVMAs(of: process, pages)
        let begin = Site("clear_refs_write", "takes VM_SOFTDIRTY from the VMAs")
        let mayBegin = try atomically(.alone(process), begin) { machine in
            machine.beginClearingSoftDirty(process)
        }
        guard mayBegin else {
            try mmapWriteUnlock(process)
            return -Errno.ebusy
        }
        let isExclusive = world.pointee.mechanism(.clearRefsLock) == .write
        if !isExclusive {
            try atomically(.left, Site("mmap_write_downgrade", "goes on with mmap_lock held for reading")) {
                machine in
                machine.releaseWriteLock(process)
                machine[space: process].readers &+= 1
            }
        }
        try forEachRound(pages.count) { execution, page throws(Failure) in
            let site = Site("clear_refs_pte_range", "makes the entry read-only, and takes its soft-dirty bit")
            _ = try execution.underPageTableLock(process, page, .alone(process), site) { machine in
                machine.clearSoftDirty(process, page)
                return Done()
            }
        }
        try finishClearing(process, pages)
        let site = Site("clear_refs_write", "drops mmap_lock, and returns")
        return try atomically(site) { machine in
            machine.expectSoftDirty(process)
            if isExclusive {
                machine.releaseWriteLock(process)
            } else {
                machine[space: process].readers &-= 1
            }
            return 0
        }
    }

    /// Mirrors flush_tlb_mm (912efa17e512) with dec_tlb_flush_pending.
    private mutating func finishClearing(_ process: Int, _ pages: Range<Int>) throws(Failure) {
        if world.pointee.mechanism(.clearRefsFlush) == .beforeUnlock {
            try atomically(.alone(process), Site("flush_tlb_mm", "flushes everything on every CPU")) {
                machine in
                machine.endDeferredFlush(process, pages)
            }
        } else if world.pointee.observesFlushPending {
            try atomically(
                .alone(process), Site("tlb_finish_mmu", "flushes nothing, for nothing was gathered")
            ) {
                machine in
                machine[space: process].flushesPending &-= 1
            }
        }
    }
}

extension Machine {
    /// - Returns: false where the rules refuse; nothing is changed then.
    fileprivate func beginClearingSoftDirty(_ process: Int) -> Bool {
        let isRefused = (0..<pageCount).contains { page in
            self[entry: process, page].isPresent && decideClearing(process, page) == .fail
        }
        guard !isRefused else { return false }
        beginDeferredFlush(process)
        for page in 0..<pageCount where self[mapped: process, page].isMapped {
            self[tracked: process, page].isSoftDirtyTracked = true
            self[tracked: process, page].awaitsSoftDirty = false
            self[tracked: process, page].wasReportedSoftDirty = false
        }
        return true
    }

    private func decideClearing(_ process: Int, _ page: Int) -> Choice {
        let entry = self[entry: process, page]
        let facts = PageFacts(machine: self, process: process, page: page, entry: entry)
        guard case .choice(let choice)? = decide(.clearRefs, facts) else { return .protect }
        return choice
    }

    /// Mirrors clear_soft_dirty, and clear_soft_dirty_pmd, which flushes at once. Pages of hugetlb are passed over.
    fileprivate func clearSoftDirty(_ process: Int, _ page: Int) {
        let isWhole = isHuge(process, page)
        if isWhole, isHugetlb(page) || subpage(page) > 0 { return }
        var entry = self[entry: process, page]
        if entry.isPresent {
            guard decideClearing(process, page) != .skip else { return }
            entry.isWritable = false
        } else if !entry.isAbsent {
            return
        }
        entry.isSoftDirty = false
        guard isWhole else { return change(entry: process, page, to: entry) }
        changeWhole(process, page, to: entry)
        for page in group(page) { flush(process, page) }
    }

    /// From now on stores are to be reported.
    fileprivate func expectSoftDirty(_ process: Int) {
        for page in 0..<pageCount where self[mapped: process, page].isMapped {
            self[tracked: process, page].awaitsSoftDirty = true
        }
    }
}
