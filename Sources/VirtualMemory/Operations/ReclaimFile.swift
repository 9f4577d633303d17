import Rules

// Reclaim of pages of the page cache: a file's are dropped, once the disk has what is in them; shared memory's go to swap.

extension Machine {
    /// Whether a frame is in the page cache.
    func isCached(_ frame: Int) -> Bool { world.pointee.hasFiles && cacheSlot(of: frame) != nil }

    /// Whether an access went through any mapping of a page since it was asked last; all of them are old then. Mirrors
    /// folio_check_references with folio_referenced: what TLBs hold stays.
    func testAndClearYoung(_ frame: Int) -> Bool {
        var isUsed = false
        for process in 0..<processCount {
            for page in 0..<pageCount {
                let entry = self[entry: process, page]
                guard entry.isPresent, entry.frame == frame, entry.isYoung else { continue }
                isUsed = true
                makeOld(entry: process, page)
            }
        }
        return isUsed
    }

    /// One mapping of a locked page of the cache is taken away. Mirrors try_to_unmap_one: nothing stays in the entry's place, for the
    /// next fault finds the page in its file.
    func unmapCached(_ frame: Int, _ process: Int, _ page: Int) {
        if self[entry: process, page].isDirty { makeCachedPageDirty(frame) }
        change(entry: process, page, to: markerBehind(self[entry: process, page], process, page))
        removeMapping(frame, process, page)
        put(frame)
    }

    /// Writes a page of a file to its disk. Mirrors pageout; a device is done at once.
    func writeBack(_ frame: Int) {
        guard let slot = cacheSlot(of: frame), isDirtyTracked(slot), self[cache: slot].isDirty else { return }
        for word in 0..<wordCount { self[stored: slot, word] = self[content: frame, word] }
        self[cache: slot].isDirty = false
    }

    /// The page leaves the cache when the cache and reclaim alone refer to it. What is in shared memory is in swap then; a file's page
    /// must be clean.
    ///
    /// - Returns: as `putBack`.
    func dropUnmappedCached(_ frame: Int, _ process: Int, _ page: Int) -> Int {
        guard let slot = cacheSlot(of: frame), self[frame: frame].references == 2,
            self[frame: frame].mappings == 0, !self[frame: frame].isLocked,
            !(isDirtyTracked(slot) && self[cache: slot].isDirty), isDirtyTracked(slot) || hasSwapPlace
        else { return putBack(frame, process, page) }
        if !isDirtyTracked(slot) {
            for word in 0..<wordCount { self[stored: slot, word] = self[content: frame, word] }
        }
        removeFromCache(slot)
        // What is in swap leaves no room for a huge page.
        if !isDirtyTracked(slot), isSwapLimited || layout.keepsFolios { self[cache: slot] = .inSwap }
        return putBack(frame, process, page)
    }

    /// A page of the cache moves to another frame. Mirrors folio_migrate_mapping.
    func moveCached(_ old: Int, to new: Int) {
        guard let slot = cacheSlot(of: old) else { return }
        for slot in isLarge(old) ? group(slot) : slot..<(slot + 1) {
            self[cache: slot] = self[cache: slot].renamed(to: new)
        }
        self[frame: new].references &+= 1
        put(old)
    }
}

extension Execution {
    /// Takes the page table of a mapping of a file away, as khugepaged does when it has made a huge page of what the table maps; the
    /// next fault finds the pages again. Mirrors retract_page_tables: up to 6.5 under mmap_lock, if that can be had at once.
    ///
    /// - Returns: 0; -EAGAIN where mmap_lock is taken; -EINVAL where something else than a file's pages may be mapped there.
    mutating func retractTable(
        _ process: Int, _ page: Int, mayNever: Bool
    ) throws(Failure) -> Int {
        let site = Site("retract_page_tables", "takes the page table away, with what it maps, and flushes it")
        return try section(.none, site) { machine -> Int? in
            if mayNever, machine.choose(among: 2) == 0 { return 0 }
            guard !machine[table: process, page].isLocked else { return nil }
            return machine.retractTable(process, page)
        }
    }
}

extension Machine {
    func retractTable(_ process: Int, _ page: Int) -> Int {
        guard hasMemoryToReach(process) else { return -Errno.esrch }
        let first = page / layout.entriesPerTable * layout.entriesPerTable
        let pages = first..<min(first + layout.entriesPerTable, pageCount)
        let isFilesOnly = pages.allSatisfy { page in
            let mapped = self[mapped: process, page]
            return !mapped.isMapped || isFileBacked(page) && !mapped.hasAnonVMA
        }
        guard isFilesOnly else { return -Errno.einval }
        if mechanism(.retractLock) == .mmap {
            let space = self[space: process]
            guard space.readers == 0, !space.isWriteLocked else { return -Errno.eagain }
        }
        // An entry that maps a huge page is no page table.
        guard self[table: process, page].isPresent, !isHuge(process, page) else { return 0 }
        for page in pages where self[entry: process, page].isPresent {
            let frame = self[entry: process, page].frame
            unmapCached(frame, process, page)
            flush(process, page)
        }
        self[table: process, page] = PageTable()
        freeTable()
        return 0
    }
}
