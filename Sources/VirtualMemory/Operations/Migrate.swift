import Rules

// Migration: a page moves to another frame, and whoever faults on it meanwhile waits.

extension Execution {
    /// Moves neighbouring pages of a process to other frames, for all who map them; the first that cannot be moved ends it.
    ///
    /// Mirrors move_pages(2) with MPOL_MF_MOVE_ALL.
    ///
    /// - Returns: 0; -EAGAIN where a page stays; -ENOENT where there is none; -EFAULT where nothing is mapped or for the zero
    ///   page; -ENOMEM without a frame; -ESRCH without a process.
    mutating func migrate(_ process: Int, _ pages: Range<Int>, _ isolation: Isolation) throws(Failure) -> Int
    {
        if isolation == .migration, world.pointee.usesBatches { _ = try drainBatches(mayNever: false) }
        guard pages.count > 1 else { return try migratePage(process, pages.lowerBound, isolation) }
        var result = 0
        _ = try inRounds(pages.count) { execution, step throws(Failure) in
            result = try execution.call { execution throws(Failure) in
                try execution.migratePage(process, pages.lowerBound + step, isolation, isFirst: step == 0)
            }
            return result == 0
        }
        return result
    }

    /// Mirrors migrate_pages_batch (unmap_and_move before 6.3) on one page.
    mutating func migratePage(
        _ process: Int, _ page: Int, _ isolation: Isolation, isFirst: Bool = true
    ) throws(Failure) -> Int {
        let isolate = Site("folio_isolate_lru", "takes the page off the LRU, with a reference")
        let isolated = try section(.none, isolate) { machine -> IsolatedPage? in
            // A huge page has moved as one, with its first page.
            if !isFirst, machine.isHuge(process, page), machine.subpage(page) > 0 {
                return IsolatedPage(result: 0)
            }
            return machine.isolate(process, page, isolation)
        }
        let old = isolated.frame
        guard old >= 0 else { return isolated.result }
        let target = try atomically(Site("alloc_migration_target", "allocates the frame to move to")) {
            machine in
            machine.isLarge(old)
                ? machine.allocateHugeFrame(chargedTo: nil) : machine.allocateFrame(chargedTo: nil)
        }
        guard target.isPresent else {
            return try atomically(Site("putback_movable_pages", "puts the page back")) { machine in
                _ = machine.putBack(old, process, page)
                return -Errno.enomem
            }
        }
        let new = target.frame
        let lock = Site("migrate_folio_unmap", "locks the page, if it can be had at once")
        let isLocked = try atomically(lock) { machine in
            guard !machine[frame: old].isLocked else { return false }
            machine[frame: old].isLocked = true
            return true
        }
        var isMoved = false
        if isLocked {
            if try putMigrationEntries(old) {
                let move = Site("folio_migrate_mapping", "compares the references, and copies the page")
                isMoved = try atomically(move) { machine in
                    machine.movePage(old, to: new, process, page)
                }
            }
            try removeMigrationEntries(isMoved ? new : old)
        }
        let result = isMoved ? 0 : -Errno.eagain
        let finish = Site("migrate_folio_done", "unlocks both, and drops the frame that is not used")
        return try atomically(finish) { machine in
            if isLocked { machine[frame: old].isLocked = false }
            machine[frame: new].isLocked = false
            machine[marks: old].isIsolated = false
            machine.put(old)
            machine.put(new)
            return result
        }
    }

    /// Mirrors try_to_migrate, then the flush.
    ///
    /// - Returns: whether no mapping is left.
    private mutating func putMigrationEntries(_ frame: Int) throws(Failure) -> Bool {
        let start = mark()
        while true {
            let site = Site("try_to_migrate_one", "puts a migration entry in the place of an entry")
            let walk = try section(.none, site) { machine in machine.unmapForMigration(frame) }
            if walk == .more {
                rewind(to: start)
                continue
            }
            try flushUnmapped(frame)
            return walk == .done
        }
    }

    /// Mirrors remove_migration_ptes: whoever waits goes on.
    private mutating func removeMigrationEntries(_ frame: Int) throws(Failure) {
        let start = mark()
        while true {
            let site = Site("remove_migration_pte", "maps the page where a migration entry stood")
            let walk = try section(.none, site) { machine in machine.mapMigrated(frame) }
            guard walk == .more else { return }
            rewind(to: start)
        }
    }
}

extension Machine {
    /// One mapping of a locked page, under its page-table lock; nil where somebody else holds that.
    fileprivate func unmapForMigration(_ frame: Int) -> MappingWalk? {
        guard let (process, page) = mapping(of: frame, where: \.isPresent) else { return .done }
        guard !self[table: process, page].isLocked else { return nil }
        let entry = self[entry: process, page]
        guard decides(.migrateUnmap, .unmap, .keep, isolatedFacts(frame, process, page)) else {
            return .stopped
        }
        if entry.isDirty { self[marks: frame].isDirty = true }
        if entry.isDirty, world.pointee.hasFiles { makeCachedPageDirty(frame) }
        let isExclusive = isExclusive(frame, at: page)
        let migration = PageTableEntry.migration(
            frame, writable: entry.isWritable, exclusive: isExclusive
        ).tracked(as: entry)
        if isHuge(process, page) {
            setWholeExclusive(frame, false)
            changeWhole(process, page, to: migration)
            removeWholeMapping(frame, process)
        } else {
            setExclusive(frame, at: page, false)
            change(entry: process, page, to: migration)
            removeMapping(frame, process, page)
        }
        put(frame)
        return .more
    }

    /// Mirrors folio_migrate_mapping and migrate_folio: the page moves if nobody holds it beside those who are known.
    fileprivate func movePage(_ old: Int, to new: Int, _ process: Int, _ page: Int) -> Bool {
        guard decides(.migrateMove, .move, .keep, isolatedFacts(old, process, page)) else { return false }
        for word in 0..<(isLarge(old) ? layout.frameWords : wordCount) {
            self[content: new, word] = self[content: old, word]
        }
        self[marks: new] = self[marks: old]
        self[marks: new].isIsolated = false
        self[frame: new].isLocked = true
        self[frame: new].charged = self[frame: old].charged
        self[frame: old].charged = 0
        if self[marks: old].isInSwapCache {
            self[marks: old].isInSwapCache = false
            self[frame: new].references &+= 1
            put(old)
        }
        if world.pointee.hasFiles { moveCached(old, to: new) }
        self[marks: old].isMerged = false
        for process in 0..<processCount {
            for page in 0..<pageCount {
                let entry = self[entry: process, page]
                if entry.isAbsent, entry.frame == old {
                    self[entry: process, page] = entry.renamed(to: new)
                }
            }
        }
        return true
    }

    /// One migration entry, under its page-table lock.
    fileprivate func mapMigrated(_ frame: Int) -> MappingWalk? {
        guard let (process, page) = mapping(of: frame, where: \.isMigration) else { return .done }
        guard !self[table: process, page].isLocked else { return nil }
        let entry = self[entry: process, page]
        let mapped = self[mapped: process, page]
        var new = PageTableEntry(frame: frame, writable: entry.isWritable && mapped.isWritable, dirty: false)
        new.isProtectedNone = mapped.isHidden
        new = new.tracked(as: entry)
        // mirrors 2e3468778dbe (6.1): what makes an entry dirty again makes it soft-dirty, too.
        if layout.keepsTracking, self[marks: frame].isDirty, mechanism(.migrateSoftDirty) == .withDirty {
            new.isSoftDirty = true
        }
        self[frame: frame].references &+= 1
        if isHuge(process, page) {
            mapMigratedWhole(frame, process, page, new, isExclusive: entry.isMarkedExclusive)
            return .more
        }
        addMapping(frame, process, page)
        if entry.isMarkedExclusive { setExclusive(frame, at: page, true) }
        change(entry: process, page, to: new)
        checkCoherence(process, page)
        return .more
    }
    /// The one entry for all of a huge page. Mirrors remove_migration_pmd: since 6.1 it is dirty again where the page is, which makes it
    /// soft-dirty; what a userfaultfd had protected was forgotten at first (24bf08c4376b).
    private func mapMigratedWhole(
        _ frame: Int, _ process: Int, _ page: Int, _ entry: PageTableEntry, isExclusive: Bool
    ) {
        addWholeMapping(frame, process)
        if isExclusive { setWholeExclusive(frame, true) }
        var new = entry
        let staysDirty = mechanism(.hugeSplitDirty) == .yes || mechanism(.migrateSoftDirty) == .withDirty
        if self[marks: frame].isDirty, staysDirty {
            new.isDirty = true
            new.isSoftDirty = layout.keepsTracking
        }
        if new.isUserfaultProtected, mechanism(.hugeMigrateUffdWp) == .no { new.isUserfaultProtected = false }
        changeWhole(process, page, to: new)
        for page in group(page) { checkCoherence(process, page) }
    }
}
