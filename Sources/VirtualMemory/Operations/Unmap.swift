import Rules

// Taking mappings away: munmap, MADV_DONTNEED and the end of a process.

extension Execution {
    /// munmap of neighbouring pages. Mirrors do_vmi_munmap: the VMAs go first, then the entries, then one flush, and only
    /// then the references.
    mutating func munmap(_ process: Int, _ pages: Range<Int>) throws(Failure) {
        try mmapWriteLock(process)
        try lockVMAs(of: process, pages)
        try atomically(.alone(process), Site("vms_gather_munmap_vmas", "takes the VMAs away")) { machine in
            for page in pages {
                machine[mapped: process, page].discards &+= 1
                machine[mapped: process, page].unmap()
            }
        }
        try zap(process, pages)
        try atomically(.left, Site("mmap_write_unlock", "drops mmap_lock")) { machine in
            for page in pages { machine[mapped: process, page].discards &-= 1 }
            machine.releaseWriteLock(process)
        }
    }

    /// madvise(MADV_DONTNEED): what is mapped goes, the mapping stays; mmap_lock is held for reading, or since 6.17 the VMA
    /// lock (mechanism madvise_dontneed.lock), so that faults of other threads run beside it.
    ///
    /// - Returns: 0, or -ENOMEM where a page is not mapped, as madvise(2) has it.
    mutating func discard(_ process: Int, _ pages: Range<Int>) throws(Failure) -> Int {
        try mmapReadLock(process)
        let isMapped = try atomically(.alone(process), Site("madvise_dontneed_single_vma", "begins")) {
            machine in
            for page in pages where machine[mapped: process, page].isMapped {
                machine[mapped: process, page].discards &+= 1
            }
            return pages.allSatisfy { machine[mapped: process, $0].isMapped }
        }
        try zap(process, pages)
        try atomically(.left, Site("mmap_read_unlock", "drops mmap_lock")) { machine in
            for page in pages where machine[mapped: process, page].isMapped {
                machine[mapped: process, page].discards &-= 1
            }
            machine[space: process].readers &-= 1
        }
        return isMapped ? 0 : -Errno.enomem
    }

    /// Mirrors unmap_page_range and tlb_finish_mmu, all releases: entries and mapping counts under the page-table lock, then
    /// the flush, then the references.
    mutating func zap(_ process: Int, _ pages: Range<Int>) throws(Failure) {
        let thread = thread
        try forEachRound(pages.count) { execution, step throws(Failure) in
            let page = pages.lowerBound + step
            let site = Site("zap_pte_range", "clears the entry and takes the mapping from the page")
            _ = try execution.underPageTableLock(process, page, .ownPage(process: process, page: page), site)
            {
                machine in
                machine.zapEntry(process, page, thread)
                return Done()
            }
        }
        try atomically(.alone(process), Site("tlb_flush_mmu", "flushes the range on every CPU")) { machine in
            for page in pages { machine.flush(process, page) }
        }
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
        let geometry = world.pointee.geometry
        let mappings = geometry.mappingOfPage[first]..<(geometry.mappingOfPage[last] + 1)
        try forEachRound(mappings.count) { execution, step throws(Failure) in
            try execution.vmaWriteLock(process, mappings.lowerBound + step)
        }
    }
}

extension Machine {
    fileprivate func zapEntry(_ process: Int, _ page: Int, _ thread: Int) {
        giveUpReferences(process, page)
        let entry = self[entry: process, page]
        guard entry.isPresent else { return }
        change(entry: process, page, to: .none)
        guard !entry.mapsZeroPage else { return }
        self[frame: entry.frame].mappings &-= 1
        self[gathered: thread, page] = PageTableEntry(frame: entry.frame, writable: false, dirty: false)
    }
}
