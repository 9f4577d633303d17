import Rules

/// What is asked of get_user_pages: FOLL_GET or FOLL_PIN, with FOLL_WRITE, FOLL_LONGTERM, and whether the fast path is
/// tried.
struct GrabRequest: Sendable {
    let isPin: Bool
    let isWrite: Bool
    let isLongTerm: Bool
    let isSlow: Bool
    /// The thread that asks.
    var thread = 0
    /// The process that holds the reference open then; nil for a reference of the kernel's own, which it drops itself.
    var holder: Int?
    /// FOLL_FORCE: the mapping need not allow what is asked, as long as it is private.
    var isForced = false
    /// The IOMMU is to keep a bit for what the device writes.
    var isDirtyTracked = false
    /// The device may only read, whatever the pages are pinned for.
    var isReadOnlyToDevice = false

    /// The path whose clause says what must come first.
    var path: Path {
        switch (isPin, isWrite) {
        case (true, true): .pinWrite
        case (true, false): .pinRead
        case (false, true): .getWrite
        case (false, false): .getRead
        }
    }
}

/// What a look of slow GUP at an entry came to.
private enum FollowResult: Int, Loggable {
    case taken = 0
    case refused
    case faultForRead
    case faultForForcedRead
    case faultForWrite
    case faultForForcedWrite
    case faultForUnshare

    init(word: UInt32) { self = FollowResult(rawValue: Int(word: word)) ?? .refused }
    var word: UInt32 { rawValue.word }
}

extension Execution {
    /// get_user_pages or pin_user_pages on neighbouring pages: all of them or none.
    ///
    /// Mirrors internal_get_user_pages_fast and __get_user_pages_locked.
    ///
    /// - Parameter first: the first of the references, one for each page.
    /// - Returns: 0 or a negative errno.
    mutating func grab(
        _ process: Int, _ pages: Range<Int>, references first: Int, _ request: GrabRequest
    ) throws(Failure) -> Int {
        if pages.count == 1 { return try grabPage(process, pages.lowerBound, first, request) }
        var error = 0
        _ = try inRounds(pages.count) { execution, step throws(Failure) in
            error = try execution.call { execution throws(Failure) in
                try execution.grabPage(process, pages.lowerBound + step, first + step, request)
            }
            return error == 0
        }
        guard error < 0 else { return 0 }
        try forEachRound(pages.count) { execution, step throws(Failure) in
            let site = Site("unpin_user_pages", "lets go of the pages taken before the one that failed")
            try execution.atomically(site) { machine in
                if let holder = request.holder { machine.letGo(first + step, of: holder) }
            }
        }
        return error
    }

    private mutating func grabPage(
        _ process: Int, _ page: Int, _ reference: Int, _ request: GrabRequest
    ) throws(Failure) -> Int {
        if request.isPin, world.pointee.mechanism(.hasPinnedSet) == .beforeReference {
            try noteHasPinned(process, page, slow: request.isSlow)
        }
        if !request.isSlow {
            let isTaken = try call { execution throws(Failure) in
                try execution.grabFast(process, page, reference, request)
            }
            if isTaken { return try noteHasPinnedBehind(process, page, request, slow: false) }
        }
        try mmapReadLock(process)
        if request.isPin, world.pointee.mechanism(.hasPinned) == .vma {
            try noteHasPinned(process, page, slow: true)
        }
        let result = try call { execution throws(Failure) in
            try execution.grabSlow(process, page, reference, request)
        }
        try mmapReadUnlock(process)
        guard result == 0 else {
            try forgetFailedPin(process, request)
            return result
        }
        return try noteHasPinnedBehind(process, page, request, slow: true)
    }

    /// A count of pins must not keep one that did not come about. A flag stays set.
    mutating func forgetFailedPin(_ process: Int, _ request: GrabRequest) throws(Failure) {
        guard request.isPin, world.pointee.mechanism(.hasPinned) == .count,
            world.pointee.mechanism(.hasPinnedSet) == .beforeReference
        else { return }
        try atomically(Site("unpin_user_pages", "takes the failed pin from the memory's count")) { machine in
            machine[space: process].hasPinned &-= 1
        }
    }

    /// Remembers that this memory has pinned, as the rules keep it. A flag on the VMA can be set only under mmap_lock: fast
    /// GUP sees no VMA.
    mutating func noteHasPinned(_ process: Int, _ page: Int, slow: Bool) throws(Failure) {
        let mover: Mover = world.pointee.hasFastGUP ? .none : .alone(process)
        try atomically(mover, Site("mm_set_has_pinned_flag", "marks the memory as one that has pinned")) {
            machine in
            switch machine.mechanism(.hasPinned) {
            case .flag: machine[space: process].hasPinned = 1
            case .count: machine[space: process].hasPinned &+= 1
            case .vma where slow: machine.changeVMA(process, page) { $0.hasPinned = true }
            default: break
            }
        }
    }

    /// Mirrors faultin_page up to 5.19: a write fault in a mapping without permission to write has done its work (FOLL_COW).
    private mutating func noteBrokenCOW(_ process: Int, _ page: Int) throws(Failure) {
        let thread = thread
        try atomically(.both, Site("faultin_page", "notes that COW is broken")) { machine in
            machine[thread: thread].hasBrokenCOW = !machine[mapped: process, page].isWritable
        }
    }

    mutating func noteHasPinnedBehind(
        _ process: Int, _ page: Int, _ request: GrabRequest, slow: Bool
    ) throws(Failure) -> Int {
        if request.isPin, world.pointee.mechanism(.hasPinnedSet) == .afterReference {
            try noteHasPinned(process, page, slow: slow)
        }
        return 0
    }

    /// Mirrors __get_user_pages for one page: follow, fault, follow again. The caller holds mmap_lock for reading.
    mutating func grabSlow(
        _ process: Int, _ page: Int, _ reference: Int, _ request: GrabRequest
    ) throws(Failure) -> Int {
        let attempt = mark()
        let canWait = world.pointee.canWaitForUserfault(request)
        while true {
            let site = Site(
                "follow_page_pte", "takes the reference under the page-table lock, or sees what it lacks")
            let followed = try underPageTableLock(process, page, .ownPage(process: process, page: page), site)
            {
                machine in
                machine.follow(process, page, reference, request)
            }
            let kind: FaultKind
            switch followed {
            case .taken: return 0
            case .refused: return -Errno.efault
            case .faultForRead: kind = .read
            case .faultForForcedRead: kind = .forcedRead
            case .faultForWrite: kind = .write
            case .faultForForcedWrite: kind = .forcedWrite
            case .faultForUnshare: kind = .unshare
            }
            let result = try call { execution throws(Failure) in
                try execution.handleFault(process, page, kind, canWait: canWait)
            }
            if kind == .forcedWrite, result == .done { try noteBrokenCOW(process, page) }
            let error = try settleFault(process, result, refusal: -Errno.efault)
            guard error == 0 else { return error }
            rewind(to: attempt)
        }
    }

    /// What a fault on behalf of a call comes to. Where the fault dropped mmap_lock to wait, it is held for reading again.
    /// Mirrors faultin_page with the retries of __get_user_pages_locked.
    ///
    /// - Parameter refusal: the error where the mapping does not allow the access.
    /// - Returns: 0 where the entry is to be looked at again, or a negative errno.
    mutating func settleFault(_ process: Int, _ result: FaultResult, refusal: Int) throws(Failure) -> Int {
        switch result {
        case .done, .retry: return 0
        case .waited:
            try mmapReadLock(process)
            return 0
        case .interrupted:
            try mmapReadLock(process)
            return -Errno.efault
        case .notAllowed: return refusal
        case .busError: return -Errno.efault
        case .outOfMemory: return -Errno.enomem
        }
    }
}

extension Machine {
    /// Mirrors check_vma_flags, follow_page_pte and try_grab_folio.
    fileprivate func follow(
        _ process: Int, _ page: Int, _ reference: Int, _ request: GrabRequest
    ) -> FollowResult {
        let mapped = self[mapped: process, page]
        guard mapped.isMapped,
            request.isForced || (request.isWrite ? mapped.isWritable : mapped.isReadable)
        else { return .refused }
        let entry = self[entry: process, page]
        if isFileBacked(page), refusesFile(process, page, entry, request) { return .refused }
        if isHugetlb(page), refusesForced(process, page, entry, request) { return .refused }
        let faultForWrite = mapped.isWritable ? FollowResult.faultForWrite : .faultForForcedWrite
        guard canFollow(entry, isForced: request.isForced) else {
            if request.isWrite { return faultForWrite }
            return mapped.isReadable ? .faultForRead : .faultForForcedRead
        }
        if request.isWrite, !mapped.isWritable {
            guard takesForced(process, page, entry, request) else { return faultForWrite }
            take(reference, entry, of: process, request)
            return .taken
        }
        switch decideGrab(process, page, entry, request) {
        case .taken?:
            take(reference, entry, of: process, request)
            return .taken
        case let missing?: return missing
        case nil: return .refused
        }
    }

    /// What check_vma_flags refuses before it looks at any page: forced writes to shared mappings, and what the rules say of
    /// files (writable_file_mapping_allowed, 6.5).
    private func refusesFile(
        _ process: Int, _ page: Int, _ entry: PageTableEntry, _ request: GrabRequest
    ) -> Bool {
        guard request.isWrite, isShared(page) else { return false }
        if !self[mapped: process, page].isWritable { return true }
        if case .choice(.fail)? = decide(request.path, request.facts(self, process, page, entry)) {
            return true
        }
        return false
    }

    /// What check_vma_flags refuses of hugetlb: forced writes, from 6.0 to 6.12.
    private func refusesForced(
        _ process: Int, _ page: Int, _ entry: PageTableEntry, _ request: GrabRequest
    ) -> Bool {
        guard request.isWrite, !self[mapped: process, page].isWritable else { return false }
        return switch decide(.forcedWriteHugetlb, request.facts(self, process, page, entry)) {
        case .choice(.fail): true
        default: false
        }
    }

    /// Counts and confirms a reference under the page-table lock. The next page of the request begins without FOLL_COW.
    private func take(
        _ reference: Int, _ entry: PageTableEntry, of process: Int, _ request: GrabRequest
    ) {
        // mirrors follow_page_pte with FOLL_TOUCH: who takes a page for writing leaves it dirty.
        if layout.keepsMarks, request.isWrite, !entry.isDirty { self[marks: entry.frame].isDirty = true }
        if world.pointee.hasFiles, request.isWrite { makeCachedPageDirty(entry.frame) }
        addReference(reference, to: entry.frame, of: process, request)
        confirm(reference, of: process, request)
        self[thread: request.thread].hasBrokenCOW = false
    }

    /// Whether FOLL_FORCE may write through an entry that stays read-only. Mirrors can_follow_write_pte.
    private func takesForced(
        _ process: Int, _ page: Int, _ entry: PageTableEntry, _ request: GrabRequest
    ) -> Bool {
        guard !entry.mapsZeroPage else { return false }
        let path = isHugetlb(page) ? Path.forcedWriteHugetlb : .forcedWrite
        return switch decide(path, request.facts(self, process, page, entry)) {
        case .choice(.take): true
        default: false
        }
    }

    /// What the clause wants first. nil where it wants what makes no sense.
    private func decideGrab(
        _ process: Int, _ page: Int, _ entry: PageTableEntry, _ request: GrabRequest
    ) -> FollowResult? {
        let facts = request.facts(self, process, page, entry)
        guard let decision = decide(request.path, facts) else { return nil }
        switch decision {
        case .choice(.take):
            // mirrors can_follow_write_pte: a write needs a writable entry, whatever the clause says.
            return request.isWrite && !entry.isWritable ? .faultForWrite : .taken
        case .choice(.fail): return .refused
        case .action(.breakCOW, _, _):
            if request.isWrite { return .faultForWrite }
            // mirrors should_force_cow_break (5.8): the mapping need not allow writes; then the broken page stays read-only
            // and is known by FOLL_COW and its dirty entry.
            return facts.hasBrokenCOW && entry.isDirty ? .taken : .faultForForcedWrite
        case .action(.unshare, _, _): return .faultForUnshare
        default:
            world.pointee.trouble = .meaninglessDecision(request.path)
            return nil
        }
    }

    /// Counts a reference that is provisional until it is confirmed.
    func addReference(_ index: Int, to frame: Int, of process: Int, _ request: GrabRequest) {
        var reference = Reference()
        reference.target = PageTableEntry(frame: frame, writable: false, dirty: false)
        reference.state = .provisional
        reference.owner = UInt8(truncatingIfNeeded: process)
        reference.isPin = request.isPin
        reference.isForWriting = request.isWrite
        reference.isLongTerm = request.isLongTerm
        reference.isDirtyTracked = request.isDirtyTracked
        reference.isReadOnlyToDevice = request.isReadOnlyToDevice
        // mirrors c8070b787519 (6.5): pinning the zero page counts nothing.
        reference.isUncounted =
            frame == Self.zeroFrame && request.isPin && mechanism(.zeroPagePin) == .uncounted
        self[reference: index] = reference
        if !reference.isUncounted {
            self[frame: frame].references &+= weight(of: reference)
            // A count that wraps around is a count that lies.
            if self[frame: frame].references <= 0 { breaks(.safety) }
        }
    }

    /// The reference is the caller's from now on, and judged.
    func confirm(_ index: Int, of process: Int, _ request: GrabRequest) {
        self[reference: index].state = .confirmed
        self[reference: index].holders = request.holder.map { 1 &<< UInt32(truncatingIfNeeded: $0) } ?? 0
        checkCoherence(process, presentPlace(of: pageOfReference(index), in: process))
    }

    /// What a reference adds to a frame's count.
    func weight(of reference: Reference) -> Int32 {
        // A huge page counts its pins apart (hpage_pincount, 5.7).
        reference.isPin && !(reference.target.isPresent && isLarge(reference.target.frame))
            ? world.pointee.pinBias : 1
    }

    /// Takes a reference back, whoever holds it.
    func dropReference(_ index: Int, leaving state: Reference.State) {
        let reference = self[reference: index]
        guard reference.isOpen else { return }
        if reference.isPin, mechanism(.hasPinned) == .count, reference.state == .confirmed,
            self[space: Int(reference.owner)].hasPinned > 0
        {
            self[space: Int(reference.owner)].hasPinned &-= 1
        }
        self[reference: index] = Reference()
        self[reference: index].state = state
        guard reference.target.isPresent, !reference.isUncounted else { return }
        put(reference.target.frame, weight(of: reference))
    }

    /// One process closes a reference; the last holder's close drops it.
    func letGo(_ index: Int, of process: Int) {
        self[reference: index].holders &= ~(1 &<< UInt32(truncatingIfNeeded: process))
        if self[reference: index].holders == 0 { dropReference(index, leaving: .closed) }
    }

    /// Whether a process has a reference open.
    func holds(_ process: Int, _ index: Int) -> Bool {
        self[reference: index].state == .confirmed
            && self[reference: index].holders & 1 &<< UInt32(truncatingIfNeeded: process) != 0
    }
}

extension GrabRequest {
    func facts(_ machine: Machine, _ process: Int, _ page: Int, _ entry: PageTableEntry) -> PageFacts {
        PageFacts(
            machine: machine, process: process, page: page, entry: entry, isWrite: isWrite,
            isLongTerm: isLongTerm, isSlow: isSlow, hasBrokenCOW: machine[thread: thread].hasBrokenCOW)
    }
}

/// The error numbers that the modelled calls can give, as Linux numbers them on every architecture that it runs on here.
public enum Errno {
    /// A reference that is not open here.
    public static let ebadf = 9
    /// Memory ran out.
    public static let enomem = 12
    /// A device may not write through a reference taken for reading.
    public static let eacces = 13
    /// An address that is not mapped, or not so that it allows what is asked.
    public static let efault = 14
    /// The page is in use in a way that the call cannot have.
    public static let ebusy = 16
    /// An argument that makes no sense here.
    public static let einval = 22
    /// A transfer did not come about.
    public static let eio = 5
    /// The page cannot be taken just now.
    public static let eagain = 11
    /// There is no page.
    public static let enoent = 2
    /// The page is there already.
    public static let eexist = 17
    /// The kernel has no such ioctl.
    public static let enotty = 25
    /// No such process.
    public static let esrch = 3
}
