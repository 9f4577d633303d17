import Rules

// Pages that a userfaultfd fills in or lets be mapped: UFFDIO_COPY and UFFDIO_CONTINUE.

extension Execution {
    /// Mirrors mfill_atomic for UFFDIO_COPY and UFFDIO_CONTINUE, under mmap_lock for reading; then whoever waits is woken.
    ///
    /// - Returns: 0; -ENOENT where the memory is not registered; -EEXIST where a page is mapped; -ENOMEM; for UFFDIO_CONTINUE -EINVAL
    ///   where the memory is not shmem, and -EFAULT where the page cache does not have the page.
    mutating func fill(
        _ process: Int, _ pages: Range<Int>, _ fillPage: (inout Self, Int) throws(Failure) -> Int
    ) throws(Failure) -> Int {
        try mmapReadLock(process)
        var result = 0
        _ = try inRounds(pages.count) { execution, step throws(Failure) in
            result = try execution.call { execution throws(Failure) in
                try fillPage(&execution, pages.lowerBound + step)
            }
            return result == 0
        }
        try mmapReadUnlock(process)
        if result == 0 { try wakeWaiting(process, pages) }
        return result
    }

    /// What comes before a page is filled in: the memory must be registered, and have a page table there.
    ///
    /// - Returns: 0, -ENOENT or -ENOMEM.
    private mutating func prepareFilling(_ process: Int, _ page: Int) throws(Failure) -> Int {
        let find = Site("find_dst_vma", "looks whether the memory is registered")
        let state = try atomically(.alone(process), find) { machine in
            guard machine[mapped: process, page].isMapped, !machine[tracked: process, page].userfault.isEmpty
            else {
                return -Errno.enoent
            }
            return machine[table: process, page].isPresent || machine.isHugetlb(page) ? 0 : 1
        }
        guard state == 1 else { return state }
        return try allocatePageTable(process, page) ? 0 : -Errno.enomem
    }

    mutating func fillPage(_ process: Int, _ page: Int, _ value: UInt16) throws(Failure) -> Int {
        let error = try prepareFilling(process, page)
        guard error == 0 else { return error }
        if world.pointee.geometry.isHugetlb(page) { return try fillPoolPage(process, page, value) }
        let fresh = try allocateFrame(chargedTo: process)
        guard fresh.isPresent else { return -Errno.enomem }
        let site = Site("mfill_atomic_install_pte", "maps the new page if nothing is there")
        let isMapped = try underPageTableLock(process, page, site) { machine in
            machine.install(fresh.frame, value, process, page)
        }
        if isMapped { return 0 }
        try putFrame(fresh, "drops the page that is not needed")
        return -Errno.eexist
    }

    /// Mirrors mfill_atomic_pte_continue (mcontinue_atomic_pte, 5.14): in a private mapping the page cache is mapped as well, read-only.
    mutating func continuePage(_ process: Int, _ page: Int) throws(Failure) -> Int {
        let error = try prepareFilling(process, page)
        guard error == 0 else { return error }
        guard let slot = world.pointee.shmemSlot(of: page) else {
            return try atomically(.both, Site("mfill_atomic", "continues nothing but shmem")) { _ in
                -Errno.einval
            }
        }
        let found = try findCachedPage(slot)
        guard found.isPresent else { return -Errno.efault }
        let site = Site("mfill_atomic_install_pte", "maps the page of the cache if nothing is there")
        let isMapped = try underPageTableLock(process, page, site) { machine in
            machine.installCached(found.frame, process, page)
        }
        try unlockCachedPage(found, keepsReference: isMapped)
        return isMapped ? 0 : -Errno.eexist
    }
}

extension Machine {
    /// Maps a page that the page cache has. The entry is dirty: where it may be written, and since 9ae0f87d009c (5.16) in any case.
    fileprivate func installCached(_ frame: Int, _ process: Int, _ page: Int) -> Bool {
        guard self[entry: process, page].isEmpty else { return false }
        change(entry: process, page, to: .none)
        var entry = cacheEntry(frame, process, page, forWriting: true)
        if !entry.isWritable, mechanism(.uffdContinueDirty) == .no {
            entry.isDirty = false
            entry.isSoftDirty = false
        }
        mapCached(entry, process, page)
        return true
    }

    /// Maps a filled page, of shared memory by way of the page cache.
    fileprivate func install(_ frame: Int, _ value: UInt16, _ process: Int, _ page: Int) -> Bool {
        guard self[entry: process, page].isEmpty else { return false }
        if isShared(page), let slot = backing(of: page).slot {
            guard !self[cache: slot].isPresent else { return false }
            addToCache(frame, at: slot)
            self[frame: frame].isLocked = false
            self[content: frame, 0] = value
            change(entry: process, page, to: .none)
            mapCached(cacheEntry(frame, process, page, forWriting: true), process, page)
            return true
        }
        self[content: frame, 0] = value
        if self[entry: process, page].isUserfaultProtected { change(entry: process, page, to: .none) }
        mapAnonymous(frame, process, page, writable: true)
        return true
    }
}
