import Rules

// Pages of hugetlb: of a pool, reserved by who maps them, never split.

extension Execution {
    /// Maps a page of the pool where nothing is mapped: a reserved one for who reserved it. Mirrors hugetlb_no_page.
    mutating func mapPoolPage(_ process: Int, _ page: Int, _ kind: FaultKind) throws(Failure) -> FaultResult {
        let allocate = Site(
            "alloc_hugetlb_folio", "takes a page of the pool, the reserved one if there is one")
        let fresh = try atomically(.none, allocate) { machine in machine.takeFromPool(process, page) }
        guard fresh.isPresent else { return .busError }
        let isTable = try atomically(.none, Site("huge_pte_alloc", "allocates what the entry stands in")) {
            machine in machine.allocateTable()
        }
        guard isTable else {
            try putFrame(fresh, "drops the huge page again")
            return .outOfMemory
        }
        let site = Site(
            "hugetlb_no_page", "maps the page under the page-table lock if nothing is mapped there")
        let isMapped = try underPageTableLock(process, page, .none, site) { machine in
            guard !machine[table: process, page].isPresent else {
                machine.freeTable()
                return false
            }
            machine[table: process, page].isPresent = true
            // An entry for reading becomes writable by a write fault, which finds the page mapped once.
            machine.mapHugeAnonymous(fresh.frame, process, page, writable: kind.isWrite)
            return true
        }
        if !isMapped { try putFrame(fresh, "drops the huge page that came too late") }
        return .done
    }

    /// UFFDIO_COPY to a page of hugetlb: the value is the first word of all of it. Mirrors mfill_atomic_hugetlb.
    ///
    /// - Returns: 0; -EEXIST where a page is there; -ENOMEM.
    mutating func fillPoolPage(_ process: Int, _ page: Int, _ value: UInt16) throws(Failure) -> Int {
        guard page % Folio.pages == 0 else { return 0 }
        let allocate = Site(
            "alloc_hugetlb_folio", "takes a page of the pool, the reserved one if there is one")
        let fresh = try atomically(.none, allocate) { machine in machine.takeFromPool(process, page) }
        guard fresh.isPresent else { return -Errno.enomem }
        let isTable = try atomically(.none, Site("huge_pte_alloc", "allocates what the entry stands in")) {
            machine in machine.allocateTable()
        }
        guard isTable else {
            try putFrame(fresh, "drops the huge page again")
            return -Errno.enomem
        }
        let site = Site("hugetlb_mfill_atomic_pte", "maps the new page if nothing is there")
        let isMapped = try underPageTableLock(process, page, .none, site) { machine in
            guard !machine[table: process, page].isPresent else {
                machine.freeTable()
                return false
            }
            machine[table: process, page].isPresent = true
            machine[content: fresh.frame, 0] = value
            machine.mapHugeAnonymous(fresh.frame, process, page, writable: true)
            return true
        }
        if isMapped { return 0 }
        try putFrame(fresh, "drops the huge page that is not needed")
        return -Errno.eexist
    }

    /// Copies a page of hugetlb for a write fault or an unshare. Where the pool is empty, who reserved the page takes it from everybody
    /// else. Mirrors hugetlb_wp (hugetlb_cow before 5.19).
    ///
    /// Preconditions: the page of the plan's entry is locked and held by a reference.
    mutating func copyPoolPage(
        _ process: Int, _ page: Int, _ kind: FaultKind, _ plan: FaultPlan
    ) throws(Failure) -> FaultResult {
        let old = plan.entry
        let allocate = Site("alloc_hugetlb_folio", "takes a page of the pool for the copy")
        let fresh = try atomically(.none, allocate) { machine in machine.takeFromPool(process, page) }
        guard fresh.isPresent else { return try takePageFromOthers(process, page, old) }
        let thread = thread
        try forEachRound(world.pointee.geometry.words * Folio.pages) { execution, word throws(Failure) in
            let copy = Site("copy_user_large_folio", "copies the huge page, word by word")
            try execution.atomically(copy) { machine in
                if word == 0 { machine.beginCopy(thread, of: old, at: page) }
                machine[content: fresh.frame, word] = machine[content: old.frame, word]
                machine.noteCopied(word, thread, page)
            }
        }
        let install = Site("hugetlb_wp", "maps the copy, flushed, if the entry is the same")
        let isImprecise = plan.isImprecise
        let isInstalled = try underPageTableLock(process, page, .none, install) { machine in
            let isSame = machine[entry: process, page].isSame(as: old)
            machine.endCopy(thread, installed: isSame)
            machine[frame: old.frame].isLocked = false
            guard isSame else { return false }
            machine.changeWhole(process, page, to: .none)
            for page in machine.group(page) { machine.flush(process, page) }
            machine.removeWholeMapping(old.frame, process)
            machine.mapHugeAnonymous(fresh.frame, process, page, writable: kind.isWrite)
            for _ in 0..<Folio.pages { machine.countCopy() }
            if isImprecise { machine.breaks(.precision) }
            return true
        }
        try atomically(Site("folio_put", "drops the page that is not mapped here any more")) { machine in
            machine.put(old.frame, isInstalled ? 2 : 1)
            if !isInstalled { machine.put(fresh.frame) }
        }
        return .done
    }

    /// The pool is empty. Mirrors the end of alloc_huge_page's failure in hugetlb_wp, with unmap_ref_private.
    private mutating func takePageFromOthers(
        _ process: Int, _ page: Int, _ old: PageTableEntry
    ) throws(Failure) -> FaultResult {
        let isOwner = try atomically(Site("hugetlb_wp", "finds the pool empty, and unlocks the page")) {
            machine in
            machine[frame: old.frame].isLocked = false
            machine.put(old.frame)
            return machine[hugeAdvice: process, page].isOwner && machine[frame: old.frame].mappings > 1
        }
        guard isOwner else { return .busError }
        try forEachRound(world.pointee.geometry.processes) { execution, other throws(Failure) in
            guard other != process else { return }
            let site = Site("unmap_ref_private", "takes the page from who did not reserve it, and flushes")
            _ = try execution.section(.none, site) { machine in
                machine.takePage(old.frame, from: other, page)
            }
        }
        return .done
    }

    /// Takes the reservations of mappings back that go.
    mutating func releaseReservations(_ process: Int, _ pages: Range<Int>) throws(Failure) {
        guard !world.pointee.geometry.hugetlbPages.isEmpty else { return }
        try atomically(Site("hugetlb_vm_op_close", "gives back what was reserved and not taken")) { machine in
            machine.releaseReservations(process, pages)
        }
    }
}

extension Machine {
    /// Reserves pages of the pool for a private mapping. Mirrors hugetlb_reserve_pages.
    ///
    /// - Returns: whether there are as many.
    @discardableResult
    func reserve(_ process: Int, _ pages: Range<Int>) -> Bool {
        let count = UInt16(pages.count / Folio.pages)
        guard global.poolFree >= global.poolReserved + count else { return false }
        global.poolReserved += count
        for page in pages {
            self[hugeAdvice: process, page].isOwner = true
            self[hugeAdvice: process, page].isReserved = subpage(page) == 0
        }
        return true
    }

    func releaseReservations(_ process: Int, _ pages: Range<Int>) {
        for page in pages {
            if self[hugeAdvice: process, page].isReserved { global.poolReserved &-= 1 }
            self[hugeAdvice: process, page] = HugeAdvice()
        }
    }

    /// Takes a page of the pool for a fault; `none` where there is none, or where the owner has taken this one away.
    func takeFromPool(_ process: Int, _ page: Int) -> PageTableEntry {
        let first = group(page).lowerBound
        let advice = self[hugeAdvice: process, first]
        if advice.isTakenAway { return .none }
        let fresh = allocatePoolFrame(reserved: advice.isReserved)
        if fresh.isPresent { self[hugeAdvice: process, first].isReserved = false }
        return fresh
    }

    /// nil: the page-table lock is held by somebody.
    fileprivate func takePage(_ frame: Int, from process: Int, _ page: Int) -> Done? {
        guard self[space: process].state == .live || self[space: process].state == .forming else {
            return Done()
        }
        guard !self[table: process, page].isLocked else { return nil }
        let entry = self[entry: process, page]
        guard entry.isPresent, entry.frame == frame else { return Done() }
        for page in group(page) { giveUpReferences(process, page) }
        _ = takeWhole(process, page)
        for page in group(page) {
            flush(process, page)
            self[hugeAdvice: process, page].isTakenAway = true
        }
        put(frame)
        return Done()
    }

    /// How far the copy of a huge page has come, as far as stores to the page of the fault are concerned.
    func noteCopied(_ word: Int, _ thread: Int, _ page: Int) {
        let copied = word + 1 - subpage(page) * wordCount
        self[thread: thread].copiedWords = UInt8(truncatingIfNeeded: min(max(copied, 0), wordCount))
    }

    /// A write fault or an unshare on a page of hugetlb; the decision to copy locks the page, for faults on it come one after the other
    /// (hugetlb_fault_mutex).
    func planPoolFault(_ process: Int, _ page: Int, _ kind: FaultKind, _ entry: PageTableEntry) -> FaultPlan?
    {
        guard !self[frame: entry.frame].isLocked else { return nil }
        let path = kind == .unshare ? Path.unshareHugetlb : .writeFaultHugetlb
        let facts = PageFacts(
            machine: self, process: process, page: page, entry: entry, isWrite: kind.isWrite)
        switch decide(path, facts) {
        case .choice(.reuse):
            if world.pointee.keepsExclusive { setWholeExclusive(entry.frame, true) }
            guard kind.isWrite else { return FaultPlan(.done) }
            makeWholeWritable(process, page, entry)
            return FaultPlan(.done)
        case .choice(.copy):
            var plan = FaultPlan(.copy, entry)
            plan.isImprecise =
                world.pointee.checksGuarantees
                && group(page).allSatisfy { !isSeenByOthers(entry.frame, than: process, at: $0) }
            self[frame: entry.frame].references &+= 1
            self[frame: entry.frame].isLocked = true
            return plan
        case .choice(.keep), nil: return FaultPlan(.done)
        default:
            world.pointee.trouble = .meaninglessDecision(path)
            return FaultPlan(.done)
        }
    }
}
