import Rules

// Shared mappings of hugetlb: the file behind them has the pages, and the reservation; fork shares both.

extension Execution {
    /// Maps a page of the pool that the file has, or takes one for it. Mirrors hugetlb_no_page in a shared mapping: faults on one place
    /// come one after the other (hugetlb_fault_mutex), which the page's own lock stands for.
    mutating func mapSharedPoolPage(_ process: Int, _ page: Int) throws(Failure) -> FaultResult {
        guard let slot = world.pointee.backings[page].slot else { return .busError }
        let found = try lockSharedPoolPage(slot)
        guard found.isPresent else { return .busError }
        let isTable = try atomically(.none, Site("huge_pte_alloc", "allocates what the entry stands in")) {
            machine in machine.allocateTable()
        }
        guard isTable else {
            try unlockCachedPage(found, keepsReference: false)
            return .outOfMemory
        }
        let site = Site(
            "hugetlb_no_page", "maps the file's page under the page-table lock if nothing is mapped there")
        let isMapped = try underPageTableLock(process, page, .none, site) { machine in
            machine.mapWholeCached(found.frame, process, page, forWriting: false)
        }
        try unlockCachedPage(found, keepsReference: isMapped)
        return .done
    }

    /// - Returns: the file's page, locked and with a reference for the caller; `none` where the pool has none.
    private mutating func lockSharedPoolPage(_ slot: Int) throws(Failure) -> PageTableEntry {
        let find = Site(
            "hugetlb_no_page", "finds the page in the file and locks it, or takes one of the pool")
        return try section(.none, find) { machine -> PageTableEntry? in
            let cached = machine[cache: slot]
            if cached.isPresent {
                guard !machine[frame: cached.frame].isLocked else { return nil }
                machine[frame: cached.frame].isLocked = true
                machine[frame: cached.frame].references &+= 1
                return PageTableEntry(frame: cached.frame, writable: false, dirty: false)
            }
            let fresh = machine.allocatePoolFrame(reserved: machine.isReservedInPool(slot))
            if fresh.isPresent { machine.addToCache(fresh.frame, at: machine.group(slot).lowerBound) }
            return fresh
        }
    }

    /// madvise(MADV_REMOVE) on a page of hugetlb: out of every page table, then out of the file, which keeps nothing reserved there. Mirrors
    /// hugetlbfs_punch_hole with remove_inode_hugepages.
    mutating func punchPoolHole(_ slot: Int) throws(Failure) {
        _ = try call { execution throws(Failure) in try execution.unmapEverywhere(slot) }
        let found = try findCachedPage(slot)
        guard found.isPresent else { return }
        let site = Site(
            "remove_inode_hugepages", "takes the page out of the file, unless it is mapped again")
        try removeUnmapped(found, from: slot, site) { execution throws(Failure) in
            _ = try execution.call { execution throws(Failure) in try execution.unmapEverywhere(slot) }
        }
    }
}

extension Machine {
    /// Whether the pool keeps a page for a place of a file of hugetlb: noted at the first place of the page while the file has none.
    func isReservedInPool(_ slot: Int) -> Bool {
        guard layout.keepsFolios, world.pointee.cacheSlots[slot].kind == .hugetlb else { return false }
        let first = self[cache: group(slot).lowerBound]
        return !first.isPresent && first.isWritable
    }

    /// Reserves pages of the pool for the file behind a shared mapping. Mirrors hugetlb_reserve_pages.
    ///
    /// - Returns: whether there are as many.
    func reserveForFile(_ pages: Range<Int>) -> Bool {
        let count = UInt16(pages.count / Folio.pages)
        guard global.poolFree >= global.poolReserved + count else { return false }
        global.poolReserved += count
        for page in pages {
            guard subpage(page) == 0, let slot = backing(of: page).slot else { continue }
            self[cache: slot].isWritable = true
        }
        return true
    }

    /// Takes the reservation of a place back, if there is one.
    func unreserve(_ slot: Int) {
        guard isReservedInPool(slot) else { return }
        self[cache: group(slot).lowerBound] = .none
        global.poolReserved &-= 1
    }
}
