import Rules

/// What a fault is for.
enum FaultKind: Sendable {
    case read
    /// A read behind which the mapping need not stand: FOLL_FORCE looks behind PROT_NONE.
    case forcedRead
    case write
    /// FAULT_FLAG_UNSHARE (5.19): make the page this process's own without making it writable.
    case unshare
    /// A write that the mapping need not allow: the forced break of COW for a reader (5.8).
    case forcedWrite

    /// Whether the page is to be this process's own to write.
    var isWrite: Bool { self == .write || self == .forcedWrite }
}

/// How a fault ended.
enum FaultResult: UInt8 {
    /// The entry may serve the access now, or has changed: try again.
    case done = 0
    /// SIGSEGV: no mapping, or none that allows the access.
    case notAllowed = 1
    /// VM_FAULT_OOM.
    case outOfMemory = 2
    /// SIGBUS: the file has no such page.
    case busError = 3
    /// VM_FAULT_RETRY: not under the VMA lock.
    case retry = 4
    /// VM_FAULT_RETRY after waiting for a userfaultfd: the lock was dropped.
    case waited = 5
    /// The same, but the process was told to end meanwhile.
    case interrupted = 6
}

extension FaultResult: Loggable {
    init(word: UInt32) { self = FaultResult(rawValue: UInt8(truncatingIfNeeded: word)) ?? .done }
    var word: UInt32 { 1 << 31 | UInt32(rawValue) }
}

/// What the look at an entry, under the page-table lock, decided.
struct FaultPlan: Loggable {
    enum Act: UInt8 {
        case done = 0
        case notAllowed = 1
        /// Allocate the page table first.
        case needsTable = 2
        /// Allocate a page for an entry that maps nothing.
        case allocate = 3
        /// Copy the frame of `entry`; a reference to it was taken.
        case copy = 4
        /// The page is locked, and the page-table lock held: go on deciding.
        case pageLocked = 5
        /// Wait for the page lock; a reference to the frame was taken.
        case waitForPageLock = 6
        /// Nothing is mapped in a mapping of a file or of shared memory: ask the page cache.
        case askPageCache = 7
        /// The file system is to hear of the first store to the page of `entry`; a reference to it was taken.
        case tellFileSystem = 8
        /// The file has no such page.
        case busError = 9
        /// The entry is a swap entry.
        case swapIn = 10
        /// Somebody watches stores to the page by a userfaultfd.
        case userfaultProtected = 11
        /// Somebody watches by a userfaultfd what is not mapped.
        case userfaultMissing = 12
        /// The huge page was split: look at the entry again.
        case lookAgain = 13
        /// Map a huge page where nothing is mapped, or where `entry` is the huge zero page.
        case mapHuge = 14
        /// As `copy`, and nobody else could have needed it.
        case copyNeedlessly = 15
        /// NUMA balancing made the entry inaccessible, and the page is to move.
        case misplaced = 16
    }

    var act: Act
    /// The entry that was seen.
    var entry: PageTableEntry
    /// The copy is one that nobody else could have needed.
    var isImprecise = false

    private static let actAlone: UInt32 = 1 << 31

    init(_ act: Act, _ entry: PageTableEntry = .none) {
        self.act = act
        self.entry = entry
    }

    // 24 bits of frame (the young and the soft-dirty bit are not kept; that the entry is absent, the act tells); protected for a
    // userfaultfd, dirty, hidden by PROT_NONE; 4 bits of act. None of these entries is writable. With the top bit set there is an act
    // alone.
    init(word: UInt32) {
        guard word & Self.actAlone == 0 else {
            act = Act(rawValue: UInt8(truncatingIfNeeded: word)) ?? .done
            entry = .none
            return
        }
        act = Act(rawValue: UInt8(truncatingIfNeeded: word >> 27 & 15)) ?? .done
        var kept = PageTableEntry(word: word & 0x6ff_ffff)
        kept.isUserfaultProtected = word & 1 << 24 != 0
        entry = act == .swapIn ? kept.asAbsent : kept
        isImprecise = act == .copyNeedlessly
        if isImprecise { act = .copy }
    }
    var word: UInt32 {
        if act == .misplaced { return Self.actAlone | UInt32(act.rawValue) }
        let act = isImprecise ? Act.copyNeedlessly : act
        let isProtected: UInt32 = entry.isUserfaultProtected ? 1 << 24 : 0
        return entry.word & 0x6ff_ffff | isProtected | UInt32(act.rawValue) << 27
    }
}

extension Execution {
    /// A page fault at a page of a process.
    ///
    /// Preconditions: the caller holds mmap_lock for reading, or the VMA lock.
    ///
    /// Mirrors handle_mm_fault and handle_pte_fault, all releases. The entry is read without the lock there and compared
    /// under it, which comes to the same as reading it under the lock.
    ///
    /// - Parameters:
    ///   - isUnderVMALock: mmap_lock is not held.
    ///   - canWait: the lock may be dropped to wait for a userfaultfd (FAULT_FLAG_ALLOW_RETRY); otherwise the fault fails then.
    mutating func handleFault(
        _ process: Int, _ page: Int, _ kind: FaultKind, isUnderVMALock: Bool = false, canWait: Bool = false
    ) throws(Failure) -> FaultResult {
        let retry = mark()
        while true {
            var site = Site("handle_pte_fault", "looks at the entry under the page-table lock")
            site.isUnderPageTableLock = true
            let plan = try section(.none, site) { machine -> FaultPlan? in
                machine[table: process, page].isLocked ? nil : machine.planFault(process, page, kind)
            }
            switch plan.act {
            case .done: return .done
            case .notAllowed: return .notAllowed
            case .needsTable:
                guard try allocatePageTable(process, page) else { return .outOfMemory }
                rewind(to: retry)
            case .lookAgain: rewind(to: retry)
            case .misplaced:
                try moveMisplaced(process, page)
                return .done
            case .mapHuge:
                if let result = try mapHuge(process, page, kind, plan.entry) { return result }
                rewind(to: retry)
            case .allocate: return try mapNewPage(process, page)
            case .askPageCache: return try handleFileFault(process, page, kind)
            case .tellFileSystem: return try writeSharedPage(process, page, plan.entry)
            case .busError: return .busError
            case .copy, .copyNeedlessly, .pageLocked, .waitForPageLock:
                return try finishWriteFault(process, page, kind, plan)
            case .userfaultProtected, .userfaultMissing:
                guard canWait else { return .busError }
                return try awaitUserfault(
                    process, page, isMissing: plan.act == .userfaultMissing, isUnderVMALock: isUnderVMALock)
            case .swapIn:
                // mirrors do_swap_page from 6.4 to 6.7.
                if isUnderVMALock, world.pointee.mechanism(.faultFileLock) == .mmap { return .retry }
                return try swapIn(process, page, kind, plan.entry)
            }
        }
    }

    /// The rest of a write fault or an unshare on a page that is mapped.
    mutating func finishWriteFault(
        _ process: Int, _ page: Int, _ kind: FaultKind, _ plan: FaultPlan
    ) throws(Failure) -> FaultResult {
        switch plan.act {
        case .copy:
            if world.pointee.geometry.isHugetlb(page) { return try copyPoolPage(process, page, kind, plan) }
            return try copyPage(process, page, kind, plan)
        case .pageLocked, .waitForPageLock:
            let decided = try decideWithPageLock(process, page, kind, plan)
            return decided.act == .copy ? try copyPage(process, page, kind, decided) : .done
        default: return .done
        }
    }

    /// Gives the process a page table where it has none. Mirrors __pte_alloc: the allocation is a step of its own, before
    /// any lock; the table is kept only if nobody was faster.
    ///
    /// - Returns: false when there is no memory.
    mutating func allocatePageTable(_ process: Int, _ page: Int) throws(Failure) -> Bool {
        let mover: Mover = world.pointee.frameLimit == Int.max ? .left : .none
        let allocated = try atomically(mover, Site("pte_alloc_one", "allocates a page table")) { machine in
            machine.allocateTable()
        }
        guard allocated else { return false }
        try atomically(.alone(process), Site("pmd_install", "installs the page table under the PMD's lock")) {
            machine in
            if machine[table: process, page].isPresent {
                machine.freeTable()
            } else {
                machine[table: process, page].isPresent = true
            }
        }
        return true
    }

    /// Maps a new page of zeros where nothing is mapped. Mirrors do_anonymous_page for a write, all releases.
    private mutating func mapNewPage(_ process: Int, _ page: Int) throws(Failure) -> FaultResult {
        let fresh = try allocateFrame(chargedTo: process)
        guard fresh.isPresent else { return .outOfMemory }
        let site = Site(
            "do_anonymous_page", "maps the new page under the page-table lock if the entry is still empty")
        let mapped = try underPageTableLock(process, page, .none, site) { machine in
            guard machine[entry: process, page].isEmpty else { return false }
            machine.mapAnonymous(fresh.frame, process, page, writable: true)
            return true
        }
        if !mapped { try putFrame(fresh, "drops the page that came too late") }
        return .done
    }

    /// Allocates a zeroed page for an operation; `none` when there is no memory.
    mutating func allocateFrame(chargedTo process: Int) throws(Failure) -> PageTableEntry {
        let limited = world.pointee.frameLimit != Int.max || world.pointee.keepsCharges
        let site = Site("alloc_zeroed_user_highpage_movable", "allocates a page")
        return try atomically(limited ? .none : .left, site) { machine in
            machine.allocateFrame(chargedTo: process)
        }
    }

    /// Drops one reference of the operation's own to a frame that others may hold too.
    mutating func putFrame(_ frame: PageTableEntry, _ act: StaticString) throws(Failure) {
        try atomically(Site("put_page", act)) { machine in
            machine.put(frame.frame)
        }
    }
}

extension Machine {
    /// The look at an entry under the page-table lock; nil while the page is on its way to another frame (migration_entry_wait).
    fileprivate func planFault(_ process: Int, _ page: Int, _ kind: FaultKind) -> FaultPlan? {
        let mapped = self[mapped: process, page]
        guard mapped.isMapped, mapped.allows(kind) else { return FaultPlan(.notAllowed) }
        guard self[table: process, page].isPresent else {
            return planHugeFault(process, page, kind) ?? FaultPlan(.needsTable)
        }
        let entry = self[entry: process, page]
        if !entry.isPresent {
            if entry.isGuard { return FaultPlan(.notAllowed) }
            if entry.isAbsent { return entry.isSwap ? FaultPlan(.swapIn, entry) : nil }
            if layout.keepsTracking, isWatchedUnmapped(process, page) { return FaultPlan(.userfaultMissing) }
            if isFileBacked(page) { return planFileFault(process, page, kind) }
            if kind.isWrite {
                prepareAnonVMA(process, page)
                return FaultPlan(.allocate)
            }
            mapZeroPage(process, page)
            return FaultPlan(.done)
        }
        if isHint(entry, process, page) { return planHintFault(process, page, entry) }
        if kind == .read || kind == .forcedRead || entry.isWritable { return FaultPlan(.done) }
        if layout.keepsTracking, kind.isWrite, isHeldByUserfault(process, page) {
            return FaultPlan(.userfaultProtected)
        }
        if isHuge(process, page) {
            if entry.mapsZeroPage { return planHugeZeroFault(process, page, entry) }
            if isHugetlb(page), !isShared(page) {
                return planPoolFault(process, page, kind, self[entry: process, page])
            }
            if mapsCache(entry, at: page) { return planWholeCachedFault(process, page, kind, entry) }
        }
        return planWriteFault(process, page, kind, self[entry: process, page])
    }

    /// Mirrors do_anonymous_page for a read: the zero page, which counts nothing.
    private func mapZeroPage(_ process: Int, _ page: Int) {
        var entry = PageTableEntry.zeroPage
        entry.isProtectedNone = self[mapped: process, page].isHidden
        entry.isYoung = world.pointee.observesYoung
        entry.isUserfaultProtected = hasMarker(process, page)
        change(entry: process, page, to: entry)
        checkCoherence(process, page)
    }

    /// Gives the VMA an anon_vma where it has none. Mirrors anon_vma_prepare. Pages of one mapping that are treated alike
    /// are one VMA.
    func prepareAnonVMA(_ process: Int, _ page: Int) {
        guard !self[mapped: process, page].hasAnonVMA else { return }
        changeVMA(process, page) { $0.hasAnonVMA = true }
    }

    /// Changes the VMA that a page lies in, which is more than the page.
    func changeVMA(_ process: Int, _ page: Int, _ change: (inout MappedPage) -> Void) {
        let own = self[mapped: process, page]
        for other in 0..<pageCount
        where mapping(of: other) == mapping(of: page) && self[mapped: process, other].isOneVMA(with: own) {
            change(&self[mapped: process, other])
        }
    }

    /// Maps a frame that was allocated for this address: one mapping, exclusive where the kernel keeps that.
    ///
    /// - Parameter kept: whose marks of those who track stores the entry takes over.
    func mapAnonymous(
        _ frame: Int, _ process: Int, _ page: Int, writable: Bool, keepingMarksOf kept: PageTableEntry? = nil
    ) {
        self[frame: frame].mappings = 1
        self[frame: frame].isExclusive = world.pointee.keepsExclusive
        let mapped = self[mapped: process, page]
        prepareAnonVMA(process, page)
        var entry = PageTableEntry(frame: frame, writable: writable && mapped.isWritable, dirty: writable)
        // Only FOLL_FORCE comes here without any permission.
        entry.isProtectedNone = mapped.isHidden
        entry.isYoung = world.pointee.observesYoung
        entry.isSoftDirty = writable && layout.keepsTracking
        if hasMarker(process, page) {
            entry.isUserfaultProtected = true
            entry.isWritable = false
        }
        if let kept, layout.keepsTracking { entry = entry.tracked(as: kept) }
        change(entry: process, page, to: entry)
        checkCoherence(process, page)
    }
}

extension MappedPage {
    /// Whether the mapping's protection allows what a fault is for.
    fileprivate func allows(_ kind: FaultKind) -> Bool {
        switch kind {
        case .write: isWritable
        case .read: isReadable || isWritable
        // get_user_pages has judged it, and KSM undoes its merging whatever the mapping allows.
        case .unshare, .forcedRead, .forcedWrite: true
        }
    }

    /// PROT_NONE.
    var isHidden: Bool { !isReadable && !isWritable }
}
