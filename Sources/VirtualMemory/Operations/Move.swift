// mremap to another place.

extension Execution {
    /// mremap of neighbouring pages to a place where nothing is mapped; the pages' numbers mean the new place from then on, in
    /// whichever thread. mmap_lock is held for writing throughout. Mirrors mremap_to and move_vma, all releases.
    ///
    /// - Returns: 0, or -EFAULT where a page is not mapped or the pages are not one VMA's.
    mutating func mremap(_ process: Int, _ pages: Range<Int>) throws(Failure) -> Int {
        try mmapWriteLock(process)
        let isOneVMA = try atomically(.alone(process), Site("vma_to_resize", "looks for the VMA")) {
            machine in
            pages.allSatisfy {
                machine[mapped: process, $0].isOneVMA(with: machine[mapped: process, pages.lowerBound])
            }
        }
        if isOneVMA {
            try lockVMAs(of: process, pages)
            try forEachRound(pages.count) { execution, step throws(Failure) in
                try execution.moveEntry(process, pages.lowerBound + step)
            }
        }
        try mmapWriteUnlock(process)
        return isOneVMA ? 0 : -Errno.efault
    }

    /// One entry, under the page-table locks of both places: counts, PG_anon_exclusive and pins stay with the page. Mirrors
    /// move_ptes; the old place is flushed before the locks are dropped.
    private mutating func moveEntry(_ process: Int, _ page: Int) throws(Failure) {
        let take = Site("move_ptes", "takes the entry from the old place; the page-table locks stay held")
        let entry = try underPageTableLock(process, page, .alone(process), take) { machine in
            let entry = machine[entry: process, page]
            guard entry.namesFrame else { return PageTableEntry.none }
            machine[table: process, page].lock(by: machine.world.pointee.actor)
            machine.change(entry: process, page, to: .none)
            return entry
        }
        guard entry.namesFrame else { return }
        try atomically(.alone(process), Site("move_ptes", "puts the entry at the new place")) { machine in
            machine.change(entry: process, page, to: entry)
            machine.checkCoherence(process, page)
        }
        let flush = Site("flush_tlb_range", "flushes the old place, and drops the page-table locks")
        try atomically(.alone(process), flush) { machine in
            machine.flush(process, page)
            machine[table: process, page].unlock()
        }
    }
}
