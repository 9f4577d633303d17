import Rules

// Huge pages of the page cache, which shared memory and memfds can have, and hugetlb always has. They are one frame that the cache names
// at each of its places and refers to once.

extension Execution {
    /// Maps a huge page of shared memory by one entry, which needs no more memory; the table is for the day of small pages. Mirrors
    /// filemap_map_pages with filemap_map_pmd, and do_read_fault or do_shared_fault with do_set_pmd.
    ///
    /// - Returns: nil where small pages are to be mapped, or somebody was faster.
    mutating func mapHugeCached(
        _ process: Int, _ page: Int, _ slot: Int, _ kind: FaultKind
    ) throws(Failure) -> FaultResult? {
        let limit: Mover = world.pointee.frameLimit == Int.max ? .left : .none
        let isTable = try atomically(limit, Site("pte_alloc_one", "allocates a page table ahead")) {
            machine in
            machine.allocateTable()
        }
        guard isTable else { return .outOfMemory }
        if !kind.isWrite, world.pointee.mechanism(.faultAroundWindow) == .table {
            var site = Site(
                "filemap_map_pmd", "maps the huge page of the page cache if nothing is mapped there")
            site.isUnderRCU = true
            let isMapped = try underPageTableLock(process, page, site) { machine in
                machine.mapHugeAround(process, page, slot)
            }
            if isMapped { return .done }
        }
        let found = try lockCachedPage(slot, chargedTo: process, at: page)
        guard found.isPresent else {
            try atomically(limit, Site("pte_free", "gives the page table back")) { machine in
                machine.freeTable()
            }
            return .outOfMemory
        }
        let site = Site("do_set_pmd", "maps the huge page under the PMD's lock if nothing is mapped there")
        let isMapped = try underPageTableLock(process, page, .none, site) { machine in
            machine.mapWholeCached(found.frame, process, page, forWriting: kind.isWrite)
        }
        try unlockCachedPage(found, keepsReference: isMapped)
        return isMapped ? .done : nil
    }
}

extension Execution {
    /// A page for the page cache: a huge one where that is wanted and can be had.
    mutating func allocateCachePage(
        chargedTo process: Int, wish: PageTableEntry
    ) throws(Failure) -> PageTableEntry {
        if wish == .wishForHuge {
            let huge = try allocateHugeFrame(chargedTo: process)
            if huge.isPresent { return huge }
        }
        return try allocateFrame(chargedTo: process)
    }
}

extension PageTableEntry {
    /// Nothing is there yet, and a huge page is wanted.
    static var wishForHuge: PageTableEntry {
        var entry = PageTableEntry.none
        entry.isWritable = true
        return entry
    }
}

extension Machine {
    /// Whether nobody was faster with a page of the cache, or of a huge page with any of its pages.
    func hasRoomInCache(for frame: Int, at slot: Int) -> Bool {
        guard isLarge(frame) else { return !self[cache: slot].isPresent }
        return group(slot).allSatisfy { self[cache: $0] == .none }
    }

    /// Whether a fault where nothing is mapped finds a huge page in the page cache, or makes one, and may map all of it. A store to a private
    /// mapping copies a small page.
    func findsHugeCached(_ process: Int, _ page: Int, _ kind: FaultKind) -> Bool {
        guard canMapHugeCached(process, page), let slot = backing(of: page).slot,
            !kind.isWrite || isShared(page)
        else { return false }
        let cached = self[cache: slot]
        return cached.isPresent ? isLarge(cached.frame) : wantsHugeCached(process, page, slot)
    }

    /// Whether a page that a fault adds to the page cache is to be a huge one: the VMA wants that, and there is room. Mirrors
    /// shmem_is_huge with shmem_enabled `advise`, and the conflict that shmem_alloc_and_add_folio meets.
    func wantsHugeCached(_ process: Int, _ page: Int, _ slot: Int) -> Bool {
        guard layout.keepsFolios, canMapHugeCached(process, page), self[hugeAdvice: process, page].isWanted
        else { return false }
        return group(slot).allSatisfy { self[cache: $0] == .none }
    }

    /// Whether one entry may map a huge page here: all of it lies in one VMA, and since 6.12 in one that does not refuse huge pages.
    /// Mirrors do_set_pmd.
    func canMapHugeCached(_ process: Int, _ page: Int) -> Bool {
        guard backing(of: page).canBeHuge else { return false }
        if self[hugeAdvice: process, page].isRefused, mechanism(.nohugepageMaps) == .no { return false }
        let first = self[mapped: process, page]
        return group(page).allSatisfy { other in
            mapping(of: other) == mapping(of: page) && self[mapped: process, other].isOneVMA(with: first)
        }
    }

    /// Maps a huge page of the cache where nothing is mapped; a reference that the caller has becomes the mapping's, and a page table
    /// that it allocated is kept, or given back.
    ///
    /// - Returns: whether it is mapped; otherwise the page is a small one, or somebody was faster.
    func mapWholeCached(_ frame: Int, _ process: Int, _ page: Int, forWriting: Bool) -> Bool {
        guard !self[table: process, page].isPresent, isLarge(frame),
            isHugetlb(page) || canMapHugeCached(process, page)
        else {
            freeTable()
            return false
        }
        self[table: process, page].isPresent = true
        self[table: process, page].isHuge = true
        addWholeMapping(frame, process)
        changeWhole(process, page, to: cacheEntry(frame, process, page, forWriting: forWriting))
        for page in group(page) { checkCoherence(process, page) }
        return true
    }

    /// - Returns: whether it is mapped; the page table is kept for another attempt otherwise.
    func mapHugeAround(_ process: Int, _ page: Int, _ slot: Int) -> Bool {
        let cached = self[cache: slot]
        guard !self[table: process, page].isPresent, cached.isPresent, isLarge(cached.frame),
            !self[frame: cached.frame].isLocked, canMapHugeCached(process, page)
        else { return false }
        self[frame: cached.frame].references &+= 1
        return mapWholeCached(cached.frame, process, page, forWriting: false)
    }

    /// A write fault or an unshare on one entry that maps a huge page of the page cache: shared memory is made writable at once; in a
    /// private mapping the entry goes, and small pages are mapped one by one. Mirrors wp_huge_pmd and, for hugetlb, hugetlb_wp.
    func planWholeCachedFault(
        _ process: Int, _ page: Int, _ kind: FaultKind, _ entry: PageTableEntry
    ) -> FaultPlan {
        guard isShared(page) else {
            splitEntry(process, page)
            // Since 6.2 a long-term pin for reading unshares the page: its fault takes the entry away, and maps the huge page again,
            // and so on for ever.
            if kind == .unshare, findsHugeCached(process, page, kind) {
                breaks(.safety)
                return FaultPlan(.busError)
            }
            return FaultPlan(.lookAgain)
        }
        guard kind.isWrite else { return FaultPlan(.done) }
        makeWholeWritable(process, page, entry)
        return FaultPlan(.done)
    }

    /// A write fault leaves one entry for a huge page as its mapping allows it, dirty; no flush, for it allows more than before.
    func makeWholeWritable(_ process: Int, _ page: Int, _ entry: PageTableEntry) {
        var new = entry
        new.isWritable = self[mapped: process, page].isWritable
        new.isDirty = true
        new.isYoung = world.pointee.observesYoung
        changeWhole(process, page, to: new)
    }

    /// The one entry of the page cache goes, flushed, with its reference: the next fault finds the page again. Mirrors
    /// __split_huge_pmd_locked where the memory is not anonymous.
    func dropWholeCached(_ process: Int, _ page: Int, _ entry: PageTableEntry) {
        if entry.isPresent, entry.isDirty { makeCachedPageDirty(entry.frame) }
        _ = takeWhole(process, page)
        for page in group(page) { flush(process, page) }
        if entry.isPresent { put(entry.frame) }
    }

    /// Makes a huge page of the page cache into small ones. Who maps it loses it, flushed, and finds the small pages by faults. Mirrors
    /// split_folio with unmap_folio.
    ///
    /// Precondition: nobody holds the lock of a page table that maps it.
    ///
    /// - Returns: whether nobody but the cache and the caller refers to it, and there is room; otherwise it is just unmapped.
    func splitCachedFolio(_ frame: Int, own: Int32) -> Bool {
        guard isLarge(frame), !self[folio: frame].isHugetlb, let slot = cacheSlot(of: frame) else {
            return false
        }
        unmapCachedEverywhere(frame)
        guard self[frame: frame].references == 1 + own else { return false }
        return breakUp(frame, at: 0, isHeld: own > 0, slots: group(slot)) != nil
    }

    /// Takes a page of the cache out of every page table, with the flush.
    func unmapCachedEverywhere(_ frame: Int) {
        while let (process, page) = mapping(of: frame, where: \.isPresent) {
            if isHuge(process, page) {
                dropWholeCached(process, page, self[entry: process, page])
            } else {
                unmapCached(frame, process, page)
                flush(process, page)
            }
        }
    }

    /// The small page that is to be reclaimed in the place of a huge one, which is split for that; nil where it cannot be. Mirrors
    /// shrink_folio_list and, for shared memory, shmem_writeout: a huge page goes to swap page by page.
    func splitForReclaim(_ frame: Int, _ process: Int, _ page: Int) -> Int? {
        let entry = self[entry: process, page]
        guard mapsCache(entry, at: page), let slot = backing(of: page).slot else {
            return splitFolio(frame, at: page)
        }
        guard !self[frame: frame].isLocked, splitCachedFolio(frame, own: 0) else { return nil }
        return self[cache: slot].frame
    }
}
