import Rules

// Faults where a huge page can be mapped, or is.

extension Execution {
    /// Maps a huge page where nothing is mapped, or where `old` is the huge zero page.
    ///
    /// - Returns: nil where the entry is to be looked at again, or a small page is to be mapped instead.
    mutating func mapHuge(
        _ process: Int, _ page: Int, _ kind: FaultKind, _ old: PageTableEntry
    ) throws(Failure) -> FaultResult? {
        let backing = world.pointee.backings[page]
        if world.pointee.geometry.isHugetlb(page) {
            return backing.isShared
                ? try mapSharedPoolPage(process, page) : try mapPoolPage(process, page, kind)
        }
        if let slot = backing.slot { return try mapHugeCached(process, page, slot, kind) }
        return try mapHugePage(process, page, kind, old)
    }

    /// Maps a huge page where nothing is mapped, or the huge zero page where nothing is stored. Mirrors
    /// do_huge_pmd_anonymous_page, and do_huge_zero_wp_pmd (6.14).
    ///
    /// - Parameter old: the huge zero page that is to be replaced; `none` where nothing is mapped.
    /// - Returns: nil where a small page is to be mapped instead.
    private mutating func mapHugePage(
        _ process: Int, _ page: Int, _ kind: FaultKind, _ old: PageTableEntry
    ) throws(Failure) -> FaultResult? {
        let isRead = !kind.isWrite && !old.namesFrame
        let fresh = isRead ? PageTableEntry.zeroPage : try allocateHugeFrame(chargedTo: process)
        guard fresh.isPresent else {
            // mirrors VM_FAULT_FALLBACK.
            guard old.namesFrame else { return try allocatePageTable(process, page) ? nil : .outOfMemory }
            let split = Site("__split_huge_pmd", "maps small pages in place of the huge zero page")
            _ = try underPageTableLock(process, page, split) { machine in
                machine.splitEntry(process, page)
                return Done()
            }
            return nil
        }
        if !old.namesFrame {
            let deposit = Site("pte_alloc_one", "allocates the page table for the day of the splitting")
            let isThere = try atomically(memoryMover, deposit) { machine in machine.allocateTable() }
            guard isThere else {
                if !isRead { try putFrame(fresh, "drops the huge page: there is no memory for its table") }
                return .outOfMemory
            }
        }
        let site = Site(
            "do_huge_pmd_anonymous_page", "maps the huge page under the PMD's lock if nothing has changed")
        let isMapped = try underPageTableLock(process, page, .none, site) { machine in
            machine.installHuge(fresh, process, page, over: old)
        }
        if !isMapped, !isRead { try putFrame(fresh, "drops the huge page that came too late") }
        return .done
    }

    /// Where an entry that maps a huge page may become many, others who map the page could see its counts change.
    func aloneUnlessHuge(_ process: Int) -> Mover {
        world.pointee.geometry.hasHugePages ? .none : .alone(process)
    }

    private var memoryMover: Mover { world.pointee.frameLimit == Int.max ? .left : .none }

    /// Allocates a zeroed huge page for an operation; `none` when there is no memory.
    mutating func allocateHugeFrame(chargedTo process: Int) throws(Failure) -> PageTableEntry {
        let limited = world.pointee.frameLimit != Int.max || world.pointee.keepsCharges
        let site = Site("vma_alloc_anon_folio_pmd", "allocates a huge page")
        return try atomically(limited ? .none : .left, site) { machine in
            machine.allocateHugeFrame(chargedTo: process)
        }
    }
}

extension Machine {
    /// What a fault does where there is no page table; nil where a huge page is not wanted.
    func planHugeFault(_ process: Int, _ page: Int, _ kind: FaultKind) -> FaultPlan? {
        guard layout.keepsFolios else { return nil }
        let isPossible =
            isHugetlb(page) || allowsHuge(process, page) || findsHugeCached(process, page, kind)
        guard isPossible else { return nil }
        if layout.keepsTracking, isWatchedUnmapped(process, page) { return FaultPlan(.userfaultMissing) }
        return FaultPlan(.mapHuge)
    }

    /// Maps a huge page, or the huge zero page, if what was seen there is there still.
    fileprivate func installHuge(
        _ fresh: PageTableEntry, _ process: Int, _ page: Int, over old: PageTableEntry
    ) -> Bool {
        if old.namesFrame {
            guard isHuge(process, page), self[entry: process, page].mapsZeroPage else { return false }
            // The zero page was read-only, and the entry is flushed before the lock is dropped (pmdp_huge_clear_flush).
            changeWhole(process, page, to: .none)
            for page in group(page) { flush(process, page) }
        } else {
            guard !self[table: process, page].isPresent else {
                freeTable()
                return false
            }
            self[table: process, page].isPresent = true
        }
        if fresh.mapsZeroPage {
            mapHugeZero(process, page)
        } else {
            mapHugeAnonymous(fresh.frame, process, page, writable: true)
        }
        return true
    }

    /// A write fault or an unshare on the huge zero page.
    func planHugeZeroFault(_ process: Int, _ page: Int, _ entry: PageTableEntry) -> FaultPlan {
        let facts = PageFacts(machine: self, process: process, page: page, entry: entry, isWrite: true)
        switch decide(.writeFaultHugeZero, facts) {
        case .choice(.allocate): return FaultPlan(.mapHuge, entry)
        case .choice(.split):
            splitEntry(process, page)
            return FaultPlan(.lookAgain)
        case nil: return FaultPlan(.done)
        default:
            world.pointee.trouble = .meaninglessDecision(.writeFaultHugeZero)
            return FaultPlan(.done)
        }
    }
}
