import Rules

// Faults in mappings of files and of shared memory where nothing is mapped yet: do_fault.

extension Machine {
    /// What a fault does where a file's page, or shared memory's, is not mapped. The caller holds the page-table lock.
    func planFileFault(_ process: Int, _ page: Int, _ kind: FaultKind) -> FaultPlan {
        let backing = backing(of: page)
        guard !backing.isBehindTheEnd else { return FaultPlan(.busError) }
        if kind.isWrite, !backing.isShared { prepareAnonVMA(process, page) }
        return FaultPlan(.askPageCache)
    }
}

extension Execution {
    /// Mirrors do_fault with do_read_fault, do_cow_fault and do_shared_fault, all releases. The page table is there: it was allocated,
    /// in steps of its own, before.
    mutating func handleFileFault(
        _ process: Int, _ page: Int, _ kind: FaultKind
    ) throws(Failure) -> FaultResult {
        guard let slot = world.pointee.backings[page].slot else { return .busError }
        if !kind.isWrite {
            if try mapAround(process, page) { return .done }
            return try mapForReading(process, page, slot)
        }
        if world.pointee.backings[page].isShared { return try mapForWriting(process, page, slot) }
        return try mapPrivateCopy(process, page, slot)
    }

    /// Mirrors do_read_fault behind do_fault_around: the page is found or read, then mapped, with its lock held throughout.
    private mutating func mapForReading(
        _ process: Int, _ page: Int, _ slot: Int
    ) throws(Failure) -> FaultResult {
        let found = try lockCachedPage(slot, chargedTo: process, at: page)
        guard found.isPresent else { return .outOfMemory }
        let isMapped = try finishFault(process, page) { machine in
            machine.mapCached(machine.cacheEntry(found.frame, process, page), process, page)
        }
        try unlockCachedPage(found, keepsReference: isMapped)
        return .done
    }

    /// Mirrors do_cow_fault: the copy is allocated first; what is copied stays locked, but those who have it mapped shared can
    /// store to it meanwhile.
    private mutating func mapPrivateCopy(
        _ process: Int, _ page: Int, _ slot: Int
    ) throws(Failure) -> FaultResult {
        let fresh = try allocateFrame(chargedTo: process)
        guard fresh.isPresent else { return .outOfMemory }
        let found = try lockCachedPage(slot, chargedTo: process, at: page)
        guard found.isPresent else {
            try putFrame(fresh, "drops the new page: there is no memory for the file's")
            return .outOfMemory
        }
        try forEachRound(world.pointee.geometry.words) { execution, word throws(Failure) in
            let site = Site("copy_user_highpage", "copies the file's page, word by word")
            try execution.atomically(site) { machine in
                machine.copyWord(word, from: found.frame, to: fresh.frame, at: page)
            }
        }
        let isMapped = try finishFault(process, page) { machine in
            machine.mapAnonymous(fresh.frame, process, page, writable: true)
            machine.countCopy()
        }
        try unlockCachedPage(found, keepsReference: false)
        if !isMapped { try putFrame(fresh, "drops the copy that came too late") }
        return .done
    }

    /// Mirrors do_shared_fault with do_page_mkwrite and fault_dirty_shared_page.
    private mutating func mapForWriting(
        _ process: Int, _ page: Int, _ slot: Int
    ) throws(Failure) -> FaultResult {
        let found = try lockCachedPage(slot, chargedTo: process, at: page)
        guard found.isPresent else { return .outOfMemory }
        guard try tellFileSystem(found, slot, isLocked: true) else { return .done }
        let isMapped = try finishFault(process, page) { machine in
            let entry = machine.cacheEntry(found.frame, process, page, forWriting: true)
            machine.mapCached(entry, process, page)
        }
        try dirtySharedPage(found, slot, keepsReference: isMapped)
        return .done
    }

    /// Sets the one entry of the fault, under the page-table lock, if nobody else did so meanwhile. It allocates nothing. Mirrors
    /// finish_fault (alloc_set_pte up to 5.11).
    ///
    /// - Returns: whether it was set. Otherwise the access is tried again.
    private mutating func finishFault(
        _ process: Int, _ page: Int, _ map: @Sendable (Machine) -> Void
    ) throws(Failure) -> Bool {
        let site = Site("finish_fault", "sets the entry under the page-table lock if it is still empty")
        return try underPageTableLock(process, page, .none, site) { machine in
            guard machine[table: process, page].isPresent, !machine[entry: process, page].isPresent else {
                return false
            }
            map(machine)
            return true
        }
    }
}

// A store to a page of a shared mapping that is mapped read-only.
extension Machine {
    /// wp_page_shared, under the page-table lock: shared memory is made writable at once; the file system of a file hears of it first.
    /// An unshare is none of shared mappings.
    func planSharedWrite(
        _ process: Int, _ page: Int, _ kind: FaultKind, _ entry: PageTableEntry
    ) -> FaultPlan {
        guard kind.isWrite, let slot = backing(of: page).slot else { return FaultPlan(.done) }
        guard isDirtyTracked(slot) else {
            makeSharedWritable(process, page, entry)
            self[cache: slot].isDirty = true
            return FaultPlan(.done)
        }
        self[frame: entry.frame].references &+= 1
        return FaultPlan(.tellFileSystem, entry)
    }

    /// Mirrors wp_page_reuse on a shared page.
    fileprivate func makeSharedWritable(_ process: Int, _ page: Int, _ entry: PageTableEntry) {
        var new = entry
        new.isWritable = self[mapped: process, page].isWritable
        new.isDirty = true
        new.isYoung = world.pointee.observesYoung
        new.isSoftDirty = layout.keepsTracking
        change(entry: process, page, to: new)
    }
}

extension Execution {
    /// Mirrors wp_page_shared with do_page_mkwrite, finish_mkwrite_fault and fault_dirty_shared_page.
    ///
    /// Precondition: the caller has a reference to the frame of the entry, which goes.
    mutating func writeSharedPage(
        _ process: Int, _ page: Int, _ entry: PageTableEntry
    ) throws(Failure) -> FaultResult {
        guard let slot = world.pointee.backings[page].slot else { return .done }
        guard try tellFileSystem(entry, slot, isLocked: false) else { return .done }
        let site = Site("finish_mkwrite_fault", "makes the entry writable if it is still the same")
        let isSame = try underPageTableLock(process, page, site) { machine in
            guard machine[entry: process, page].isSame(as: entry) else { return false }
            machine.makeSharedWritable(process, page, entry)
            return true
        }
        if isSame {
            try dirtySharedPage(entry, slot, keepsReference: false)
        } else {
            try unlockCachedPage(entry, keepsReference: false)
        }
        return .done
    }

    /// page_mkwrite: the file system hears of the first store to a page, with the page unlocked, and gives it back locked if it is the
    /// file's still. Only file systems on disks want it.
    ///
    /// - Returns: whether the page is the file's still; otherwise it has been let go.
    private mutating func tellFileSystem(
        _ page: PageTableEntry, _ slot: Int, isLocked: Bool
    ) throws(Failure) -> Bool {
        guard world.pointee.cacheSlots[slot].kind == .file else { return true }
        if isLocked {
            try atomically(Site("do_page_mkwrite", "drops the page lock for the file system")) { machine in
                machine[frame: page.frame].isLocked = false
            }
        }
        let site = Site("do_page_mkwrite", "has the file system lock the page, if it is the file's still")
        return try section(.none, site) { machine -> Bool? in
            guard !machine[frame: page.frame].isLocked else { return nil }
            let cached = machine[cache: slot]
            guard cached.isPresent, cached.frame == page.frame else {
                machine.put(page.frame)
                return false
            }
            machine[frame: page.frame].isLocked = true
            return true
        }
    }

    /// Mirrors fault_dirty_shared_page.
    private mutating func dirtySharedPage(
        _ page: PageTableEntry, _ slot: Int, keepsReference: Bool
    ) throws(Failure) {
        let site = Site("fault_dirty_shared_page", "marks the page as dirty, and drops its lock")
        try atomically(site) { machine in
            machine[cache: slot].isDirty = true
            machine[frame: page.frame].isLocked = false
            if !keepsReference { machine.put(page.frame) }
        }
    }
}
