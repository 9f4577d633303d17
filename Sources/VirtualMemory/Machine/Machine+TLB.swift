// Translation lookaside buffers.
//
// A TLB entry may be loaded from a present page-table entry at any time (walks are speculative) and may be evicted at
// any time. So an entry that equals the page-table entry needs no state: having it or not makes no difference. What makes
// a difference is an *old* translation, and any CPU on which the memory runs may hold one from the moment at which the
// page-table entry changes until it is flushed there. The machine keeps just those: for each thread and page the old
// translations that its TLB may hold, oldest first. An access either uses one of them (from then on the TLB holds just
// that one) or behaves as if it had been evicted, walks, and has the new one from then on.
extension Machine {
    /// Changes a page-table entry. Until a flush, any CPU that runs in this memory may go on with the old translation; but
    /// not that of the thread which makes the change, for it is in the kernel and flushes before it returns.
    @inline(__always) func change(entry process: Int, _ page: Int, to new: PageTableEntry) {
        let old = self[entry: process, page]
        self[entry: process, page] = new
        if layout.keepsTracking { checkReports(process, page, new) }
        if !world.pointee.runsAlone, old.isAccessible, !old.isCovered(by: new) {
            remember(old, process, page)
        }
    }

    /// Makes an entry old, and flushes nothing: what a TLB holds goes on to serve accesses, which leave the entry old then; that of
    /// the acting CPU too. Mirrors ptep_test_and_clear_young.
    func makeOld(entry process: Int, _ page: Int) {
        let old = self[entry: process, page]
        guard old.isYoung else { return }
        self[entry: process, page].isYoung = false
        if old.isAccessible { remember(old, process, page, exceptOnActor: false) }
    }

    private func remember(
        _ entry: PageTableEntry, _ process: Int, _ page: Int, exceptOnActor: Bool = true
    ) {
        var old = entry
        old.isYoung = false
        old = old.tracked(as: .none)
        for thread in 0..<threadCount where !exceptOnActor || thread != world.pointee.actor {
            let owner = self[thread: thread]
            guard Int(owner.process) == process, owner.status == .running else { continue }
            var slot = 0
            while slot < Self.staleTranslations {
                let held = self[translation: thread, page, slot]
                if held == old { break }
                if held == .none {
                    self[translation: thread, page, slot] = old
                    break
                }
                slot &+= 1
            }
            if slot == Self.staleTranslations { world.pointee.trouble = .tooManyStaleTranslations }
        }
    }

    /// Drops the old translations of one page on every CPU of this memory. Mirrors flush_tlb_page.
    @inline(__always) func flush(_ process: Int, _ page: Int) {
        if world.pointee.runsAlone { return }
        for thread in 0..<threadCount where Int(self[thread: thread].process) == process {
            forgetTranslations(thread, page)
        }
    }

    /// Drops all old translations of this memory. Mirrors flush_tlb_mm.
    func flushAll(_ process: Int) {
        if world.pointee.runsAlone { return }
        for thread in 0..<threadCount where Int(self[thread: thread].process) == process {
            for page in 0..<pageCount { forgetTranslations(thread, page) }
        }
    }

    /// Entries will change whose flush is put off. Mirrors inc_tlb_flush_pending, which tlb_gather_mmu calls.
    func beginDeferredFlush(_ process: Int) {
        if world.pointee.observesFlushPending { self[space: process].flushesPending &+= 1 }
    }

    /// Flushes the pages that were changed. Mirrors tlb_finish_mmu with dec_tlb_flush_pending.
    func endDeferredFlush(_ process: Int, _ pages: Range<Int>) {
        for page in pages { flush(process, page) }
        if world.pointee.observesFlushPending { self[space: process].flushesPending &-= 1 }
    }

    @inline(__always) func forgetTranslations(_ thread: Int, _ page: Int) {
        for slot in 0..<Self.staleTranslations { self[translation: thread, page, slot] = .none }
    }

    /// The TLB of a thread holds just this old translation from now on: it was used.
    func settle(_ thread: Int, _ page: Int, on slot: Int) {
        let used = self[translation: thread, page, slot]
        forgetTranslations(thread, page)
        self[translation: thread, page, 0] = used
    }

    /// The TLB of a thread holds a translation of this frame from now on: it keeps no old one of another.
    func keepTranslations(_ thread: Int, _ page: Int, of frame: Int) {
        guard self[translation: thread, page, 0] != .none else { return }
        var kept = 0
        for slot in 0..<Self.staleTranslations {
            let held = self[translation: thread, page, slot]
            self[translation: thread, page, slot] = .none
            if held.isPresent, held.frame == frame {
                self[translation: thread, page, kept] = held
                kept &+= 1
            }
        }
    }

    /// Drops the old translations of a frame on every CPU. Mirrors try_to_unmap_flush, which may flush more.
    func flushFrame(_ frame: Int) {
        for thread in 0..<threadCount {
            for page in 0..<pageCount where self[translation: thread, page, 0] != .none {
                var kept = 0
                for slot in 0..<Self.staleTranslations {
                    let held = self[translation: thread, page, slot]
                    self[translation: thread, page, slot] = .none
                    if held == .none || held.isPresent && held.frame == frame { continue }
                    self[translation: thread, page, kept] = held
                    kept &+= 1
                }
            }
        }
    }

    /// Old translations of a frame that is freed lead nowhere: whoever uses one reaches a freed frame.
    func loseTranslations(of frame: Int) {
        for thread in 0..<threadCount {
            for page in 0..<pageCount {
                for slot in 0..<Self.staleTranslations {
                    let held = self[translation: thread, page, slot]
                    if held.isPresent, held.frame == frame {
                        self[translation: thread, page, slot] = .dangling
                    }
                }
            }
        }
    }

    /// Whether at most one thread runs in this memory, and nobody reaches into it: then nobody else can look at its page
    /// tables or TLBs.
    @inline(__always) func isAlone(_ process: Int) -> Bool {
        self[space: process].activeThreads <= 1
            && world.pointee.accessedByOthers & 1 &<< UInt32(truncatingIfNeeded: process) == 0
    }

    /// Whether an access at a page touches nothing that others could see: no second thread runs in the memory, its TLB holds
    /// nothing old, and what is mapped is mapped once and not referenced, or nothing, or the zero page.
    @inline(__always) func isPrivate(_ process: Int, _ page: Int) -> Bool {
        guard isAlone(process) else { return false }
        // Taking a huge page away gives back the table that was kept for its splitting.
        if isHuge(process, page), world.pointee.frameLimit != Int.max { return false }
        for thread in 0..<threadCount where Int(self[thread: thread].process) == process {
            if self[translation: thread, page, 0] != .none { return false }
        }
        let entry = self[entry: process, page]
        guard entry.isPresent, !entry.mapsZeroPage else { return true }
        let frame = self[frame: entry.frame]
        return frame.references == 1 && frame.mappings == 1
    }
}
