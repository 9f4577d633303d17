import Rules

// Making a huge page of small ones in the page cache: khugepaged and MADV_COLLAPSE in shared memory.

extension Execution {
    /// Makes a huge page of what the page cache has at a huge page's place, for all who map it; MADV_COLLAPSE maps it for its caller at once,
    /// all others find it by a fault. Mirrors hpage_collapse_scan_file with collapse_file, retract_page_tables and
    /// collapse_pte_mapped_thp.
    ///
    /// - Returns: as `collapse`; khugepaged maps nothing, so that who told it finds no huge page yet: -EAGAIN.
    mutating func collapseCached(
        _ process: Int, _ page: Int, isAdvised: Bool, _ who: Collapser
    ) throws(Failure) -> Int {
        guard let slot = world.pointee.backings[page].slot else { return -Errno.einval }
        let scan = Site("hpage_collapse_scan_file", "looks whether the pages can be collapsed")
        let scanned = try section(.none, scan) { machine -> Int? in
            if who == .background, machine.choose(among: 2) == 0 { return CachedScan.nothing }
            guard machine.hasMemoryToReach(process) else { return -Errno.esrch }
            guard !machine[space: process].isWriteLocked else { return nil }
            return machine.scanForCollapse(process, page, slot)
        }
        guard scanned > CachedScan.nothing else { return scanned }
        if scanned == CachedScan.ready {
            let result = try replaceCached(process, page, slot)
            guard result == 0 else { return result }
            try retractTables(of: slot, for: isAdvised ? PageOfProcess(process: process, page: page) : nil)
        }
        guard isAdvised else { return who == .background ? 0 : -Errno.eagain }
        return try mapCollapsed(process, page, slot)
    }

    /// Mirrors collapse_file: the pages are unmapped and locked one after the other there, and put into the huge page when nobody else refers
    /// to any.
    private mutating func replaceCached(_ process: Int, _ page: Int, _ slot: Int) throws(Failure) -> Int {
        let fresh = try allocateHugeFrame(chargedTo: process)
        guard fresh.isPresent else { return -Errno.enomem }
        let site = Site(
            "collapse_file",
            "unmaps the pages, looks at their references again, and copies them to the huge page")
        let result = try section(.none, site) { machine in
            machine.replaceCached(process, page, slot, fresh.frame)
        }
        if result != 0 { try putFrame(fresh, "drops the huge page that is not needed") }
        return result
    }

    /// Takes the page tables away that mapped the small pages. MADV_COLLAPSE up to 6.5, which needed mmap_lock for that, took its
    /// caller's alone.
    private mutating func retractTables(of slot: Int, for caller: PageOfProcess?) throws(Failure) {
        let geometry = world.pointee.geometry
        let isOnlyCaller = caller != nil && world.pointee.mechanism(.retractLock) == .mmap
        let pages = geometry.backings.indices.filter {
            geometry.backings[$0].slot == slot && geometry.backings[$0].canBeHuge
        }
        try forEachRound(geometry.processes * pages.count) { execution, step throws(Failure) in
            let place = PageOfProcess(process: step / pages.count, page: pages[step % pages.count])
            if isOnlyCaller, caller != place { return }
            let site = Site(
                "retract_page_tables", "takes a page table away, with what it maps, and flushes it")
            _ = try execution.section(.none, site) { machine -> Int? in
                guard !machine[table: place.process, place.page].isLocked else { return nil }
                return machine.retractTable(place.process, place.page)
            }
        }
    }

    /// Mirrors collapse_pte_mapped_thp.
    private mutating func mapCollapsed(_ process: Int, _ page: Int, _ slot: Int) throws(Failure) -> Int {
        let table = Site("pte_alloc_one", "allocates a page table ahead")
        guard try atomically(.none, table, { machine in machine.allocateTable() }) else {
            return -Errno.enomem
        }
        let site = Site("collapse_pte_mapped_thp", "maps the huge page in the place of the page table")
        return try section(.none, site) { machine -> Int? in
            guard !machine[table: process, page].isLocked, !machine[space: process].isWriteLocked else {
                return nil
            }
            return machine.mapCollapsed(process, page, slot)
        }
    }
}

/// What a scan found; what is less than nothing is a negative errno.
private enum CachedScan {
    static let nothing = 0
    static let ready = 1
    /// The page cache has a huge page already.
    static let huge = 2
}

extension Machine {
    fileprivate func scanForCollapse(_ process: Int, _ page: Int, _ slot: Int) -> Int {
        guard self[mapped: process, page].isMapped, canMapHugeCached(process, page),
            !group(page).contains(where: { self[hugeAdvice: process, $0].isRefused })
        else { return -Errno.einval }
        for (page, slot) in zip(group(page), group(slot)) {
            let cached = self[cache: slot]
            guard cached.isPresent else { continue }
            if isLarge(cached.frame) { return CachedScan.huge }
            guard !self[frame: cached.frame].isLocked else { return -Errno.eagain }
            let facts = PageFacts(
                machine: self, process: process, page: page,
                entry: PageTableEntry(frame: cached.frame, writable: false, dirty: false))
            guard decides(.collapse, .collapse, .fail, facts) else { return -Errno.eagain }
        }
        return CachedScan.ready
    }

    /// - Returns: 0, or a negative errno; nil where a page-table lock is held by somebody.
    fileprivate func replaceCached(_ process: Int, _ page: Int, _ slot: Int, _ fresh: Int) -> Int? {
        let slots = group(slot)
        let frames = slots.filter { self[cache: $0].isPresent }.map { self[cache: $0].frame }
        guard !frames.contains(where: { isMappedUnderLock($0) }) else { return nil }
        let scanned = scanForCollapse(process, page, slot)
        guard scanned == CachedScan.ready else { return scanned < 0 ? scanned : -Errno.eagain }
        for frame in frames { unmapCachedEverywhere(frame) }
        guard frames.allSatisfy({ self[frame: $0].references == 1 }) else { return -Errno.eagain }
        let contents = slots.map { slot in (0..<wordCount).map { fileWord(slot, $0) } }
        for slot in slots { removeFromCache(slot) }
        addToCache(fresh, at: slots.lowerBound)
        for (slot, words) in zip(slots, contents) {
            for (word, value) in words.enumerated() { self[cached: slot, word] = value }
        }
        self[frame: fresh].isLocked = false
        put(fresh)
        return 0
    }

    /// - Returns: 0 where the huge page is mapped by one entry then, otherwise a negative errno.
    fileprivate func mapCollapsed(_ process: Int, _ page: Int, _ slot: Int) -> Int {
        let mayMap = hasMemoryToReach(process) && canMapHugeCached(process, page)
        guard mayMap, !isHuge(process, page) else {
            freeTable()
            return mayMap ? 0 : -Errno.einval
        }
        if self[table: process, page].isPresent {
            for page in group(page) where self[entry: process, page].isPresent {
                unmapCached(self[entry: process, page].frame, process, page)
                flush(process, page)
            }
            self[table: process, page].isPresent = false
            freeTable()
        }
        if mapHugeAround(process, page, slot) { return 0 }
        freeTable()
        return -Errno.eagain
    }
}
