// The page cache: finding and reading pages, write(2), and holes in files.

extension Execution {
    /// Finds a page of a file or of shared memory, or reads it, and locks it. Mirrors filemap_fault and shmem_get_folio: memory is
    /// allocated with no lock held, and the page is added to the cache only if nobody was faster.
    ///
    /// - Parameter page: where a fault needs it, that may want a huge page in the cache; nil for what is no fault.
    /// - Returns: its frame, locked and with a reference for the caller; `none` when there is no memory for it.
    mutating func lockCachedPage(
        _ slot: Int, chargedTo process: Int, at page: Int? = nil
    ) throws(Failure) -> PageTableEntry {
        let attempt = mark()
        while true {
            let place = page.map { PageOfProcess(process: process, page: $0) }
            let found = try findCachedPage(slot, for: place)
            if found.isPresent { return found }
            let fresh = try allocateCachePage(chargedTo: process, wish: found)
            guard fresh.isPresent else { return .none }
            let add = Site(
                "filemap_add_folio", "adds the page to the page cache and reads it, unless it is there by now"
            )
            let isAdded = try atomically(add) { machine in
                guard machine.hasRoomInCache(for: fresh.frame, at: slot) else {
                    machine.put(fresh.frame)
                    return false
                }
                machine.addToCache(fresh.frame, at: slot)
                return true
            }
            if isAdded { return fresh }
            rewind(to: attempt)
        }
    }

    /// Finds a page of a file or of shared memory, and locks it. Mirrors filemap_get_folio with FGP_LOCK.
    ///
    /// - Parameter place: where a fault needs it, that may want a huge page.
    /// - Returns: its frame, locked and with a reference for the caller; no frame where the page cache does not have it, and whether a huge
    ///   page is wanted then.
    mutating func findCachedPage(_ slot: Int, for place: PageOfProcess? = nil) throws(Failure)
        -> PageTableEntry
    {
        let find = Site(
            "filemap_get_folio", "finds the page in the page cache and locks it, if it is there")
        return try section(.none, find) { machine -> PageTableEntry? in
            let cached = machine[cache: slot]
            guard cached.isPresent else {
                let isHuge = place.map { machine.wantsHugeCached($0.process, $0.page, slot) } ?? false
                return isHuge ? PageTableEntry.wishForHuge : .none
            }
            guard !machine[frame: cached.frame].isLocked else { return nil }
            machine[frame: cached.frame].isLocked = true
            machine[frame: cached.frame].references &+= 1
            return PageTableEntry(frame: cached.frame, writable: false, dirty: false)
        }
    }

    /// udmabuf: a DMA buffer of pages of a memfd, which are found by the object and not by a mapping. Mirrors udmabuf_create.
    ///
    /// - Parameter first: the first of the references, one for each page.
    /// - Returns: 0, or -ENOMEM.
    mutating func grabCached(
        _ process: Int, _ slots: Range<Int>, references first: Int, _ request: GrabRequest
    ) throws(Failure) -> Int {
        let isComplete = try inRounds(slots.count) { execution, step throws(Failure) in
            let found = try execution.lockCachedPage(slots.lowerBound + step, chargedTo: process)
            guard found.isPresent else { return false }
            let site = Site("udmabuf_create", "takes the page of the memfd, and drops its lock")
            try execution.atomically(site) { machine in
                machine.addReference(first + step, to: found.frame, of: process, request)
                machine.confirm(first + step, of: process, request)
                machine[frame: found.frame].isLocked = false
                machine.put(found.frame)
            }
            return true
        }
        if isComplete { return 0 }
        try forEachRound(slots.count) { execution, step throws(Failure) in
            try execution.atomically(Site("udmabuf_create", "lets go of the pages before")) { machine in
                if let holder = request.holder { machine.letGo(first + step, of: holder) }
            }
        }
        return -Errno.enomem
    }

    /// Unlocks a page that `lockCachedPage` gave.
    ///
    /// - Parameter keepsReference: the reference has become that of a mapping.
    mutating func unlockCachedPage(_ page: PageTableEntry, keepsReference: Bool) throws(Failure) {
        try atomically(Site("unlock_page", "drops the page lock")) { machine in
            machine[frame: page.frame].isLocked = false
            if !keepsReference { machine.put(page.frame) }
        }
    }

    /// write(2) of one word. Mirrors generic_perform_write, all releases: the page is found or read, locked, written and dirty.
    ///
    /// - Returns: 0, or -ENOMEM.
    mutating func writeFile(_ process: Int, _ slot: Int, _ word: Int, _ value: UInt16) throws(Failure) -> Int
    {
        let found = try lockCachedPage(slot, chargedTo: process)
        guard found.isPresent else { return -Errno.enomem }
        let site = Site("generic_perform_write", "writes into the page cache, and drops the page lock")
        try atomically(site) { machine in
            machine[cached: slot, word] = value
            machine[cache: slot].isDirty = true
            machine[frame: found.frame].isLocked = false
            machine.put(found.frame)
        }
        return 0
    }

    /// madvise(MADV_REMOVE): a hole in the file behind the pages. mmap_lock is dropped while it is made. Mirrors madvise_remove with
    /// vfs_fallocate, unmap_mapping_range and truncate_inode_pages_range, all releases.
    ///
    /// - Returns: 0; -ENOMEM where a page is not mapped; -EINVAL where there is no file behind it, or it is locked; -EACCES where
    ///   the mapping is not shared and writable.
    mutating func removePages(_ process: Int, _ pages: Range<Int>) throws(Failure) -> Int {
        try mmapReadLock(process)
        let error = try atomically(.alone(process), Site("madvise_remove", "looks at the VMA")) { machine in
            pages.lazy.map { machine.errorOfRemoving(process, $0) }.first { $0 != 0 } ?? 0
        }
        try mmapReadUnlock(process)
        guard error == 0 else { return error }
        try forEachRound(pages.count) { execution, step throws(Failure) in
            let page = pages.lowerBound + step
            guard let slot = execution.world.pointee.backings[page].slot else { return }
            if execution.world.pointee.geometry.isHugetlb(page) {
                guard step % Folio.pages == 0 else { return }
                return try execution.punchPoolHole(slot)
            }
            try execution.punchHole(slot, isPart: !execution.world.pointee.holdsHugePage(pages, around: page))
        }
        return 0
    }

    /// Takes one page out of a file: out of every page table, then out of the cache. A page that was mapped again meanwhile is
    /// unmapped once more, with its lock held.
    ///
    /// - Parameter isPart: a huge page is no more than in part in the hole: that part is emptied, and the page split, if it can be.
    private mutating func punchHole(_ slot: Int, isPart: Bool) throws(Failure) {
        try unmapForHole(slot, isPart: isPart)
        if isPart, world.pointee.geometry.hasHugePages, try punchPart(slot) { return }
        let lock = Site("truncate_inode_pages_range", "locks the page, if the cache has it")
        let found = try section(.none, lock) { machine -> PageTableEntry? in
            let cached = machine[cache: slot]
            guard cached.isPresent else {
                machine.emptyStore(slot)
                return PageTableEntry.none
            }
            guard !machine[frame: cached.frame].isLocked else { return nil }
            machine[frame: cached.frame].isLocked = true
            machine[frame: cached.frame].references &+= 1
            return PageTableEntry(frame: cached.frame, writable: false, dirty: false)
        }
        guard found.isPresent else { return }
        let site = Site(
            "truncate_inode_folio", "takes the page out of the page cache, unless it is mapped again")
        try removeUnmapped(found, from: slot, site) { execution throws(Failure) in
            try execution.unmapForHole(slot, isPart: isPart)
        }
    }

    /// Takes a page that is locked and held out of the page cache when nobody maps it, and drops both.
    ///
    /// - Parameter unmap: what is done again where somebody has mapped it meanwhile.
    mutating func removeUnmapped(
        _ found: PageTableEntry, from slot: Int, _ site: Site,
        unmap: (inout Self) throws(Failure) -> Void
    ) throws(Failure) {
        let retry = mark()
        while true {
            let isRemoved = try atomically(site) { machine in
                guard machine[frame: found.frame].mappings == 0 else { return false }
                machine.giveUpReferences(toFrame: found.frame)
                machine.emptyStore(slot)
                machine[frame: found.frame].isLocked = false
                machine.removeFromCache(slot)
                machine.put(found.frame)
                return true
            }
            if isRemoved { return }
            try unmap(&self)
            rewind(to: retry)
        }
    }

    /// Takes what is in the hole out of every page table: a page, or all pages of a huge one.
    private mutating func unmapForHole(_ slot: Int, isPart: Bool) throws(Failure) {
        guard !isPart else {
            _ = try call { execution throws(Failure) in try execution.unmapEverywhere(slot) }
            return
        }
        let first = slot - slot % Folio.pages
        _ = try call { execution throws(Failure) in
            try execution.forEachRound(Folio.pages) { execution, step throws(Failure) in
                _ = try execution.unmapEverywhere(first + step)
            }
            return Done()
        }
    }

    /// The part of a huge page that lies in the hole. Mirrors truncate_inode_partial_folio (shmem_punch_compound before 5.17).
    ///
    /// - Returns: whether that is all: the page could not be split.
    private mutating func punchPart(_ slot: Int) throws(Failure) -> Bool {
        let lock = Site("shmem_undo_range", "locks the page, if it is part of a huge one")
        let found = try section(.none, lock) { machine -> PageTableEntry? in
            let cached = machine[cache: slot]
            guard cached.isPresent, machine.isLarge(cached.frame) else { return PageTableEntry.none }
            guard !machine[frame: cached.frame].isLocked else { return nil }
            machine[frame: cached.frame].isLocked = true
            machine[frame: cached.frame].references &+= 1
            return PageTableEntry(frame: cached.frame, writable: false, dirty: false)
        }
        guard found.isPresent else { return false }
        let split = Site(
            "truncate_inode_partial_folio", "empties the part, and splits the huge page if it can")
        let isSplit = try section(.none, split) { machine -> Bool? in
            guard !machine.isMappedUnderLock(found.frame) else { return nil }
            for word in 0..<machine.wordCount { machine[cached: slot, word] = 0 }
            let isSplit = machine.splitCachedFolio(found.frame, own: 1)
            machine[frame: found.frame].isLocked = false
            machine.put(found.frame)
            return isSplit
        }
        return !isSplit
    }

    /// Takes a page of the cache out of every page table; copies of private mappings stay. Mirrors unmap_mapping_range without
    /// `even_cows`: mapping by mapping, each with its own flush.
    mutating func unmapEverywhere(_ slot: Int) throws(Failure) -> Done {
        let geometry = world.pointee.geometry
        let pages = geometry.backings.indices.filter { geometry.backings[$0].slot == slot }
        try forEachRound(geometry.processes * pages.count) { execution, step throws(Failure) in
            let process = step / pages.count
            let page = pages[step % pages.count]
            let begin = Site("unmap_mapping_range", "looks whether a mapping shows the page")
            let isMapped = try execution.atomically(begin) { machine in
                guard machine[space: process].hasMemory, machine[mapped: process, page].isMapped else {
                    return false
                }
                machine.beginDeferredFlush(process)
                machine[mapped: process, page].discards &+= 1
                return true
            }
            guard isMapped else { return }
            try execution.zap(process, page..<(page + 1), evenCopies: false)
            try execution.atomically(Site("unmap_mapping_range", "is done with the mapping")) { machine in
                if machine[mapped: process, page].discards > 0 {
                    machine[mapped: process, page].discards &-= 1
                }
            }
        }
        return Done()
    }
}

extension World {
    /// Whether pages of a range are all that a huge page of the page cache would cover about one of them.
    fileprivate func holdsHugePage(_ pages: Range<Int>, around page: Int) -> Bool {
        let first = page - page % Folio.pages
        return backings[page].canBeHuge && pages.contains(first) && pages.contains(first + Folio.pages - 1)
    }
}

extension Machine {
    fileprivate func errorOfRemoving(_ process: Int, _ page: Int) -> Int {
        let mapped = self[mapped: process, page]
        guard mapped.isMapped else { return -Errno.enomem }
        guard !mapped.isLocked, isFileBacked(page) else { return -Errno.einval }
        return isShared(page) && mapped.isWritable ? 0 : -Errno.eacces
    }

    /// What a disk or the swap has of a page is gone.
    fileprivate func emptyStore(_ slot: Int) {
        for word in 0..<wordCount { self[stored: slot, word] = 0 }
        if !self[cache: slot].isPresent { self[cache: slot] = .none }
    }

    /// A page that leaves its file, and those who hold it, part by design.
    func giveUpReferences(toFrame frame: Int) {
        for index in 0..<referenceCount {
            let reference = self[reference: index]
            if reference.isOpen, reference.target.isPresent, reference.target.frame == frame {
                self[reference: index].isGivenUp = true
            }
        }
    }
}
