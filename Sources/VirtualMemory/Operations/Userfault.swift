import Rules

// userfaultfd(2): registering, write-protecting, filling.

/// A call of userfaultfd(2).
public enum UserfaultCall: Equatable, Sendable, BitwiseCopyable {
    /// UFFDIO_REGISTER.
    case register(UserfaultModes)
    /// UFFDIO_UNREGISTER.
    case unregister
    /// UFFDIO_WRITEPROTECT with UFFDIO_WRITEPROTECT_MODE_WP.
    case writeprotect
    /// UFFDIO_WRITEPROTECT without it.
    case resolve(wakes: Bool)
    /// UFFDIO_WAKE.
    case wake
    /// UFFDIO_COPY of a page with this first word.
    case copy(UInt16)
    /// UFFDIO_CONTINUE.
    case `continue`
    /// Waits for an event and takes it.
    case awaitFault
    /// Whether there is an event.
    case pollFault
}

extension Execution {
    /// A call of userfaultfd(2) on neighbouring pages. Every mapping has a userfaultfd of its own.
    ///
    /// - Returns: 0, or what is asked for, or a negative errno.
    mutating func userfault(
        _ call: UserfaultCall, _ process: Int, _ pages: Range<Int>
    ) throws(Failure) -> Int {
        switch call {
        case .register(let modes): return try registerUserfault(process, pages, modes)
        case .unregister: return try unregisterUserfault(process, pages)
        case .writeprotect: return try writeProtect(process, pages)
        case .resolve(let wakes):
            let result = try unprotect(process, pages)
            if result == 0, wakes { try wakeWaiting(process, pages) }
            return result
        case .wake:
            try wakeWaiting(process, pages)
            return 0
        case .copy(let value):
            return try fill(process, pages) { execution, page throws(Failure) in
                try execution.fillPage(process, page, value)
            }
        case .continue:
            guard world.pointee.mechanism(.uffdMinor) == .yes else {
                return try atomically(.both, Site("userfaultfd_ioctl", "knows no UFFDIO_CONTINUE")) { _ in
                    -Errno.einval
                }
            }
            return try fill(process, pages) { execution, page throws(Failure) in
                try execution.continuePage(process, page)
            }
        case .awaitFault: return try takeEvent(process, pages)
        case .pollFault:
            return try atomically(Site("userfaultfd_poll", "looks whether there is an event")) { machine in
                machine.events(process, pages).isEmpty ? 0 : 1
            }
        }
    }

    /// Mirrors userfaultfd_api with its features, then userfaultfd_register, under mmap_lock for writing.
    ///
    /// - Returns: 0; -EINVAL for memory or a feature that the rules do not know.
    private mutating func registerUserfault(
        _ process: Int, _ pages: Range<Int>, _ modes: UserfaultModes
    ) throws(Failure) -> Int {
        guard pages.allSatisfy({ world.pointee.canRegister(modes, $0) }) else {
            return try atomically(.both, Site("userfaultfd_api", "knows no such feature")) { _ in
                -Errno.einval
            }
        }
        try mmapWriteLock(process)
        try lockVMAs(of: process, pages)
        let site = Site("userfaultfd_register", "marks the VMAs")
        let result = try atomically(aloneUnlessHuge(process), site) { machine in
            guard pages.allSatisfy({ machine[mapped: process, $0].isMapped }) else { return -Errno.einval }
            for page in pages { machine[tracked: process, page].userfault = modes }
            machine.splitAcrossVMAs(process, pages)
            return 0
        }
        try mmapWriteUnlock(process)
        return result
    }

    /// Mirrors userfaultfd_unregister, under mmap_lock for writing: who waits for a page that is missing goes on, who waits to store
    /// to a protected one does not.
    ///
    /// - Returns: 0, or -EINVAL where nothing is mapped.
    private mutating func unregisterUserfault(_ process: Int, _ pages: Range<Int>) throws(Failure) -> Int {
        try mmapWriteLock(process)
        try lockVMAs(of: process, pages)
        let result = try atomically(Site("userfaultfd_unregister", "wakes who waits for missing pages")) {
            machine in
            guard pages.allSatisfy({ machine[mapped: process, $0].isMapped }) else { return -Errno.einval }
            for page in pages where machine[tracked: process, page].userfault.contains(.missing) {
                machine.wake(process, page..<(page + 1))
            }
            return 0
        }
        if result == 0 {
            try forEachRound(pages.count) { execution, step throws(Failure) in
                let page = pages.lowerBound + step
                let site = Site(
                    "uffd_wp_range", "takes the mark from the entry, and the VMA from the userfaultfd")
                let mover = execution.aloneUnlessHuge(process)
                _ = try execution.underPageTableLock(process, page, mover, site) { machine in
                    machine.stopWatching(process, page, of: pages)
                    return Done()
                }
            }
        }
        try mmapWriteUnlock(process)
        return result
    }

    /// Mirrors mwriteprotect_range, under mmap_lock for reading; entries are flushed in the end.
    ///
    /// - Returns: 0; -ENOENT where the memory is not registered; -EBUSY where the rules let the call fail; -ENOMEM.
    private mutating func writeProtect(_ process: Int, _ pages: Range<Int>) throws(Failure) -> Int {
        try mmapReadLock(process)
        let begun = try atomically(.alone(process), Site("mwriteprotect_range", "begins")) { machine in
            machine.beginUserfaultProtection(process, pages)
        }
        guard begun == 0 else {
            try mmapReadUnlock(process)
            return begun
        }
        let isWhole = try inRounds(pages.count) { execution, step throws(Failure) in
            try execution.call { execution throws(Failure) in
                try execution.protectPage(process, pages.lowerBound + step, of: pages)
            }
        }
        try atomically(.alone(process), Site("tlb_finish_mmu", "flushes the range on every CPU")) { machine in
            machine.endDeferredFlush(process, pages)
        }
        return try atomically(Site("mmap_read_unlock", "drops mmap_lock, and returns")) { machine in
            machine[space: process].readers &-= 1
            guard isWhole else { return -Errno.enomem }
            for page in pages where machine[entry: process, page].isUserfaultProtected {
                machine[tracked: process, page].awaitsUserfault = true
            }
            return 0
        }
    }

    /// One entry. A marker needs a page table (change_pmd_prepare).
    ///
    /// - Returns: false when there is no memory.
    private mutating func protectPage(
        _ process: Int, _ page: Int, of pages: Range<Int>
    ) throws(Failure) -> Bool {
        let attempt = mark()
        while true {
            let site = Site("change_pte_range", "makes the entry read-only, and marks it as protected")
            let isDone = try underPageTableLock(process, page, aloneUnlessHuge(process), site) { machine in
                machine.protectForUserfault(process, page, of: pages)
            }
            if isDone { return true }
            guard try allocatePageTable(process, page) else { return false }
            rewind(to: attempt)
        }
    }

    /// The same without UFFDIO_WRITEPROTECT_MODE_WP.
    private mutating func unprotect(_ process: Int, _ pages: Range<Int>) throws(Failure) -> Int {
        try mmapReadLock(process)
        let isRegistered = try atomically(.alone(process), Site("mwriteprotect_range", "begins")) { machine in
            guard machine.isRegistered(process, pages) else { return false }
            machine.beginDeferredFlush(process)
            return true
        }
        guard isRegistered else {
            try mmapReadUnlock(process)
            return -Errno.enoent
        }
        try forEachRound(pages.count) { execution, step throws(Failure) in
            let page = pages.lowerBound + step
            let site = Site("change_pte_range", "takes the mark of protection from the entry")
            let mover = execution.aloneUnlessHuge(process)
            _ = try execution.underPageTableLock(process, page, mover, site) { machine in
                machine.resolve(process, page, of: pages)
                return Done()
            }
        }
        try atomically(.alone(process), Site("tlb_finish_mmu", "flushes the range on every CPU")) { machine in
            machine.endDeferredFlush(process, pages)
        }
        try mmapReadUnlock(process)
        return 0
    }
}

extension World {
    /// Whether there is such a userfaultfd for a page. Mirrors vma_can_userfault: anonymous memory and shmem.
    fileprivate mutating func canRegister(_ modes: UserfaultModes, _ page: Int) -> Bool {
        if !backings[page].isAnonymous, shmemSlot(of: page) == nil { return false }
        if modes.contains(.minor), backings[page].isAnonymous || mechanism(.uffdMinor) == .no { return false }
        if modes.contains(.async), mechanism(.uffdWpAsync) == .no { return false }
        if modes.contains(.unpopulated), mechanism(.uffdWpUnpopulated) == .no { return false }
        guard modes.contains(.writeProtect) else { return true }
        return switch mechanism(.uffdWp) {
        case .none: false
        case .anonymous: backings[page].isAnonymous && !geometry.isHugetlb(page)
        default: true
        }
    }

    /// The place in the page cache of what is mapped at a page, where that is shmem.
    func shmemSlot(of page: Int) -> Int? {
        guard let slot = backings[page].slot, cacheSlots[slot].kind != .file else { return nil }
        return slot
    }
}

extension Machine {
    fileprivate func isRegistered(_ process: Int, _ pages: Range<Int>) -> Bool {
        pages.allSatisfy {
            self[mapped: process, $0].isMapped && self[tracked: process, $0].userfault.contains(.writeProtect)
        }
    }

    /// - Returns: 0 or a negative errno; then nothing is changed.
    fileprivate func beginUserfaultProtection(_ process: Int, _ pages: Range<Int>) -> Int {
        guard isRegistered(process, pages) else { return -Errno.enoent }
        let isRefused = pages.contains { page in
            self[entry: process, page].isPresent && decideProtection(process, page) == .fail
        }
        if isRefused { return -Errno.ebusy }
        beginDeferredFlush(process)
        for page in pages {
            self[tracked: process, page].awaitsUserfault = false
            self[tracked: process, page].wasReportedByUserfault = false
        }
        return 0
    }

    private func decideProtection(_ process: Int, _ page: Int) -> Choice {
        let facts = PageFacts(machine: self, process: process, page: page, entry: self[entry: process, page])
        guard case .choice(let choice)? = decide(.uffdWriteprotect, facts) else { return .protect }
        return choice
    }

    /// Mirrors change_pte_range and change_huge_pmd with MM_CP_UFFD_WP.
    ///
    /// - Returns: false where a page table is needed first.
    fileprivate func protectForUserfault(_ process: Int, _ page: Int, of pages: Range<Int>) -> Bool {
        if isDoneWithWhole(process, page, of: pages) { return true }
        var entry = self[entry: process, page]
        if !entry.namesFrame {
            guard !entry.isGuard, isProtectedUnpopulated(process, page) else { return true }
            // A marker of hugetlb stands where the page's own entry would.
            guard self[table: process, page].isPresent || isHugetlb(page) else { return false }
            change(entry: process, page, to: .userfaultMarker)
            return true
        }
        if entry.isPresent, decideProtection(process, page) == .skip { return true }
        // Of a page on its way to another frame the writable bit is remembered otherwise.
        if !entry.isSwap { entry.isWritable = false }
        // mirrors pte_modify with vm_page_prot, which ends what NUMA balancing began.
        if entry.isPresent { entry.isProtectedNone = self[mapped: process, page].isHidden }
        entry.isUserfaultProtected = true
        changeMapping(process, page, to: entry)
        return true
    }

    /// The end of what uffd_wp_range and userfaultfd_unregister do at a page.
    fileprivate func stopWatching(_ process: Int, _ page: Int, of pages: Range<Int>) {
        self[tracked: process, page].userfault = []
        self[tracked: process, page].awaitsUserfault = false
        self[tracked: process, page].wasReportedByUserfault = false
        if isDoneWithWhole(process, page, of: pages) { return }
        var entry = self[entry: process, page]
        entry.isUserfaultProtected = false
        changeMapping(process, page, to: entry)
    }

    /// Whether what is not mapped gets a marker: of files, shared memory and hugetlb (5.19), and of anonymous memory where that is asked
    /// for.
    private func isProtectedUnpopulated(_ process: Int, _ page: Int) -> Bool {
        isFileBacked(page) || isHugetlb(page) || self[tracked: process, page].userfault.contains(.unpopulated)
    }

    /// Mirrors change_pte_range with MM_CP_UFFD_WP_RESOLVE: up to 6.1 the entry is left with the rights of vm_page_prot, which a private
    /// mapping has no right to write by.
    fileprivate func resolve(_ process: Int, _ page: Int, of pages: Range<Int>) {
        self[tracked: process, page].awaitsUserfault = false
        self[tracked: process, page].wasReportedByUserfault = false
        if isDoneWithWhole(process, page, of: pages) { return }
        var entry = self[entry: process, page]
        entry.isUserfaultProtected = false
        if isHugetlb(page) {
            // mirrors hugetlb_change_protection, which leaves the rights of vm_page_prot.
            entry.isWritable = false
        } else if entry.isPresent {
            entry.isProtectedNone = self[mapped: process, page].isHidden
            let facts = PageFacts(machine: self, process: process, page: page, entry: entry, isWrite: true)
            switch decide(.uffdResolve, facts) {
            case .choice(.upgrade):
                entry.isWritable = self[mapped: process, page].isWritable && !entry.mapsZeroPage
            case .choice(.protect): entry.isWritable = false
            case .choice(.keep), nil: break
            default: world.pointee.trouble = .meaninglessDecision(.uffdResolve)
            }
        }
        changeMapping(process, page, to: entry)
    }
}
