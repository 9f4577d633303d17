// mremap to another address, and what a program knows of it.

extension Execution {
    /// mremap of a whole mapping to an address where nothing is mapped. mmap_lock is held for writing until it is done; the
    /// program knows the new address only behind that, and whoever still uses the old one finds nothing there. Mirrors
    /// mremap_to and move_vma, all releases.
    ///
    /// - Returns: 0; -EFAULT where a page is not mapped or the pages are not one VMA's; -ENOMEM without a page table.
    mutating func mremap(_ process: Int, _ pages: Range<Int>) throws(Failure) -> Int {
        let old = try place(of: pages, in: process)
        try mmapWriteLock(process)
        let isOneVMA = try atomically(.alone(process), Site("vma_to_resize", "looks for the VMA")) {
            machine in
            old.allSatisfy {
                machine[mapped: process, $0].isOneVMA(with: machine[mapped: process, old.lowerBound])
            }
        }
        guard isOneVMA else {
            try mmapWriteUnlock(process)
            return -Errno.efault
        }
        try lockVMAs(of: process, old)
        let isMoved = try moveVMA(process, from: old.lowerBound, by: pages.count, pages.count)
        try mmapWriteUnlock(process)
        guard isMoved else { return -Errno.enomem }
        try atomically(.alone(process), Site("user code", "uses the new address from now on")) { machine in
            for page in pages { machine[mapped: process, page].place += 1 }
        }
        return 0
    }

    /// Mirrors copy_vma, move_page_tables and the do_munmap of what is left behind, or of what had been begun.
    ///
    /// - Returns: false for want of a page table: then everything is as it was.
    private mutating func moveVMA(
        _ process: Int, from old: Int, by stride: Int, _ count: Int
    ) throws(Failure) -> Bool {
        try atomically(.alone(process), Site("copy_vma", "makes a VMA like it at the new address")) {
            machine in
            for page in old..<(old + count) {
                machine[mapped: process, page + stride] = machine[mapped: process, page].moved
                machine.moveTracking(process, from: page, to: page + stride)
            }
        }
        let isMoved = try inRounds(count) { execution, step throws(Failure) in
            let page = old + step
            guard try execution.prepareTable(process, at: page + stride, for: page) else { return false }
            try execution.moveEntry(process, from: page, to: page + stride)
            return true
        }
        if !isMoved {
            try forEachRound(count) { execution, step throws(Failure) in
                try execution.moveEntry(process, from: old + stride + step, to: old + step)
            }
        }
        let left = isMoved ? old : old + stride
        try atomically(.alone(process), Site("do_munmap", "takes away the VMA that is left empty")) {
            machine in
            for page in left..<(left + count) { machine[mapped: process, page].unmap() }
            machine.forgetTracking(process, left..<(left + count))
        }
        return isMoved
    }

    /// Mirrors alloc_new_pmd with pte_alloc: a table at the new address where there is one at the old.
    private mutating func prepareTable(
        _ process: Int, at new: Int, for old: Int
    ) throws(Failure) -> Bool {
        let isNeeded = try atomically(.alone(process), Site("move_page_tables", "looks for the page tables"))
        {
            machine in
            machine[table: process, old].isPresent && !machine[table: process, new].isPresent
        }
        return isNeeded ? try allocatePageTable(process, new) : true
    }

    /// One entry, under the page-table locks of both addresses: counts, PG_anon_exclusive and pins stay with the page. Mirrors
    /// move_ptes; the old address is flushed before the locks are dropped.
    private mutating func moveEntry(_ process: Int, from old: Int, to new: Int) throws(Failure) {
        let take = Site("move_ptes", "takes the entry from the old address; the page-table locks stay held")
        let entry = try underPageTableLock(process, old, .alone(process), take) { machine in
            let entry = machine[entry: process, old]
            guard entry.namesFrame || entry.isGuard else { return PageTableEntry.none }
            let isWhole = machine.isHuge(process, old)
            machine[table: process, old].lock(by: machine.world.pointee.actor)
            machine[table: process, new].lock(by: machine.world.pointee.actor)
            if isWhole { machine.moveWhole(process, from: old, to: new) }
            machine.change(entry: process, old, to: .none)
            return entry
        }
        guard entry.namesFrame || entry.isGuard else { return }
        try atomically(.alone(process), Site("move_ptes", "puts the entry at the new address")) { machine in
            machine.change(entry: process, new, to: machine.moved(entry, process, to: new))
            machine.checkCoherence(process, new)
        }
        let flush = Site("flush_tlb_range", "flushes the old address, and drops the page-table locks")
        try atomically(.alone(process), flush) { machine in
            machine.flush(process, old)
            if machine.isHuge(process, new) {
                for page in machine.group(old) { machine.flush(process, page) }
            }
            machine[table: process, old].unlock()
            machine[table: process, new].unlock()
        }
    }

    // MARK: What the program knows

    /// Where the program believes the pages to be, when it begins to use them.
    @inline(__always) mutating func place(of pages: Range<Int>, in process: Int) throws(Failure) -> Range<Int>
    {
        guard world.pointee.movesPages, world.pointee.strideOfPage[pages.lowerBound] > 0 else { return pages }
        let first = try placeOfMoving(pages.lowerBound, in: process)
        return first..<(first + pages.count)
    }

    /// The same for one page.
    @inline(__always) mutating func place(of page: UInt16, in process: Int) throws(Failure) -> Int {
        let page = Int(page)
        guard world.pointee.movesPages, world.pointee.strideOfPage[page] > 0 else { return page }
        return try placeOfMoving(page, in: process)
    }

    private mutating func placeOfMoving(_ page: Int, in process: Int) throws(Failure) -> Int {
        try atomically(.alone(process), Site("user code", "takes the address that it knows")) { machine in
            machine.knownPlace(of: page, in: process)
        }
    }
}

extension Machine {
    /// One entry that maps a huge page moves as one, for both addresses lie at a huge page's boundary; its entries go one after the other
    /// under the same locks. Mirrors move_huge_pmd.
    fileprivate func moveWhole(_ process: Int, from old: Int, to new: Int) {
        self[table: process, old].isHuge = false
        self[table: process, new].isHuge = true
        for offset in 1..<Folio.pages {
            let entry = self[entry: process, old + offset]
            change(entry: process, old + offset, to: .none)
            change(entry: process, new + offset, to: moved(entry, process, to: new + offset))
        }
    }

    /// What an entry becomes at its new address. Mirrors move_soft_dirty_pte, and the clearing of what a userfaultfd has protected. A page
    /// table that moves as a whole keeps its entries as they are (move_normal_pmd).
    fileprivate func moved(_ entry: PageTableEntry, _ process: Int, to page: Int) -> PageTableEntry {
        guard layout.keepsTracking, entry.namesFrame else { return entry }
        var moved = entry
        if isHuge(process, page) || !world.pointee.geometry.places[page].hasOwnTables {
            moved.isSoftDirty = true
        }
        moved.isUserfaultProtected = false
        return moved
    }

    /// The page at its mapping's first address.
    @inline(__always) func home(of page: Int) -> Int {
        world.pointee.movesPages ? Int(world.pointee.homeOfPage[page]) : page
    }

    /// The page at the address that the program knows.
    func knownPlace(of home: Int, in process: Int) -> Int {
        guard world.pointee.movesPages else { return home }
        return home + self[mapped: process, home].place * Int(world.pointee.strideOfPage[home])
    }

    /// The page at the address where the kernel has it: the one at which something is mapped.
    func presentPlace(of home: Int, in process: Int) -> Int {
        guard world.pointee.movesPages, world.pointee.strideOfPage[home] > 0 else { return home }
        var page = home
        while page < pageCount, self.home(of: page) == home {
            if self[entry: process, page].namesFrame { return page }
            page += Int(world.pointee.strideOfPage[home])
        }
        return knownPlace(of: home, in: process)
    }
}
