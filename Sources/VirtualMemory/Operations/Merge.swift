import Rules

// KSM: two pages with the same contents become one, which nobody may write to.

/// A page of a process.
struct PageOfProcess: Equatable, Sendable {
    let process: Int
    let page: Int
}

/// How an attempt to merge two pages ended.
private enum MergeResult: Int, Loggable {
    case merged = 0
    /// Nothing came of it.
    case failed
    /// The first page was marked as merged, and has no twin …
    case firstIsAlone
    /// … or the second.
    case secondIsAlone

    init(word: UInt32) { self = MergeResult(rawValue: Int(word: word)) ?? .failed }
    var word: UInt32 { rawValue.word }
}

/// Which of two pages KSM keeps for both.
private enum MergePlan: Int, Loggable {
    /// Neither: they differ, or there is no second one.
    case neither = 0
    /// They are one already.
    case merged
    case first
    case second
    /// The first, which is a merged one already …
    case mergedFirst
    /// … or the second.
    case mergedSecond
    /// Neither as long as both are parts of one huge page.
    case siblings

    init(word: UInt32) { self = MergePlan(rawValue: Int(word: word)) ?? .neither }
    var word: UInt32 { rawValue.word }
}

/// A page that is about to be merged, by its frame: a small one, or a huge one that could not be split.
private struct MergedPage: Loggable {
    let frame: Int
    var isLarge = false

    init(frame: Int, isLarge: Bool = false) {
        self.frame = frame
        self.isLarge = isLarge
    }
    init(word: UInt32) {
        frame = Int(word & PageTableEntry.frameBits) - 1
        isLarge = word & 1 << 24 != 0
    }
    var word: UInt32 { UInt32(truncatingIfNeeded: frame + 1) | (isLarge ? 1 << 24 : 0) }
}

extension Execution {
    /// Merges two pages, as ksmd does it when it has found them equal. Mirrors cmp_and_merge_page and try_to_merge_two_pages.
    ///
    /// A page that was marked as merged and gets no twin is copied (break_cow).
    ///
    /// - Parameter mayNever: it may as well not happen at all.
    /// - Returns: 0 where both are one then, otherwise -EAGAIN.
    mutating func merge(
        _ first: PageOfProcess, _ second: PageOfProcess, mayNever: Bool
    ) throws(Failure) -> Int {
        if !mayNever, world.pointee.usesBatches { _ = try drainBatches(mayNever: false) }
        let result = try call { execution throws(Failure) in
            try execution.mergePair(first, second, mayNever: mayNever)
        }
        switch result {
        case .merged: return 0
        case .failed: break
        case .firstIsAlone: try breakMerged(first)
        case .secondIsAlone: try breakMerged(second)
        }
        return -Errno.eagain
    }

    private mutating func mergePair(
        _ first: PageOfProcess, _ second: PageOfProcess, mayNever: Bool
    ) throws(Failure) -> MergeResult {
        let find = Site("get_mergeable_page", "takes a reference to the page, if it may be merged")
        let a = try section(.none, find) { machine in machine.findMergeable(first, mayNever: mayNever) }
        guard a.frame >= 0 else { return .failed }
        let b = try section(.none, find) { machine in machine.findMergeable(second, mayNever: false) }
        guard b.frame >= 0 else {
            try putFrame(PageTableEntry(frame: a.frame, writable: false, dirty: false), "drops the page")
            return .failed
        }
        let compare = Site("memcmp_pages", "compares the pages")
        let plan = try atomically(compare) { machine in machine.planMerge(first, a.frame, second, b.frame) }
        switch plan {
        case .neither, .merged, .siblings:
            try dropPages(a.frame, b.frame)
            if plan == .siblings { return try splitForMerge(first, second) }
            return plan == .merged ? .merged : .failed
        case .first: return try merge(second, b.frame, into: first, a.frame, else: .firstIsAlone)
        case .second: return try merge(first, a.frame, into: second, b.frame, else: .secondIsAlone)
        case .mergedFirst: return try merge(second, b.frame, into: first, a.frame, else: .failed)
        case .mergedSecond: return try merge(first, a.frame, into: second, b.frame, else: .failed)
        }
    }

    private mutating func dropPages(_ first: Int, _ second: Int) throws(Failure) {
        try atomically(Site("put_page", "drops both pages")) { machine in
            machine.put(first)
            machine.put(second)
        }
    }

    /// Two pages of one huge page are merged when that was split, in ksmd's next scan. Mirrors the end of cmp_and_merge_page.
    private mutating func splitForMerge(
        _ first: PageOfProcess, _ second: PageOfProcess
    ) throws(Failure) -> MergeResult {
        let find = Site("get_mergeable_page", "takes a reference to the page, if it may be merged")
        let found = try section(.none, find) { machine in machine.findMergeable(first, mayNever: false) }
        guard found.frame >= 0 else { return .failed }
        let split = try splitForMerge(first, found.frame)
        let page = PageTableEntry(frame: split.frame, writable: false, dirty: false)
        try putFrame(page, "drops the page until the next scan")
        return split.isLarge ? .failed : try mergePair(first, second, mayNever: false)
    }

    /// A huge page is split before one of its pages is merged; the reference goes on with that one. Mirrors the beginning of
    /// try_to_merge_one_page.
    ///
    private mutating func splitForMerge(_ place: PageOfProcess, _ frame: Int) throws(Failure) -> MergedPage {
        guard world.pointee.geometry.hasHugePages else { return MergedPage(frame: frame) }
        let site = Site("split_huge_page", "splits the page if it is a huge one")
        return try section(.none, site) { machine -> MergedPage? in
            guard machine.isLarge(frame) else { return MergedPage(frame: frame) }
            guard !machine.isMappedUnderLock(frame) else { return nil }
            let part = machine.splitFolio(frame, at: place.page, isHeld: true)
            return part.map { MergedPage(frame: $0) } ?? MergedPage(frame: frame, isLarge: true)
        }
    }

    /// Protects the page that is kept, then the other one, which it replaces. Mirrors try_to_merge_with_ksm_page, twice.
    ///
    /// - Parameter failure: what it comes to when the page that is kept has no twin then.
    private mutating func merge(
        _ other: PageOfProcess, _ given: Int, into keeper: PageOfProcess, _ kept: Int,
        else failure: MergeResult
    ) throws(Failure) -> MergeResult {
        let first = try splitForMerge(keeper, kept)
        let isKept = try call { execution throws(Failure) in
            first.isLarge ? false : try execution.mergeOne(keeper, first.frame, by: nil)
        }
        guard isKept else {
            try dropPages(first.frame, given)
            return .failed
        }
        let second = try splitForMerge(other, given)
        let isReplaced = try call { execution throws(Failure) in
            second.isLarge ? false : try execution.mergeOne(other, second.frame, by: first.frame)
        }
        try dropPages(first.frame, second.frame)
        return isReplaced ? .merged : failure
    }

    /// Mirrors try_to_merge_with_ksm_page: the page becomes a merged one, or a merged one replaces it.
    private mutating func mergeOne(
        _ place: PageOfProcess, _ frame: Int, by kept: Int?
    ) throws(Failure) -> Bool {
        try mmapReadLock(place.process)
        let protect = Site("write_protect_page", "makes the entry read-only, flushes, and counts references")
        var isMerged = try section(.none, protect) { machine in
            machine.protectForMerge(place, frame, isKept: kept == nil)
        }
        if isMerged, let kept {
            let replace = Site("replace_page", "compares once more, and maps the kept page")
            isMerged = try section(.none, replace) { machine in machine.replace(place, frame, by: kept) }
        }
        try mmapReadUnlock(place.process)
        return isMerged
    }

    /// Mirrors break_cow: a page that was marked as merged and has no twin is copied.
    private mutating func breakMerged(_ keeper: PageOfProcess) throws(Failure) {
        try mmapReadLock(keeper.process)
        _ = try breakMerging(keeper.process, keeper.page)
        try mmapReadUnlock(keeper.process)
    }

    /// Gives a process a page of its own where a merged one is mapped. Mirrors break_ksm: a fault for writing whatever the
    /// mapping allows, and from 6.2 on an unshare.
    ///
    /// - Returns: 0 or -ENOMEM.
    private mutating func breakMerging(_ process: Int, _ page: Int) throws(Failure) -> Int {
        let attempt = mark()
        while true {
            let site = Site("break_ksm", "looks whether the entry maps a merged page")
            let isMerged = try underPageTableLock(process, page, site) { machine in
                let entry = machine[entry: process, page]
                return entry.isPresent && !entry.mapsZeroPage && machine[marks: entry.frame].isMerged
            }
            guard isMerged else { return 0 }
            let kind: FaultKind = world.pointee.mechanism(.ksmBreak) == .unshare ? .unshare : .forcedWrite
            let result = try call { execution throws(Failure) in
                try execution.handleFault(process, page, kind)
            }
            // Nobody waits for a userfaultfd here.
            guard result != .busError else { return 0 }
            guard result == .done else { return -Errno.enomem }
            rewind(to: attempt)
        }
    }

    /// madvise(MADV_MERGEABLE), under mmap_lock for writing.
    mutating func allowMerging(_ process: Int, _ pages: Range<Int>) throws(Failure) -> Int {
        let isMapped = try setMergeable(process, pages, true)
        try mmapWriteUnlock(process)
        return isMapped ? 0 : -Errno.enomem
    }

    /// madvise(MADV_UNMERGEABLE): the mapping is no candidate any more, and what was merged is copied. Mirrors
    /// unmerge_ksm_pages, under mmap_lock for writing.
    mutating func unmerge(_ process: Int, _ pages: Range<Int>) throws(Failure) -> Int {
        let isMapped = try call { execution throws(Failure) in
            try execution.setMergeable(process, pages, false)
        }
        var error = 0
        _ = try inRounds(pages.count) { execution, step throws(Failure) in
            error = try execution.call { execution throws(Failure) in
                try execution.breakMerging(process, pages.lowerBound + step)
            }
            return error == 0
        }
        try mmapWriteUnlock(process)
        return error != 0 ? error : isMapped ? 0 : -Errno.enomem
    }

    /// Takes mmap_lock for writing, and changes the flags. The lock stays held.
    private mutating func setMergeable(
        _ process: Int, _ pages: Range<Int>, _ isMergeable: Bool
    ) throws(Failure) -> Bool {
        try mmapWriteLock(process)
        try lockVMAs(of: process, pages)
        return try atomically(Site("ksm_madvise", "changes the VMA's flags")) { machine in
            for page in pages where machine[mapped: process, page].isMapped && !machine.isShared(page) {
                machine[mapped: process, page].isUnmergeable = !isMergeable
            }
            machine.splitAcrossVMAs(process, pages)
            return pages.allSatisfy { machine[mapped: process, $0].isMapped }
        }
    }
}

extension Machine {
    /// The page, with a reference to it; nil: the page-table lock is held by somebody.
    fileprivate func findMergeable(_ place: PageOfProcess, mayNever: Bool) -> IsolatedPage? {
        if mayNever, choose(among: 2) == 0 { return IsolatedPage(result: -Errno.eagain) }
        guard !self[table: place.process, place.page].isLocked else { return nil }
        let mapped = self[mapped: place.process, place.page]
        let entry = self[entry: place.process, place.page]
        guard hasMemoryToReach(place.process), mapped.isMapped, !mapped.isUnmergeable, entry.isPresent,
            !entry.mapsZeroPage, !isCached(entry.frame)
        else { return IsolatedPage(result: -Errno.eagain) }
        self[frame: entry.frame].references &+= 1
        return IsolatedPage(entry.frame)
    }

    /// A merged page is kept rather than one that is not; of two others any, as ksmd happens to meet them. A page that fork shared
    /// is not its own twin, and needs none.
    fileprivate func planMerge(
        _ place: PageOfProcess, _ first: Int, _ other: PageOfProcess, _ second: Int
    ) -> MergePlan {
        if first == second, showsSame(first, at: place.page, as: other.page) { return .merged }
        let isEqual = (0..<wordCount).allSatisfy {
            self[content: first, $0, at: place.page] == self[content: second, $0, at: other.page]
        }
        guard isEqual else { return .neither }
        if first == second { return .siblings }
        switch (self[marks: first].isMerged, self[marks: second].isMerged) {
        case (true, true): return .neither
        case (true, false): return .mergedFirst
        case (false, true): return .mergedSecond
        case (false, false): return choose(among: 2) == 0 ? .first : .second
        }
    }

    /// Under the page-table lock: the entry becomes read-only and clean, and is flushed; then the references are counted, and if
    /// there are others than mappings the entry is put back. A page that is kept is a merged one from then on.
    fileprivate func protectForMerge(_ place: PageOfProcess, _ frame: Int, isKept: Bool) -> Bool? {
        let (process, page) = (place.process, place.page)
        if isKept, self[marks: frame].isMerged { return true }
        guard !self[table: process, page].isLocked else { return nil }
        let entry = self[entry: process, page]
        guard entry.isPresent, entry.frame == frame, !self[frame: frame].isLocked,
            !self[mapped: process, page].isUnmergeable
        else { return false }
        let isOpen = entry.isWritable || entry.isDirty || self[frame: frame].isExclusive
        if isOpen {
            let facts = PageFacts(machine: self, process: process, page: page, entry: entry, own: 1)
            guard decides(.ksmMerge, .merge, .skip, facts) else {
                flush(process, page)
                return false
            }
            if entry.isDirty { self[marks: frame].isDirty = true }
            self[frame: frame].isExclusive = false
            var protected = entry.writeProtected
            protected.isDirty = false
            change(entry: process, page, to: protected)
            flush(process, page)
        }
        if isKept { self[marks: frame].isMerged = true }
        return true
    }

    /// The entry must be as it was left, and the contents still equal.
    fileprivate func replace(_ place: PageOfProcess, _ given: Int, by kept: Int) -> Bool? {
        let (process, page) = (place.process, place.page)
        guard !self[table: process, page].isLocked else { return nil }
        let entry = self[entry: process, page]
        guard entry.isPresent, entry.frame == given, !entry.isWritable, !entry.isDirty,
            self[marks: kept].isMerged,
            (0..<wordCount).allSatisfy({ self[content: kept, $0] == self[content: given, $0] })
        else { return false }
        var new = PageTableEntry(frame: kept, writable: false, dirty: false)
        new.isProtectedNone = self[mapped: process, page].isHidden
        new.isYoung = entry.isYoung
        self[frame: kept].references &+= 1
        self[frame: kept].mappings &+= 1
        change(entry: process, page, to: new)
        flush(process, page)
        self[frame: given].mappings &-= 1
        put(given)
        checkCoherence(process, page)
        return true
    }
}
