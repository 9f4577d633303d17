import Rules

/// What mprotect allows: PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE.
public struct Protection: Equatable, Sendable {
    /// PROT_READ.
    public let isReadable: Bool
    /// PROT_WRITE.
    public let isWritable: Bool

    /// Makes a protection.
    public init(isReadable: Bool, isWritable: Bool) {
        self.isReadable = isReadable
        self.isWritable = isWritable
    }
}

extension Execution {
    /// mprotect of neighbouring pages, under mmap_lock for writing throughout. Mirrors mprotect_fixup and change_pte_range.
    ///
    /// - Returns: 0; -ENOMEM where a page is not mapped; -EBUSY where the rules let the call fail.
    mutating func mprotect(
        _ process: Int, _ pages: Range<Int>, _ protection: Protection
    ) throws(Failure) -> Int {
        try mmapWriteLock(process)
        try lockVMAs(of: process, pages)
        let result = try atomically(.alone(process), Site("mprotect_fixup", "changes the VMA's protection")) {
            machine in
            machine.beginDeferredFlush(process)
            return machine.changeProtection(process, pages, protection)
        }
        try forEachRound(pages.count) { execution, step throws(Failure) in
            let page = pages.lowerBound + step
            let site = Site("change_pte_range", "changes the entry under the page-table lock")
            _ = try execution.underPageTableLock(process, page, execution.aloneUnlessHuge(process), site) {
                machine in
                machine.protectEntry(process, page, of: pages, protection)
                return Done()
            }
        }
        try atomically(.alone(process), Site("tlb_finish_mmu", "flushes the range on every CPU")) { machine in
            machine.endDeferredFlush(process, pages)
        }
        try atomically(.left, Site("mmap_write_unlock", "drops mmap_lock")) { machine in
            for page in pages { machine[mapped: process, page].isBeingProtected = false }
            machine.releaseWriteLock(process)
        }
        return result
    }
}

extension Machine {
    /// - Returns: 0 or a negative errno. Pages before the first that is not mapped are changed, as mprotect(2) has it; where
    ///   the rules refuse to take the right to write from a page, none is.
    fileprivate func changeProtection(_ process: Int, _ pages: Range<Int>, _ protection: Protection) -> Int {
        if !protection.isWritable, pages.contains(where: { decideReadOnly(process, $0) == .fail }) {
            return -Errno.ebusy
        }
        for page in pages {
            let mapped = self[mapped: process, page]
            guard mapped.isMapped else { return -Errno.enomem }
            // mirrors mprotect_fixup: nothing is done where the protection stays as it is.
            if mapped.isReadable == protection.isReadable, mapped.isWritable == protection.isWritable {
                continue
            }
            self[mapped: process, page].isBeingProtected = true
            self[mapped: process, page].isReadable = protection.isReadable
            self[mapped: process, page].isWritable = protection.isWritable
        }
        return 0
    }

    /// What the rules do with an entry that is to lose the right to write.
    private func decideReadOnly(_ process: Int, _ page: Int) -> Choice {
        let entry = self[entry: process, page]
        guard entry.isPresent, entry.isWritable else { return .protect }
        let facts = PageFacts(machine: self, process: process, page: page, entry: entry)
        guard case .choice(let choice)? = decide(.mprotectReadOnly, facts) else { return .protect }
        return choice
    }

    /// Whether an entry of a mapping that may be written now is made writable at once. Mirrors can_change_pte_writable (6.0); before, a
    /// private page waited for its write fault. Shared memory that nobody tracks is writable by its vm_page_prot.
    ///
    /// - Parameters:
    ///   - anonymous: the path that is asked for a page of the process's own.
    ///   - cached: the same for one of the page cache.
    func isUpgraded(
        _ entry: PageTableEntry, _ process: Int, _ page: Int, _ anonymous: Path, _ cached: Path
    ) -> Bool {
        let isCached = mapsCache(entry, at: page)
        if isCached, isShared(page), let slot = backing(of: page).slot, !isDirtyTracked(slot),
            !isTrackedHere(process, page)
        {
            return true
        }
        let path = isCached ? cached : anonymous
        let facts = PageFacts(machine: self, process: process, page: page, entry: entry, isWrite: true)
        switch decide(path, facts) {
        case .choice(.upgrade): return true
        case .choice(.keep), nil: return false
        default:
            world.pointee.trouble = .meaninglessDecision(path)
            return false
        }
    }

    fileprivate func protectEntry(
        _ process: Int, _ page: Int, of pages: Range<Int>, _ protection: Protection
    ) {
        guard self[mapped: process, page].isBeingProtected, !isDoneWithWhole(process, page, of: pages) else {
            return
        }
        var entry = self[entry: process, page]
        if entry.isMigration, !protection.isWritable {
            // mirrors change_pte_range: a page on its way stays this process's own, but comes back read-only.
            entry.isWritable = false
            changeMapping(process, page, to: entry)
        }
        guard entry.isPresent else { return }
        entry.isProtectedNone = !protection.isReadable && !protection.isWritable
        if !protection.isWritable {
            if decideReadOnly(process, page) != .skip { entry.isWritable = false }
        } else if !entry.isWritable, !entry.mapsZeroPage {
            entry.isWritable = isUpgraded(
                entry, process, page, .mprotectWritableAnonymous, .mprotectWritableFile)
        }
        changeMapping(process, page, to: entry)
    }
}
