import Rules

// Making a huge page of small ones: khugepaged, MADV_COLLAPSE; and what is said about huge pages by madvise.

extension Execution {
    /// Makes huge pages of all groups of pages in a range. Mirrors madvise_collapse (6.1), or khugepaged where that does not exist or acts
    /// by itself, with collapse_huge_page.
    ///
    /// - Returns: 0; -EINVAL where there is no such advice, where huge pages are refused, or nothing is there that could be collapsed;
    ///   -EAGAIN where somebody refers to a page; -ENOMEM without memory.
    mutating func collapse(_ process: Int, _ pages: Range<Int>, _ who: Collapser) throws(Failure) -> Int {
        let isAdvised = world.pointee.mechanism(.madviseCollapse) == .yes && who != .background
        if who == .advice, !isAdvised {
            return try atomically(.both, Site("madvise_behavior_valid", "knows no such advice")) { _ in
                -Errno.einval
            }
        }
        let groups = pages.lowerBound / Folio.pages..<(pages.upperBound + Folio.pages - 1) / Folio.pages
        var result = 0
        try forEachRound(groups.count) { execution, step throws(Failure) in
            let page = (groups.lowerBound + step) * Folio.pages
            let one = try execution.call { execution throws(Failure) in
                try execution.collapseGroup(process, page, isAdvised: isAdvised, who)
            }
            if result == 0 { result = one }
        }
        return result
    }

    private mutating func collapseGroup(
        _ process: Int, _ page: Int, isAdvised: Bool, _ who: Collapser
    ) throws(Failure) -> Int {
        if world.pointee.backings[page].slot != nil {
            return try collapseCached(process, page, isAdvised: isAdvised, who)
        }
        let scan = Site("hpage_collapse_scan_pmd", "looks whether the pages can be collapsed")
        let scanned = try section(.none, scan) { machine -> Int? in
            if who == .background, machine.choose(among: 2) == 0 { return CollapseScan.nothing }
            guard machine.hasMemoryToReach(process) else { return -Errno.esrch }
            guard !machine[space: process].isWriteLocked, !machine[table: process, page].isLocked else {
                return nil
            }
            return machine.scanForCollapse(process, page, isAdvised: isAdvised)
        }
        guard scanned == CollapseScan.ready else { return scanned == CollapseScan.nothing ? 0 : scanned }
        let fresh = try allocateHugeFrame(chargedTo: process)
        guard fresh.isPresent else { return -Errno.enomem }
        try mmapWriteLock(process)
        try lockVMAs(of: process, page..<(page + Folio.pages))
        let clear = Site("pmdp_collapse_flush", "clears the page table's entry, and flushes every CPU")
        let cleared = try section(.none, clear) { machine -> Int? in
            guard !machine[table: process, page].isLocked else { return nil }
            guard machine.hasMemoryToReach(process) else { return -Errno.esrch }
            let scanned = machine.scanForCollapse(process, page, isAdvised: isAdvised)
            if scanned == CollapseScan.ready { machine.clearForCollapse(process, page) }
            return scanned
        }
        var result = cleared == CollapseScan.nothing ? 0 : cleared
        if cleared == CollapseScan.ready {
            let copy = Site(
                "collapse_huge_page", "looks at the references again, copies the pages and maps the huge page"
            )
            result = try atomically(copy) { machine in
                machine.finishCollapse(process, page, fresh.frame, isAdvised: isAdvised)
            }
        }
        if result != 0 || cleared != CollapseScan.ready {
            try putFrame(fresh, "drops the huge page that is not needed")
        }
        try mmapWriteUnlock(process)
        return result
    }

    /// madvise(MADV_HUGEPAGE) and (MADV_NOHUGEPAGE): a wish for faults to come. Mirrors hugepage_madvise.
    ///
    /// - Returns: 0; -ENOMEM where a page is not mapped.
    mutating func adviseHuge(_ process: Int, _ pages: Range<Int>, wanted: Bool) throws(Failure) -> Int {
        try mmapWriteLock(process)
        try lockVMAs(of: process, pages)
        let site = Site("hugepage_madvise", "changes the VMA's flags")
        let isMapped = try atomically(aloneUnlessHuge(process), site) { machine in
            for page in pages where machine[mapped: process, page].isMapped {
                guard machine.layout.keepsFolios else { continue }
                machine[hugeAdvice: process, page].isWanted = wanted
                machine[hugeAdvice: process, page].isRefused = !wanted
            }
            machine.splitAcrossVMAs(process, pages)
            return pages.allSatisfy { machine[mapped: process, $0].isMapped }
        }
        try mmapWriteUnlock(process)
        return isMapped ? 0 : -Errno.enomem
    }

    /// mmap of a mapping of hugetlb: its pages are reserved first. Mirrors hugetlbfs_file_mmap.
    mutating func mapPool(_ process: Int, _ pages: Range<Int>, _ protection: Protection) throws(Failure) {
        let site = Site("hugetlb_reserve_pages", "reserves pages of the pool")
        let isReserved = try atomically(site) { machine in
            machine.isShared(pages.lowerBound)
                ? machine.reserveForFile(pages) : machine.reserve(process, pages)
        }
        if isReserved { try map(process, pages, protection) }
    }
}

/// Who makes a huge page.
enum Collapser: Sendable {
    /// MADV_COLLAPSE.
    case advice
    /// Whatever the kernel has for it, told to.
    case told
    /// khugepaged by itself: it may as well not happen.
    case background
}

/// What a scan found; everything else is a negative errno.
private enum CollapseScan {
    static let nothing = 0
    static let ready = 1
}

extension Machine {
    /// Mirrors hpage_collapse_scan_pmd and __collapse_huge_page_isolate.
    fileprivate func scanForCollapse(_ process: Int, _ page: Int, isAdvised: Bool) -> Int {
        let refused = isAdvised ? -Errno.einval : -Errno.eagain
        guard allowsHuge(process, page, whenWanted: false) else { return -Errno.einval }
        if isHuge(process, page) { return CollapseScan.nothing }
        let entries = group(page).map { self[entry: process, $0] }
        guard entries.contains(where: { $0.isPresent && !$0.mapsZeroPage }) else { return refused }
        if let error = watchedRefusal(process, page, entries, isAdvised: isAdvised) { return error }
        if entries.contains(where: { $0.isAbsent || $0.isGuard || $0.isProtectedNone }) { return refused }
        if !entries.contains(where: \.isWritable), mechanism(.collapseReadOnly) == .no { return refused }
        // mirrors max_ptes_shared, which MADV_COLLAPSE does not ask for.
        let shared = entries.count { $0.isPresent && !$0.mapsZeroPage && mapcount($0.frame) > 1 }
        if !isAdvised, shared > Folio.pages / 2 { return -Errno.eagain }
        for (page, entry) in zip(group(page), entries) where entry.isPresent && !entry.mapsZeroPage {
            guard !self[frame: entry.frame].isLocked else { return -Errno.eagain }
            let facts = PageFacts(machine: self, process: process, page: page, entry: entry)
            guard decides(.collapse, .collapse, .fail, facts) else { return -Errno.eagain }
        }
        return CollapseScan.ready
    }

    /// What a userfaultfd watches is not collapsed: no page that it has protected, and where one is registered no hole, for that is its
    /// to fill. Mirrors SCAN_PTE_UFFD_WP and SCAN_EXCEED_NONE_PTE.
    private func watchedRefusal(
        _ process: Int, _ page: Int, _ entries: [PageTableEntry], isAdvised: Bool
    ) -> Int? {
        guard layout.keepsTracking else { return nil }
        let isWatched = !self[tracked: process, page].userfault.isEmpty
        for entry in entries {
            if isWatched, entry == .none || entry.mapsZeroPage && entry.isPresent {
                return isAdvised ? -Errno.ebusy : -Errno.eagain
            }
            if entry.isUserfaultProtected { return isAdvised ? -Errno.einval : -Errno.eagain }
        }
        return nil
    }

    /// The entries are kept aside, where nobody finds them.
    fileprivate func clearForCollapse(_ process: Int, _ page: Int) {
        let thread = world.pointee.actor
        self[table: process, page].lock(by: thread)
        for page in group(page) {
            self[gathered: thread, page] = self[entry: process, page]
            change(entry: process, page, to: .none)
            flush(process, page)
        }
    }

    /// - Returns: 0, or a negative errno, and everything is as it was.
    fileprivate func finishCollapse(_ process: Int, _ page: Int, _ fresh: Int, isAdvised: Bool) -> Int {
        let thread = world.pointee.actor
        for page in group(page) {
            change(entry: process, page, to: self[gathered: thread, page])
            self[gathered: thread, page] = .none
        }
        self[table: process, page].unlock()
        let scanned = scanForCollapse(process, page, isAdvised: isAdvised)
        guard scanned == CollapseScan.ready else { return scanned }
        let old = group(page).map { self[entry: process, $0] }
        for (page, entry) in zip(group(page), old) where entry.isPresent && !entry.mapsZeroPage {
            for word in 0..<wordCount { copyWord(word, from: entry.frame, to: fresh, at: page) }
        }
        for page in group(page) { change(entry: process, page, to: .none) }
        mapHugeAnonymous(fresh, process, page, writable: true)
        for page in group(page) { flush(process, page) }
        for (page, entry) in zip(group(page), old) where entry.isPresent && !entry.mapsZeroPage {
            removeMapping(entry.frame, process, page)
            put(entry.frame)
        }
        return 0
    }
}
