import Rules

// NUMA balancing: entries are made inaccessible for a while, so that the next fault tells from which node a page is used.

extension Execution {
    /// Makes entries of a process inaccessible until the next access. Mirrors task_numa_work with change_prot_numa and
    /// change_pte_range: under mmap_lock for reading, each entry under its page-table lock, flushed in the end.
    ///
    /// - Parameter mayNever: it may as well not happen at all.
    /// - Returns: 0; -EAGAIN where a page was left alone; -ENOMEM where one is not mapped; -ESRCH without a process.
    mutating func scanForNUMA(_ process: Int, _ pages: Range<Int>, mayNever: Bool) throws(Failure) -> Int {
        let begin = Site("task_numa_work", "takes mmap_lock for reading, and begins to look at entries")
        let mayScan = try section(.none, begin) { machine -> Bool? in
            if mayNever, machine.choose(among: 2) == 0 { return false }
            guard machine.hasMemoryToReach(process) else { return false }
            guard !machine[space: process].isWriteLocked else { return nil }
            machine[space: process].readers &+= 1
            machine.beginDeferredFlush(process)
            return true
        }
        guard mayScan else { return mayNever ? 0 : -Errno.esrch }
        try forEachRound(pages.count) { execution, step throws(Failure) in
            let page = pages.lowerBound + step
            let site = Site(
                "change_pte_range", "makes the entry inaccessible, unless the page is to be left alone")
            _ = try execution.underPageTableLock(process, page, .none, site) { machine in
                machine.makeHint(process, page)
                return Done()
            }
        }
        try atomically(Site("change_protection", "flushes the range on every CPU")) { machine in
            machine.endDeferredFlush(process, pages)
        }
        return try atomically(Site("mmap_read_unlock", "drops mmap_lock")) { machine in
            machine[space: process].readers &-= 1
            guard pages.allSatisfy({ machine[mapped: process, $0].isMapped }) else { return -Errno.enomem }
            return pages.contains { machine[entry: process, $0].isAccessible } ? -Errno.eagain : 0
        }
    }

    /// The page is used from another node than it lies on: it moves there if nobody else refers to it, and the entry becomes
    /// accessible either way. Mirrors the rest of do_numa_page since 5.13, with migrate_misplaced_folio; before, the entry was made
    /// accessible first.
    mutating func moveMisplaced(_ process: Int, _ page: Int) throws(Failure) {
        _ = try call { execution throws(Failure) in
            try execution.migratePage(process, page, .misplaced)
        }
        let site = Site("do_numa_page", "makes the entry accessible if the page has not moved")
        _ = try underPageTableLock(process, page, .none, site) { machine in
            machine.takeHintBack(process, page)
            return Done()
        }
    }
}

extension Machine {
    /// Whether NUMA balancing has made the entry inaccessible: its mapping has not.
    func isHint(_ entry: PageTableEntry, _ process: Int, _ page: Int) -> Bool {
        entry.isPresent && entry.isProtectedNone && !self[mapped: process, page].isHidden
    }

    /// Whether get_user_pages can go by an entry as it is. Behind PROT_NONE looks FOLL_FORCE; since 6.5 whoever takes a reference goes
    /// by an entry that NUMA balancing has made inaccessible, too (gup_can_follow_protnone).
    func canFollow(_ entry: PageTableEntry, isForced: Bool = false) -> Bool {
        guard entry.isProtectedNone else { return entry.isPresent }
        return entry.isPresent && (isForced || mechanism(.gupNUMAHint) == .ignored)
    }

    /// Mirrors change_pte_range with MM_CP_PROT_NUMA. Files that are only read are left alone, for every node may have them in its
    /// caches.
    fileprivate func makeHint(_ process: Int, _ page: Int) {
        let mapped = self[mapped: process, page]
        var entry = self[entry: process, page]
        guard mapped.isMapped, !mapped.isHidden, entry.isAccessible else { return }
        if isFileBacked(page), !mapped.isWritable { return }
        let facts = PageFacts(machine: self, process: process, page: page, entry: entry)
        guard decides(.numaHint, .protect, .skip, facts) else { return }
        if mechanism(.numaFaultWritable) == .recomputed { entry.isWritable = false }
        entry.isProtectedNone = true
        change(entry: process, page, to: entry)
    }

    /// A fault on an entry that NUMA balancing made inaccessible, whatever the access. Whether the page lies on the node of who
    /// faults is anybody's guess.
    func planHintFault(_ process: Int, _ page: Int, _ entry: PageTableEntry) -> FaultPlan {
        if !entry.mapsZeroPage, choose(among: 2) == 1 { return FaultPlan(.misplaced) }
        takeHintBack(process, page)
        return FaultPlan(.done)
    }

    /// Makes the entry accessible again, and writable where it was so or where the rules say so. Mirrors the end of do_numa_page.
    fileprivate func takeHintBack(_ process: Int, _ page: Int) {
        var entry = self[entry: process, page]
        guard isHint(entry, process, page) else { return }
        entry.isProtectedNone = false
        entry.isYoung = world.pointee.observesYoung
        if !entry.isWritable, self[mapped: process, page].isWritable, !entry.mapsZeroPage {
            entry.isWritable = isUpgraded(entry, process, page, .numaFault, .numaFault)
        }
        change(entry: process, page, to: entry)
    }
}
