// The page cache: finding and reading pages, write(2), and holes in files.

extension Execution {
    /// Finds a page of a file or of shared memory, or reads it, and locks it. Mirrors filemap_fault and shmem_get_folio: memory is
    /// allocated with no lock held, and the page is added to the cache only if nobody was faster.
    ///
    /// - Returns: its frame, locked and with a reference for the caller; `none` when there is no memory for it.
    mutating func lockCachedPage(
        _ slot: Int, chargedTo process: Int
    ) throws(Failure) -> PageTableEntry {
        let attempt = mark()
        while true {
            let find = Site(
                "filemap_get_folio", "finds the page in the page cache and locks it, if it is there")
            let found = try section(.none, find) { machine -> PageTableEntry? in
                let cached = machine[cache: slot]
                guard cached.isPresent else { return PageTableEntry.none }
                guard !machine[frame: cached.frame].isLocked else { return nil }
                machine[frame: cached.frame].isLocked = true
                machine[frame: cached.frame].references &+= 1
                return PageTableEntry(frame: cached.frame, writable: false, dirty: false)
            }
            if found.isPresent { return found }
            let fresh = try allocateFrame(chargedTo: process)
            guard fresh.isPresent else { return .none }
            let add = Site(
                "filemap_add_folio", "adds the page to the page cache and reads it, unless it is there by now"
            )
            let isAdded = try atomically(add) { machine in
                guard !machine[cache: slot].isPresent else {
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
            machine[content: found.frame, word] = value
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
            guard let slot = execution.world.pointee.backings[pages.lowerBound + step].slot else { return }
            try execution.punchHole(slot)
        }
        return 0
    }

    /// Takes one page out of a file: out of every page table, then out of the cache. A page that was mapped again meanwhile is
    /// unmapped once more, with its lock held.
    private mutating func punchHole(_ slot: Int) throws(Failure) {
        _ = try call { execution throws(Failure) in try execution.unmapEverywhere(slot) }
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
        let retry = mark()
        while true {
            let site = Site(
                "truncate_inode_folio", "takes the page out of the page cache, unless it is mapped again")
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
            _ = try call { execution throws(Failure) in try execution.unmapEverywhere(slot) }
            rewind(to: retry)
        }
    }

    /// Takes a page of the cache out of every page table; copies of private mappings stay. Mirrors unmap_mapping_range without
    /// `even_cows`: mapping by mapping, each with its own flush.
    private mutating func unmapEverywhere(_ slot: Int) throws(Failure) -> Done {
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
        if self[cache: slot] == .inSwap { self[cache: slot] = .none }
    }

    /// A page that leaves its file, and those who hold it, part by design.
    fileprivate func giveUpReferences(toFrame frame: Int) {
        for index in 0..<referenceCount {
            let reference = self[reference: index]
            if reference.isOpen, reference.target.isPresent, reference.target.frame == frame {
                self[reference: index].isGivenUp = true
            }
        }
    }
}
