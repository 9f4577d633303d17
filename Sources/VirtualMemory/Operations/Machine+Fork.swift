import Rules

// The sections of fork.
extension Machine {
    func inheritReferences(from parent: Int, to child: Int) {
        let parentBit: UInt32 = 1 &<< UInt32(truncatingIfNeeded: parent)
        for index in 0..<referenceCount where self[reference: index].holders & parentBit != 0 {
            self[reference: index].holders |= 1 &<< UInt32(truncatingIfNeeded: child)
        }
    }

    func beginForming(_ child: Int, from parent: Int) {
        let limit = self[space: child].chargeLimit
        self[space: child] = AddressSpace()
        self[space: child].chargeLimit = limit
        self[space: child].state = .forming
        self[space: child].forkedFrom = UInt8(truncatingIfNeeded: parent)
        self[space: child].hasOptedOut = self[space: parent].hasOptedOut
    }

    /// Mirrors the loop of dup_mmap: MADV_DONTFORK leaves the VMA out, MADV_WIPEONFORK drops its anon_vma.
    func duplicateMapping(_ parent: Int, _ child: Int, _ page: Int) {
        let mapped = self[mapped: parent, page]
        if world.pointee.movesPages { self[mapped: child, page].place = mapped.place }
        guard mapped.isMapped, !mapped.isNotForked else { return }
        var inherited = mapped.inherited
        if mapped.isWipedOnFork { inherited.hasAnonVMA = false }
        self[mapped: child, page] = inherited
        if layout.keepsTracking { self[tracked: child, page] = self[tracked: parent, page].inherited }
        if layout.keepsFolios { self[hugeAdvice: child, page] = self[hugeAdvice: parent, page].inherited }
    }

    /// Mirrors raw_write_seqcount_begin and _end on mm->write_protect_seq (5.11). Nobody but a fast GUP looks.
    func countWriteProtect(_ process: Int) {
        guard world.pointee.hasFastGUP, mechanism(.fastGUPRetry) == .writeProtectSeq else { return }
        self[space: process].writeProtectSequence &+= 1
    }

    /// One entry of the parent under both page-table locks. Mirrors copy_present_pte and copy_nonpresent_pte.
    ///
    /// - Parameters:
    ///   - spare: the page for an early copy, `none` while there is none.
    ///   - isProtected: the entry was write-protected and flushed for the copy already.
    ///   - sharesInstead: there is no memory for an early copy, and the rules share the page then.
    func forkEntry(
        _ parent: Int, _ child: Int, _ page: Int, spare: PageTableEntry, isProtected: Bool = false,
        sharesInstead: Bool = false
    ) -> ForkPage {
        var entry = self[entry: parent, page]
        if isMarkerInherited(entry, child, page) {
            guard self[table: child, page].isPresent || isHugetlb(page) else { return .needsTable }
            change(entry: child, page, to: entry)
        }
        guard needsCopyOfTables(child, page), entry.namesFrame || entry.isGuard,
            !isLeftToFaults(entry, parent, page)
        else {
            passPage(child, page)
            return .done
        }
        guard self[table: child, page].isPresent else { return .needsTable }
        if entry.isGuard {
            self[entry: child, page] = entry
            passPage(child, page)
            return .done
        }
        if let whole = forkWhole(parent, child, page, spare: spare, sharesInstead: sharesInstead) {
            return whole
        }
        entry = self[entry: parent, page]
        if entry.isAbsent {
            // mirrors copy_nonpresent_pte: both get what is nobody's own, be it in swap or on its way.
            change(entry: parent, page, to: entry.shared)
            change(entry: child, page, to: keepingProtection(entry.shared, parent, child, page))
            passPage(child, page)
            return .done
        }
        if entry.mapsZeroPage {
            var inherited = keepingProtection(entry, parent, child, page)
            inherited.isYoung = false
            change(entry: child, page, to: inherited)
            passPage(child, page)
            return .done
        }
        let facts = PageFacts(machine: self, process: parent, page: page, entry: entry)
        let path = mapsCache(entry, at: page) ? Path.forkFile : .forkAnonymous
        switch decide(path, facts) {
        case .choice(.share):
            // mirrors 70e806e4e645 as first merged in 5.9-rc: the entry was made read-only before the pins were looked at. An
            // early copy leaves it the rights that it had.
            if mechanism(.forkProtectsFirst) == .yes {
                change(entry: parent, page, to: entry.writeProtected)
            }
            // Fast GUP takes no lock: between the look at the pins and the write-protection it may take one (57efa1fe5957).
            guard !world.pointee.hasFastGUP || isAlone(parent) else {
                self[table: parent, page].lock(by: world.pointee.actor)
                return .sharing
            }
            share(parent, child, page)
            return .done
        case .choice(.copy):
            guard spare.isPresent else {
                guard sharesInstead else { return .needsPage }
                share(parent, child, page)
                return .done
            }
            if mechanism(.forkCopyProtects) == .protectAndFlush, !isProtected, entry.isWritable {
                change(entry: parent, page, to: entry.writeProtected)
                return .needsProtection
            }
            return beginEarlyCopy(entry, parent, child, page, spare.frame)
        default:
            world.pointee.trouble = .meaninglessDecision(path)
            return .done
        }
    }

    /// Shares a page: counts first, then both entries read-only; the parent's TLBs are flushed at the end of fork.
    func share(_ parent: Int, _ child: Int, _ page: Int) {
        if isHuge(parent, page) { return shareWhole(parent, child, page) }
        let entry = self[entry: parent, page]
        self[table: parent, page].unlock()
        self[frame: entry.frame].references &+= 1
        addMapping(entry.frame, child, page)
        // mirrors page_try_dup_anon_rmap (5.19): what two map is nobody's own.
        setExclusive(entry.frame, at: page, false)
        change(entry: parent, page, to: entry.writeProtected)
        var inherited = keepingProtection(entry.writeProtected, parent, child, page)
        inherited.isYoung = false
        change(entry: child, page, to: inherited)
        passPage(child, page)
    }

    private func beginEarlyCopy(
        _ entry: PageTableEntry, _ parent: Int, _ child: Int, _ page: Int, _ spare: Int
    ) -> ForkPage {
        if world.pointee.checksGuarantees, !self[space: parent].hasOptedOut,
            !isTrulyPinned(entry.frame, by: parent)
        {
            breaks(.precision)
        }
        copyForChild(0, parent, child, page, spare)
        guard wordCount > 1 else { return .done }
        self[table: parent, page].lock(by: world.pointee.actor)
        return .copying
    }

    /// Copies one word for the child; the last one maps the copy there and drops the locks. Mirrors copy_present_page.
    func copyForChild(_ word: Int, _ parent: Int, _ child: Int, _ page: Int, _ spare: Int) {
        let entry = self[entry: parent, page]
        copyWord(word, from: entry.frame, to: spare, at: page)
        self[space: child].forkedPages = UInt16(truncatingIfNeeded: page)
        self[space: child].forkedWords = UInt8(truncatingIfNeeded: word &+ 1)
        guard word == wordCount &- 1 else { return }
        mapAnonymous(spare, child, page, writable: true)
        protectCopyForUserfault(entry, child, page)
        countCopy()
        self[table: parent, page].unlock()
        passPage(child, page)
    }

    /// A page of the forming child is done: what is stored from now on is judged by what the child has mapped.
    func passPage(_ child: Int, _ page: Int) {
        self[space: child].forkedPages = UInt16(truncatingIfNeeded: page &+ 1)
        self[space: child].forkedWords = 0
    }

    /// The spare page was not needed after all: the entry was decided on anew.
    func dropSpare(_ spare: PageTableEntry, _ child: Int, _ page: Int) {
        let entry = self[entry: child, page]
        if entry.isPresent, entry.frame == spare.frame { return }
        put(spare.frame)
    }

    /// The child's memory is complete: its threads may run, and the cut that it got is judged.
    func finishForming(_ child: Int, _ mainThread: Int) {
        if self[space: child].isTorn { breaks(.snapshot) }
        self[space: child].state = .live
        self[space: child].isTorn = false
        self[space: child].lacksStore = false
        self[space: child].storesBegunEarlier = 0
        self[space: child].forkedPages = 0
        self[space: child].forkedWords = 0
        self[space: child].activeThreads = 1
        self[thread: mainThread].status = .running
    }

    func takeBack(_ child: Int, _ page: Int) {
        let entry = self[entry: child, page]
        self[mapped: child, page] = MappedPage()
        if layout.keepsTracking { self[tracked: child, page] = TrackedPage() }
        if takeBackWhole(child, page) { return }
        if entry.isSwap {
            self[entry: child, page] = .none
            dropSwapEntry(entry.frame)
        } else if entry != .none {
            self[entry: child, page] = .none
            if entry.isPresent, !entry.mapsZeroPage {
                removeMapping(entry.frame, child, page)
                put(entry.frame)
            }
        }
    }

    func giveUpChild(_ child: Int) {
        freeTables(of: child)
        let limit = self[space: child].chargeLimit
        self[space: child] = AddressSpace()
        self[space: child].chargeLimit = limit
        self[space: child].state = .failed
        for index in 0..<referenceCount where holds(child, index) { letGo(index, of: child) }
    }

    /// Gives back every page table of a process.
    func freeTables(of process: Int) {
        var page = 0
        while page < pageCount {
            if self[table: process, page].isPresent {
                self[table: process, page] = PageTable()
                freeTable()
            }
            page += layout.entriesPerTable
        }
    }
}
