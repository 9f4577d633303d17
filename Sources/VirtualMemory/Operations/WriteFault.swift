import Rules

// A write fault, or an unshare, on a present entry that is read-only: do_wp_page and wp_page_copy.

extension Machine {
    /// The first part of do_wp_page, under the page-table lock: decides, or locks the page to decide further.
    func planWriteFault(
        _ process: Int, _ page: Int, _ kind: FaultKind, _ entry: PageTableEntry
    ) -> FaultPlan {
        if entry.mapsZeroPage {
            let path = kind == .unshare ? Path.unshareZero : .writeFaultZero
            return planCopyOnly(path, process, page, kind, entry)
        }
        if mapsCache(entry, at: page) {
            if isShared(page) { return planSharedWrite(process, page, kind, entry) }
            let path = kind == .unshare ? Path.unshareFile : .writeFaultFile
            return planCopyOnly(path, process, page, kind, entry)
        }
        return walk(wpPath(entry.frame, kind, process, page), process, page, kind, entry, from: 0, own: 0)
    }

    /// The path of a write fault or an unshare on an anonymous page.
    fileprivate func wpPath(_ frame: Int, _ kind: FaultKind, _ process: Int, _ page: Int) -> Path {
        if isHuge(process, page) { return kind == .unshare ? .unshareHuge : .writeFaultHuge }
        guard layout.keepsMarks, self[marks: frame].isMerged else {
            return kind == .unshare ? .unshareAnonymous : .writeFaultAnonymous
        }
        return kind == .unshare ? .unshareKSM : .writeFaultKSM
    }

    /// do_wp_page where there is nothing to reuse: on the zero page, for which vm_normal_page gives none, and on the page cache in a
    /// private mapping.
    private func planCopyOnly(
        _ path: Path, _ process: Int, _ page: Int, _ kind: FaultKind, _ entry: PageTableEntry
    ) -> FaultPlan {
        let facts = PageFacts(
            machine: self, process: process, page: page, entry: entry, isWrite: kind.isWrite)
        guard let decision = decide(path, facts) else { return FaultPlan(.done) }
        switch decision {
        case .choice(.copy):
            prepareAnonVMA(process, page)
            if !entry.mapsZeroPage { self[frame: entry.frame].references &+= 1 }
            return FaultPlan(.copy, entry)
        case .choice(.reuse), .choice(.keep), .choice(.skip):
            // Up to 6.1 an unshare left the zero page and the page cache where they were.
            if kind.isWrite { world.pointee.trouble = .meaninglessDecision(path) }
            return FaultPlan(.done)
        default:
            world.pointee.trouble = .meaninglessDecision(path)
            return FaultPlan(.done)
        }
    }

    /// Walks the clause of a write fault on an anonymous page. The caller holds the page-table lock.
    fileprivate func walk(
        _ path: Path, _ process: Int, _ page: Int, _ kind: FaultKind, _ entry: PageTableEntry,
        from first: Int, own: Int32, countedParts: Int = -1
    ) -> FaultPlan {
        var step = first
        let facts = PageFacts(
            machine: self, process: process, page: page, entry: entry, own: own, isWrite: kind.isWrite,
            countedParts: countedParts)
        while true {
            guard let decision = decide(path, facts, from: step) else { return FaultPlan(.done) }
            switch decision {
            case .choice(.reuse):
                reuse(process, page, kind, entry)
                return FaultPlan(.done)
            case .choice(.split) where isHuge(process, page):
                splitEntry(process, page)
                return FaultPlan(.lookAgain)
            case .choice(.copy) where !isHuge(process, page):
                return planCopy(process, page, entry)
            case .choice(.keep) where kind == .unshare:
                // Leave the entry as it is: whoever wanted the unshare looks again.
                return FaultPlan(.done)
            case .action(.lockPage, _, let otherwise):
                return lockPage(process, page, entry, path, otherwise: otherwise)
            case .action(.drainLRU, let next, _):
                drainBatch(of: world.pointee.actor)
                step = next
            case .action(.freeSwapCache, let next, let otherwise):
                if !freeSwapCache(entry.frame), otherwise == .copy { return planCopy(process, page, entry) }
                step = next
            default:
                world.pointee.trouble = .meaninglessDecision(path)
                return FaultPlan(.done)
            }
        }
    }

    /// Tries the page lock; where it is taken, the rule set waits for it or takes the other choice.
    private func lockPage(
        _ process: Int, _ page: Int, _ entry: PageTableEntry, _ path: Path, otherwise: Choice?
    ) -> FaultPlan {
        let isHuge = isHuge(process, page)
        if !self[frame: entry.frame].isLocked {
            self[frame: entry.frame].isLocked = true
            self[table: process, page].lock(by: world.pointee.actor)
            return FaultPlan(.pageLocked, entry)
        }
        if mechanism(isHuge ? .pageLockHuge : .pageLock) == .try, let otherwise {
            // mirrors do_wp_page, 5.9 and later: a page that somebody has locked is copied.
            if isHuge, otherwise == .split {
                splitEntry(process, page)
                return FaultPlan(.lookAgain)
            }
            guard otherwise == .copy, !isHuge else {
                world.pointee.trouble = .meaninglessDecision(path)
                return FaultPlan(.done)
            }
            return planCopy(process, page, entry)
        }
        // mirrors do_wp_page up to 5.8: keeps the page, drops the page-table lock, waits.
        self[frame: entry.frame].references &+= 1
        return FaultPlan(.waitForPageLock, entry)
    }

    /// The page will be copied; it is kept meanwhile. Precision is judged here, and broken if the copy is installed.
    private func planCopy(_ process: Int, _ page: Int, _ entry: PageTableEntry) -> FaultPlan {
        var plan = FaultPlan(.copy, entry)
        plan.isImprecise =
            world.pointee.checksGuarantees && !isSeenByOthers(entry.frame, than: process, at: page)
        self[frame: entry.frame].references &+= 1
        return plan
    }

    /// Mirrors wp_page_reuse: the entry becomes writable in place; no flush, for it allows more than before. An unshare
    /// leaves the entry as it is (5.19 and later).
    private func reuse(_ process: Int, _ page: Int, _ kind: FaultKind, _ entry: PageTableEntry) {
        if world.pointee.keepsExclusive {
            if isHuge(process, page) {
                setWholeExclusive(entry.frame, true)
            } else {
                setExclusive(entry.frame, at: page, true)
            }
        }
        // mirrors reuse_ksm_page, up to 5.8.
        if layout.keepsMarks { self[marks: entry.frame].isMerged = false }
        guard kind.isWrite else { return }
        var new = entry
        new.isWritable = self[mapped: process, page].isWritable
        new.isDirty = true
        new.isYoung = world.pointee.observesYoung
        new.isSoftDirty = layout.keepsTracking
        changeMapping(process, page, to: new)
    }
}

extension Execution {
    /// The part of do_wp_page that runs with the page locked.
    ///
    /// Preconditions: the plan says that the page and the page table are locked, or that the page is to be waited for.
    mutating func decideWithPageLock(
        _ process: Int, _ page: Int, _ kind: FaultKind, _ plan: FaultPlan
    ) throws(Failure) -> FaultPlan {
        let entry = plan.entry
        if plan.act == .waitForPageLock {
            guard try waitForPageLock(process, page, entry) else { return FaultPlan(.done) }
        }
        let parts = try countParts(process, page, entry)
        let site = Site("do_wp_page", "decides with the page locked, and drops both locks")
        return try atomically(site) { machine in
            let path = machine.wpPath(entry.frame, kind, process, page)
            let step = machine.world.pointee.stepBehindPageLock[path.placeOfPageLock]
            machine[frame: entry.frame].isLocked = false
            machine[table: process, page].unlock()
            return machine.walk(
                path, process, page, kind, entry, from: step, own: 0, countedParts: parts)
        }
    }

    /// Mirrors page_trans_huge_mapcount up to 5.7: what maps single pages is counted first, and only then what maps the huge page as a
    /// whole. An entry that another process splits in between is counted in neither, as long as splitting takes no page lock
    /// (c444eb564fb1).
    ///
    /// - Returns: the count; negative where all is counted at once.
    private mutating func countParts(
        _ process: Int, _ page: Int, _ entry: PageTableEntry
    ) throws(Failure) -> Int {
        guard world.pointee.geometry.hasHugePages, world.pointee.mechanism(.hugeMapcount) == .inParts else {
            return -1
        }
        let site = Site("page_trans_huge_mapcount", "counts the entries that map single pages")
        return try atomically(site) { machine in
            machine.isHuge(process, page) ? machine[folio: entry.frame].mostPartMappings : -1
        }
    }

    /// Mirrors do_wp_page up to 5.8: lock_page, then the page-table lock again, and a look whether the entry is the same.
    ///
    /// - Returns: whether it is; both locks are held then. Otherwise everything is let go.
    private mutating func waitForPageLock(
        _ process: Int, _ page: Int, _ entry: PageTableEntry
    ) throws(Failure) -> Bool {
        let wasHuge = try isHugeNow(process, page)
        _ = try section(.none, Site("lock_page", "waits for the page lock")) { machine -> Done? in
            guard !machine[frame: entry.frame].isLocked else { return nil }
            machine[frame: entry.frame].isLocked = true
            return Done()
        }
        let site = Site("do_wp_page", "takes the page-table lock again and compares the entry")
        return try underPageTableLock(process, page, .none, site) { machine in
            let isSame =
                machine[entry: process, page].isSame(as: entry)
                && machine.isHuge(process, page) == wasHuge
            if isSame {
                machine[table: process, page].lock(by: machine.world.pointee.actor)
            } else {
                machine[frame: entry.frame].isLocked = false
            }
            machine.put(entry.frame)
            return isSame
        }
    }

    /// Whether one entry maps all of a huge page here; no step where there are none.
    private mutating func isHugeNow(_ process: Int, _ page: Int) throws(Failure) -> Bool {
        guard world.pointee.geometry.hasHugePages else { return false }
        return try atomically(.both, Site("do_huge_pmd_wp_page", "remembers that the page is huge")) {
            machine in
            machine.isHuge(process, page)
        }
    }

    /// Mirrors wp_page_copy, all releases.
    ///
    /// Preconditions: the caller holds a reference to the frame of the plan's entry, unless that is the zero page.
    mutating func copyPage(
        _ process: Int, _ page: Int, _ kind: FaultKind, _ plan: FaultPlan
    ) throws(Failure) -> FaultResult {
        let old = plan.entry
        let fresh = try allocateFrame(chargedTo: process)
        guard fresh.isPresent else {
            if !old.mapsZeroPage { try putFrame(old, "drops the old page: there is no memory for a copy") }
            return .outOfMemory
        }
        if !old.mapsZeroPage { try copyContent(of: old, to: fresh, page) }

        let isSame = try clearEntry(process, page, old)
        guard isSame else {
            try atomically(Site("wp_page_copy", "drops the copy: the entry has changed")) { machine in
                machine.put(fresh.frame)
                if !old.mapsZeroPage { machine.put(old.frame) }
            }
            return .done
        }
        try atomically(replacing(process), Site("ptep_clear_flush", "flushes the address on every CPU")) {
            machine in
            machine.flush(process, page)
        }
        let isImprecise = plan.isImprecise
        let thread = thread
        let site = Site("wp_page_copy", "maps the copy")
        try atomically(site) { machine in
            machine.mapCopy(fresh.frame, process, page, kind)
            machine.endCopy(thread, installed: true)
            if isImprecise { machine.breaks(.precision) }
        }
        try dropOldPage(process, page, old)
        return .done
    }

    /// Copies the words of a frame one by one, with no lock that could stop those who write to it.
    private mutating func copyContent(
        of old: PageTableEntry, to fresh: PageTableEntry, _ page: Int
    ) throws(Failure) {
        let thread = thread
        try forEachRound(world.pointee.geometry.words) { execution, word throws(Failure) in
            try execution.atomically(Site("copy_user_highpage", "copies the page, word by word")) { machine in
                if word == 0 { machine.beginCopy(thread, of: old, at: page) }
                machine.copyWord(word, from: old.frame, to: fresh.frame, at: page)
                machine[thread: thread].copiedWords &+= 1
            }
        }
    }

    /// Clearing and flushing an entry that is about to be replaced are right movers: it was read-only, so that a load through
    /// the old translation gives what it gives before the entry is cleared, and who finds it empty faults and waits for this
    /// page-table lock. Only a look, which takes no lock, could tell that it was empty.
    private func replacing(_ process: Int) -> Mover { world.pointee.hasLooks ? .alone(process) : .right }

    /// Takes the page-table lock and clears the entry if it is still the one that was copied; the lock stays held then.
    private mutating func clearEntry(
        _ process: Int, _ page: Int, _ old: PageTableEntry
    ) throws(Failure) -> Bool {
        let thread = thread
        let site = Site("wp_page_copy", "takes the page-table lock, compares the entry and clears it")
        return try underPageTableLock(process, page, replacing(process), site) { machine in
            guard machine[entry: process, page].isSame(as: old) else {
                machine.endCopy(thread, installed: false)
                return false
            }
            machine[table: process, page].lock(by: machine.world.pointee.actor)
            // What an unshare is to keep of the entry stays where nobody comes until the copy is there.
            let kept = PageTableEntry.none.tracked(as: machine[entry: process, page])
            machine.change(entry: process, page, to: kept)
            return true
        }
    }

    /// The old page loses its mapping only after the flush, so that nobody takes it over while a TLB still leads there;
    /// then its references go: the mapping's and the fault's own.
    private mutating func dropOldPage(_ process: Int, _ page: Int, _ old: PageTableEntry) throws(Failure) {
        guard !old.mapsZeroPage else { return try unlockPageTable(process, page) }
        let mover: Mover = world.pointee.observesMapcount ? .none : .both
        try atomically(mover, Site("page_remove_rmap", "takes the mapping from the old page")) { machine in
            machine.removeMapping(old.frame, process, page)
        }
        try atomically(Site("put_page", "drops the old page, and the page-table lock")) { machine in
            machine[table: process, page].unlock()
            machine.put(old.frame, 2)
        }
    }
}

extension Path {
    /// Which number of `World.stepBehindPageLock` is its.
    fileprivate var placeOfPageLock: Int {
        switch self {
        case .unshareAnonymous: 1
        case .writeFaultKSM: 2
        case .unshareKSM: 3
        case .writeFaultHuge: 4
        case .unshareHuge: 5
        default: 0
        }
    }
}

extension Machine {
    /// Maps a write fault's copy: writable and dirty for a write; for an unshare read-only and clean.
    fileprivate func mapCopy(_ fresh: Int, _ process: Int, _ page: Int, _ kind: FaultKind) {
        let old = self[entry: process, page]
        if old.isUserfaultProtected { change(entry: process, page, to: .none) }
        // mirrors wp_page_copy: an unshare keeps what the entry had.
        mapAnonymous(fresh, process, page, writable: kind.isWrite, keepingMarksOf: kind.isWrite ? nil : old)
        countCopy()
    }
}
