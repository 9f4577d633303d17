import Rules

// Guard regions: addresses of a mapping at which every access ends in SIGSEGV, by a marker in the page table.

extension Execution {
    /// madvise(MADV_GUARD_INSTALL): what is mapped goes, and markers take its place. Mirrors madvise_guard_install (6.13), which
    /// zaps and tries again until nothing stands in the way; under mmap_lock for reading.
    ///
    /// - Returns: 0; -EINVAL where there is no such advice, or a page is locked; -ENOMEM where one is not mapped, or without a
    ///   page table.
    mutating func installGuard(_ process: Int, _ pages: Range<Int>) throws(Failure) -> Int {
        guard world.pointee.mechanism(.madviseGuard) == .yes else { return try refuseAdvice() }
        try mmapReadLock(process)
        var error = 0
        _ = try inRounds(pages.count) { execution, step throws(Failure) in
            error = try execution.call { execution throws(Failure) in
                try execution.installGuard(process, at: pages.lowerBound + step, of: pages)
            }
            return error == 0
        }
        try mmapReadUnlock(process)
        return error
    }

    private mutating func installGuard(
        _ process: Int, at page: Int, of pages: Range<Int>
    ) throws(Failure) -> Int {
        let attempt = mark()
        while true {
            let site = Site("guard_install_set_pte", "puts a guard marker where the entry is empty")
            let need = try underPageTableLock(process, page, site) { machine in
                machine.placeGuard(process, page)
            }
            switch need {
            case GuardNeed.table:
                guard try allocatePageTable(process, page) else { return -Errno.enomem }
            case GuardNeed.zap:
                _ = try call { execution throws(Failure) in
                    try execution.zapForGuard(process, page..<(page + 1))
                }
            case GuardNeed.zapWhole:
                let group = page / Folio.pages * Folio.pages..<(page / Folio.pages + 1) * Folio.pages
                _ = try call { execution throws(Failure) in
                    try execution.zapForGuard(process, pages.clamped(to: group))
                }
            default: return need
            }
            rewind(to: attempt)
        }
    }

    /// Mirrors zap_page_range_single.
    private mutating func zapForGuard(_ process: Int, _ pages: Range<Int>) throws(Failure) -> Done {
        try atomically(Site("zap_page_range_single", "begins")) { machine in
            machine.beginDeferredFlush(process)
            for page in pages { machine[mapped: process, page].discards &+= 1 }
        }
        try zap(process, pages)
        return try atomically(Site("zap_page_range_single", "is done")) { machine in
            for page in pages { machine[mapped: process, page].discards &-= 1 }
            return Done()
        }
    }

    /// madvise(MADV_GUARD_REMOVE): takes markers away, and nothing else.
    ///
    /// - Returns: 0; -EINVAL where there is no such advice; -ENOMEM where a page is not mapped.
    mutating func removeGuard(_ process: Int, _ pages: Range<Int>) throws(Failure) -> Int {
        guard world.pointee.mechanism(.madviseGuard) == .yes else { return try refuseAdvice() }
        try mmapReadLock(process)
        try forEachRound(pages.count) { execution, step throws(Failure) in
            let page = pages.lowerBound + step
            let site = Site("guard_remove_pte_entry", "takes the guard marker away")
            _ = try execution.underPageTableLock(process, page, site) { machine in
                if machine[entry: process, page].isGuard { machine[entry: process, page] = .none }
                return Done()
            }
        }
        return try atomically(.left, Site("mmap_read_unlock", "drops mmap_lock")) { machine in
            machine[space: process].readers &-= 1
            return pages.allSatisfy { machine[mapped: process, $0].isMapped } ? 0 : -Errno.enomem
        }
    }

    /// A call that is refused is a step, too. Mirrors madvise_behavior_valid.
    mutating func refuseAdvice() throws(Failure) -> Int {
        try atomically(.both, Site("madvise_behavior_valid", "knows no such advice")) { _ in -Errno.einval }
    }
}

/// What stands in the way of a guard marker; anything else is a result: 0 or a negative errno.
private enum GuardNeed {
    static let table = 1
    static let zap = 2
    /// One entry maps all of a huge page: as much of it goes as the call is about.
    static let zapWhole = 3
}

extension Machine {
    fileprivate func placeGuard(_ process: Int, _ page: Int) -> Int {
        let mapped = self[mapped: process, page]
        guard mapped.isMapped else { return -Errno.enomem }
        guard !mapped.isLocked else { return -Errno.einval }
        guard self[table: process, page].isPresent else { return GuardNeed.table }
        let entry = self[entry: process, page]
        guard entry.isEmpty || entry.isGuard else {
            return isHuge(process, page) ? GuardNeed.zapWhole : GuardNeed.zap
        }
        // Fork copies page tables only where there is an anon_vma.
        prepareAnonVMA(process, page)
        self[entry: process, page] = .guardMarker
        return 0
    }

    /// Takes away the markers of a memory that goes.
    func clearGuards(of process: Int) {
        for page in 0..<pageCount where self[entry: process, page].isGuard {
            self[entry: process, page] = .none
        }
    }
}
