// What is checked at the moment of a store: isolation, durability, authority, and for a fork under way the snapshot.

/// Who stores: a thread through the memory of its process, or a device through a reference taken there.
struct StoreAct {
    /// The process through whose memory the store comes.
    let process: Int
    let page: Int
    let word: Int
    let frame: Int
    /// The thread that stores; nil for a device.
    let thread: Int?
    /// Through what it comes.
    var through = Violation.Through.mapping
    /// The owner of the reference has discarded the address since.
    var isGivenUp = false
    /// The page of the reference was thrown away after MADV_FREE.
    var isForgotten = false
    /// The IOMMU tells of the store.
    var isReported = false

    /// Bit of `MachineThread.storedSince`.
    var originBit: UInt8 { 1 << through.rawValue }
}

extension Machine {
    /// Carries out a store into a frame, and checks what it may break.
    func store(_ value: UInt16, _ act: StoreAct) {
        if world.pointee.checksGuarantees {
            checkIsolation(act)
            checkDurability(act)
            if layout.keepsTracking { checkTracking(act) }
            if world.pointee.hasFiles { checkCacheAuthority(act) }
            if act.thread != nil {
                checkAuthority(act)
                noteStoreBesideFork(act)
            } else if act.frame == Self.zeroFrame {
                breaks(.authority, through: act.through)
            }
        }
        self[content: act.frame, act.word, at: act.page] = value
        // The entry's dirty bit tells of a CPU's store; nobody but the driver of a device does of the device's.
        if world.pointee.hasFiles, act.thread == nil { makeCachedPageDirty(act.frame) }
    }

    /// Isolation: nobody else may see the frame, by an entry, a TLB entry, or a reference taken through their memory. Forks
    /// that are not complete do not count.
    private func checkIsolation(_ act: StoreAct) {
        // What is shared is there to be seen.
        guard !isShared(act.page) else { return }
        let frame = self[frame: act.frame]
        if frame.references <= 1, frame.mappings <= 1, act.thread != nil, !world.pointee.putsBeforeFlush {
            return
        }
        for process in 0..<processCount where process != act.process && self[space: process].state == .live {
            for page in 0..<pageCount {
                let entry = self[entry: process, page]
                if entry.namesFrame, entry.frame == act.frame, showsSame(act.frame, at: page, as: act.page) {
                    return breaks(.isolation, through: act.through)
                }
            }
        }
        for thread in 0..<threadCount where Int(self[thread: thread].process) != act.process {
            if holdsOldTranslation(thread, of: act.frame, at: act.page) {
                return breaks(.isolation, through: act.through)
            }
        }
        for index in 0..<referenceCount {
            let reference = self[reference: index]
            if reference.state == .confirmed, Int(reference.owner) != act.process,
                reference.target.frame == act.frame,
                showsSame(act.frame, at: pageOfReference(index), as: act.page)
            {
                breaks(.isolation, through: reference.through)
            }
        }
    }

    /// Whether the TLB of any CPU may still lead to a frame by an old translation.
    func isInAnyTLB(_ frame: Int) -> Bool {
        (0..<threadCount).contains { holdsOldTranslation($0, of: frame) }
    }

    /// - Parameter shown: where only translations of the same page of a huge page count.
    func holdsOldTranslation(_ thread: Int, of frame: Int, at shown: Int? = nil) -> Bool {
        for page in 0..<pageCount where shown.map({ showsSame(frame, at: page, as: $0) }) ?? true {
            for slot in 0..<Self.staleTranslations {
                let held = self[translation: thread, page, slot]
                if held.isPresent, held.frame == frame { return true }
            }
        }
        return false
    }

    /// Durability: the store is lost when the memory that it came through has another frame there by now, unless
    /// a discard of the address is under way. When it comes between the copying of its word and the installation of
    /// the copy, it will be lost: the copy is marked.
    private func checkDurability(_ act: StoreAct) {
        let entry = self[entry: act.process, act.page]
        if !act.isGivenUp, entry.isPresent, entry.frame != act.frame, self[space: act.process].state == .live,
            self[mapped: act.process, act.page].discards == 0
        {
            breaks(.durability, through: act.through)
        }
        if act.isForgotten, !act.isGivenUp { breaks(.durability, through: act.through) }
        if layout.keepsMarks, self[marks: act.frame].isLazyFree,
            self[mapped: act.process, act.page].discards == 0, !(entry.isPresent && entry.isDirty)
        {
            if isLarge(act.frame) {
                self[folio: act.frame][storedUnseen: subpage(act.page)] |= act.originBit
            } else {
                self[marks: act.frame].storedUnseen |= act.originBit
            }
        }
        for thread in 0..<threadCount where thread != act.thread {
            let copier = self[thread: thread]
            if copier.copySource.isPresent, copier.copySource.frame == act.frame,
                Int(copier.process) == act.process, Int(copier.copyPage) == act.page,
                act.word < Int(copier.copiedWords)
            {
                self[thread: thread].storedSince |= act.originBit
            }
        }
    }

    /// Authority: nothing that comes through a private mapping may reach the page cache.
    private func checkCacheAuthority(_ act: StoreAct) {
        guard !isShared(act.page), cacheSlot(of: act.frame) != nil else { return }
        breaks(.authority, through: act.through)
    }

    /// Authority: the address must be writable, unless a change of its protection or its removal is under way; the zero page
    /// never is.
    private func checkAuthority(_ act: StoreAct) {
        let mapped = self[mapped: act.process, act.page]
        if act.frame == Self.zeroFrame
            || (!mapped.isWritable && !mapped.isBeingProtected && mapped.discards == 0)
        {
            breaks(.authority)
        }
    }

    /// Snapshot: tells for every fork of this process that is under way whether the child has the store or lacks it.
    private func noteStoreBesideFork(_ act: StoreAct) {
        // Shared memory is the child's as well as the parent's.
        guard let thread = act.thread, !isShared(act.page) else { return }
        for child in 0..<processCount
        where self[space: child].state == .forming && Int(self[space: child].forkedFrom) == act.process {
            guard self[mapped: child, act.page].isMapped || act.page >= Int(self[space: child].forkedPages),
                !self[mapped: act.process, act.page].isNotForked,
                !self[mapped: act.process, act.page].isWipedOnFork
            else { continue }
            if childHas(child, act) {
                let begunEarlier =
                    self[thread: thread].hasBegunStore
                    && self[space: child].storesBegunEarlier & 1 &<< UInt32(truncatingIfNeeded: thread) != 0
                if self[space: child].lacksStore, !begunEarlier { self[space: child].isTorn = true }
            } else if !self[space: child].lacksStore {
                self[space: child].lacksStore = true
                self[space: child].storesBegunEarlier = threadsInMidStore(of: act.process, but: thread)
            }
        }
    }

    /// Whether the forming child has, or will get, what is stored now.
    private func childHas(_ child: Int, _ act: StoreAct) -> Bool {
        let space = self[space: child]
        if act.page > Int(space.forkedPages) { return true }
        if act.page == Int(space.forkedPages) { return act.word >= Int(space.forkedWords) }
        let entry = self[entry: child, act.page]
        return entry.isPresent && entry.frame == act.frame
    }

    private func threadsInMidStore(of process: Int, but thread: Int) -> UInt32 {
        var set: UInt32 = 0
        for other in 0..<threadCount
        where other != thread && Int(self[thread: other].process) == process && self[thread: other].logged > 0
        {
            set |= 1 &<< UInt32(truncatingIfNeeded: other)
        }
        return set
    }

    /// A store that is about to fault begins now, whatever its thread did before.
    func noteStoreBegins(_ thread: Int, _ process: Int) {
        for child in 0..<processCount
        where self[space: child].state == .forming && Int(self[space: child].forkedFrom) == process {
            self[space: child].storesBegunEarlier &= ~(1 &<< UInt32(truncatingIfNeeded: thread))
        }
    }
}
