// Huge pages: a frame that has room for as many pages as a page table has entries.
//
// One entry that maps all of a huge page stands in the machine as a page table that `isHuge`, whose entries are alike but for nothing:
// whoever changes one of them changes all. What a huge page has of its own at one of its pages is at that page's place in the frame.
extension Machine {
    /// Whether a frame is a huge page.
    @inline(__always) func isLarge(_ frame: Int) -> Bool { layout.keepsFolios && self[folio: frame].isLarge }
    /// Whether one entry maps all of the page table that a page lies in.
    @inline(__always) func isHuge(_ process: Int, _ page: Int) -> Bool {
        layout.keepsFolios && self[table: process, page].isHuge
    }
    /// Whether pages of the pool of hugetlb are mapped at a page.
    @inline(__always) func isHugetlb(_ page: Int) -> Bool {
        layout.keepsFolios && world.pointee.geometry.isHugetlb(page)
    }

    /// The place of a page in the huge page that maps it.
    @inline(__always) func subpage(_ page: Int) -> Int { page % Folio.pages }
    /// The pages that a huge page at this page would cover.
    func group(_ page: Int) -> Range<Int> {
        let first = page - subpage(page)
        return first..<(first + Folio.pages)
    }

    /// A word of what a frame shows at a page.
    subscript(content frame: Int, word: Int, at page: Int) -> UInt16 {
        @inline(__always) get { self[content: frame, self.place(ofWord: word, in: frame, at: page)] }
        @inline(__always) nonmutating _modify {
            yield &self[content: frame, self.place(ofWord: word, in: frame, at: page)]
        }
    }
    @inline(__always) private func place(ofWord word: Int, in frame: Int, at page: Int) -> Int {
        isLarge(frame) ? subpage(page) &* wordCount &+ word : word
    }

    /// How many words a frame shows, at one page or at several.
    func words(of frame: Int) -> Int { isLarge(frame) ? layout.frameWords : wordCount }

    /// Whether two addresses show the same of a frame that both map.
    @inline(__always) func showsSame(_ frame: Int, at page: Int, as other: Int) -> Bool {
        !isLarge(frame) || subpage(page) == subpage(other)
    }

    /// A name for what an entry maps: each page of a huge page has its own, the first that of the frame.
    func name(of entry: PageTableEntry, at page: Int) -> Register {
        guard isLarge(entry.frame), !entry.mapsZeroPage else { return Register(frame: entry) }
        return Register(word: Register(frame: entry).word | UInt32(subpage(page)) << 24)
    }

    // MARK: Counting

    /// One more entry of a page table maps a frame.
    @inline(__always) func addMapping(_ frame: Int, _ process: Int, _ page: Int) {
        self[frame: frame].mappings &+= 1
        if layout.keepsFolios { countMapping(frame, process, page, 1) }
    }

    /// An entry of a page table maps a frame no more.
    @inline(__always) func removeMapping(_ frame: Int, _ process: Int, _ page: Int) {
        self[frame: frame].mappings &-= 1
        if layout.keepsFolios { countMapping(frame, process, page, -1) }
    }

    private func countMapping(_ frame: Int, _ process: Int, _ page: Int, _ change: Int) {
        guard self[folio: frame].isLarge else { return }
        self[folio: frame][mappingsOf: subpage(page)] += change
        self[folio: frame].noteOwner(process, change)
    }

    func addWholeMapping(_ frame: Int, _ process: Int) {
        self[frame: frame].mappings &+= 1
        self[folio: frame].wholeMappings += 1
        self[folio: frame].noteOwner(process, 1)
    }

    func removeWholeMapping(_ frame: Int, _ process: Int) {
        self[frame: frame].mappings &-= 1
        self[folio: frame].wholeMappings -= 1
        self[folio: frame].noteOwner(process, -1)
    }

    /// PG_anon_exclusive of what a frame shows at a page.
    @inline(__always) func isExclusive(_ frame: Int, at page: Int) -> Bool {
        isLarge(frame) ? self[folio: frame][exclusive: subpage(page)] : self[frame: frame].isExclusive
    }

    /// Sets PG_anon_exclusive of what a frame shows at a page.
    @inline(__always) func setExclusive(_ frame: Int, at page: Int, _ value: Bool) {
        if isLarge(frame) {
            self[folio: frame][exclusive: subpage(page)] = value
        } else {
            self[frame: frame].isExclusive = value
        }
    }

    /// Sets PG_anon_exclusive of all of a huge page.
    func setWholeExclusive(_ frame: Int, _ value: Bool) {
        for subpage in 0..<Folio.pages { self[folio: frame][exclusive: subpage] = value }
    }

    /// `page_mapcount` where rules ask for it: of a huge page, the most that any of its pages has.
    ///
    /// - Parameter parts: what of that was counted earlier, the entries that map single pages; negative where nothing was.
    func mapcount(_ frame: Int, countedParts parts: Int = -1) -> Int {
        guard isLarge(frame) else { return Int(self[frame: frame].mappings) }
        let folio = self[folio: frame]
        return folio.wholeMappings + (parts < 0 ? folio.mostPartMappings : parts)
    }

    /// Whether the references of a frame could be those of a pin; a huge page counts its pins apart.
    func isMaybePinned(_ frame: Int, own: Int32 = 0) -> Bool {
        guard isLarge(frame) else { return self[frame: frame].references &- own >= world.pointee.pinBias }
        return (0..<referenceCount).contains { index in
            let reference = self[reference: index]
            return reference.isOpen && reference.isPin && reference.target.isPresent
                && reference.target.frame == frame
        }
    }

    // MARK: One entry for all

    /// Changes the one entry of a page table that is huge, or the entries of one that becomes it.
    func changeWhole(_ process: Int, _ page: Int, to entry: PageTableEntry) {
        for page in group(page) { change(entry: process, page, to: entry) }
    }

    /// Changes an entry, and with it those that are one with it.
    @inline(__always) func changeMapping(_ process: Int, _ page: Int, to entry: PageTableEntry) {
        if isHuge(process, page) { return changeWhole(process, page, to: entry) }
        change(entry: process, page, to: entry)
    }

    /// What a call on some pages does at one of a huge page that one entry maps: it is about all of it, and done with its first page;
    /// or the entry becomes many. Mirrors change_pmd_range.
    ///
    /// - Returns: whether nothing is left to do at this page.
    func isDoneWithWhole(_ process: Int, _ page: Int, of pages: Range<Int>) -> Bool {
        guard isHuge(process, page) else { return false }
        let group = group(page)
        if isHugetlb(page) || pages.contains(group.lowerBound) && pages.contains(group.upperBound - 1) {
            return page > group.lowerBound
        }
        splitEntry(process, page)
        return false
    }

    /// Maps a huge page that was allocated for this address: one mapping, exclusive where the kernel keeps that.
    func mapHugeAnonymous(_ frame: Int, _ process: Int, _ page: Int, writable: Bool) {
        let isProtected = hasMarker(process, page)
        addWholeMapping(frame, process)
        setWholeExclusive(frame, world.pointee.keepsExclusive)
        prepareAnonVMA(process, page)
        let mapped = self[mapped: process, page]
        var entry = PageTableEntry(frame: frame, writable: writable && mapped.isWritable, dirty: writable)
        entry.isProtectedNone = mapped.isHidden
        entry.isYoung = world.pointee.observesYoung
        // What clear_refs passes over has no bit of its own.
        entry.isSoftDirty = writable && layout.keepsTracking && !isHugetlb(page)
        if isProtected {
            entry.isUserfaultProtected = true
            entry.isWritable = false
        }
        self[table: process, page].isHuge = true
        changeWhole(process, page, to: entry)
        for page in group(page) { checkCoherence(process, page) }
    }

    /// Maps the huge zero page.
    func mapHugeZero(_ process: Int, _ page: Int) {
        var entry = PageTableEntry.zeroPage
        entry.isProtectedNone = self[mapped: process, page].isHidden
        entry.isYoung = world.pointee.observesYoung
        self[table: process, page].isHuge = true
        changeWhole(process, page, to: entry)
        for page in group(page) { checkCoherence(process, page) }
    }

    /// The one entry becomes many, with the same rights to the same pages; each holds a reference and has the mark of being
    /// exclusive that the whole had. One of the page cache just goes. Mirrors __split_huge_pmd_locked.
    ///
    /// - Parameter isFrozen: the entries become migration entries at once, for the page is split, too.
    func splitEntry(_ process: Int, _ page: Int, isFrozen: Bool = false) {
        guard isHuge(process, page) else { return }
        let entry = self[entry: process, page]
        if isFileBacked(page) { return dropWholeCached(process, page, entry) }
        self[table: process, page].isHuge = false
        guard entry.isPresent, !entry.mapsZeroPage else { return }
        if entry.isDirty { splitDirty(process, page, isFrozen: isFrozen) }
        removeWholeMapping(entry.frame, process)
        for page in group(page) { addMapping(entry.frame, process, page) }
        self[frame: entry.frame].references &+= Int32(Folio.pages - 1)
    }

    /// The dirty bit of the entry that becomes many: first the page's, which lost the entries'; since 0ccf7f168e17 (6.2) every entry has
    /// it, and what makes an entry dirty makes it soft-dirty. Nothing is left to be stored to silently: the entry is flushed at once.
    private func splitDirty(_ process: Int, _ page: Int, isFrozen: Bool) {
        let staysDirty = mechanism(.hugeSplitDirty) == .yes
        if layout.keepsMarks { self[marks: self[entry: process, page].frame].isDirty = true }
        for page in group(page) {
            if !staysDirty, !isFrozen {
                self[entry: process, page].isDirty = false
                flush(process, page)
            } else if layout.keepsTracking, !isFrozen {
                self[entry: process, page].isSoftDirty = true
            }
        }
    }

    /// Takes the one entry away, and what was kept for its splitting. Mirrors zap_huge_pmd.
    ///
    /// - Returns: the entry.
    func takeWhole(_ process: Int, _ page: Int) -> PageTableEntry {
        let entry = self[entry: process, page]
        changeWhole(process, page, to: .none)
        self[table: process, page].isHuge = false
        self[table: process, page].isPresent = false
        freeTable()
        if entry.isPresent, !entry.mapsZeroPage { removeWholeMapping(entry.frame, process) }
        return entry
    }

    /// Whether a fault may map a huge page: all of it lies in one VMA that wants it, or, as khugepaged and MADV_COLLAPSE see it, that
    /// does not refuse it. Mirrors thp_vma_allowable_order.
    func allowsHuge(_ process: Int, _ page: Int, whenWanted: Bool = true) -> Bool {
        let group = group(page)
        guard group.upperBound <= pageCount, !isFileBacked(page), !isHugetlb(page) else { return false }
        let advice = self[hugeAdvice: process, page]
        return !advice.isRefused && (advice.isWanted || !whenWanted) && isOneVMA(process, page)
    }

    /// Whether all that a huge page at this page would cover lies in one VMA.
    private func isOneVMA(_ process: Int, _ page: Int) -> Bool {
        let first = self[mapped: process, page]
        return group(page).allSatisfy { other in
            mapping(of: other) == mapping(of: page) && self[mapped: process, other].isOneVMA(with: first)
                && self[hugeAdvice: process, other].inherited == self[hugeAdvice: process, page].inherited
                && (!layout.keepsTracking
                    || self[tracked: process, other].userfault == self[tracked: process, page].userfault)
        }
    }

    /// A VMA was split at the ends of a range, and with it what one entry mapped across them. Mirrors vma_adjust_trans_huge.
    ///
    /// Preconditions: mmap_lock is held for writing, and with it every VMA lock.
    func splitAcrossVMAs(_ process: Int, _ pages: Range<Int>) {
        guard layout.keepsFolios, let first = pages.first, let last = pages.last else { return }
        for page in [first, last] where isHuge(process, page) && !isHugetlb(page) && !isOneVMA(process, page)
        {
            splitEntry(process, page)
        }
    }

    /// A store through the one entry, or through one of many, leaves it dirty.
    @inline(__always) func makeDirty(_ process: Int, _ page: Int) {
        self[entry: process, page].isDirty = true
        guard isHuge(process, page) else { return }
        for page in group(page) { self[entry: process, page].isDirty = true }
    }

    // MARK: Splitting the page itself

    /// Makes a huge page into small ones, each with its mappings; whoever named one of its pages names the same. Mirrors split_folio,
    /// which needs that nobody but the mappings and the caller refers to it.
    ///
    /// - Parameter isHeld: whether the caller has a reference to the page, which it keeps.
    /// - Returns: the frame that the page has then; nil where the huge page stays, or there is no room.
    func splitFolio(_ frame: Int, at page: Int, isHeld: Bool = false) -> Int? {
        guard isLarge(frame), !self[folio: frame].isHugetlb, !self[frame: frame].isLocked else { return nil }
        let own: Int32 = isHeld ? 1 : 0
        guard self[frame: frame].references == Int32(self[frame: frame].mappings) + own else { return nil }
        for process in 0..<processCount {
            for first in stride(from: 0, to: pageCount, by: Folio.pages) where isHuge(process, first) {
                let entry = self[entry: process, first]
                if entry.isPresent, entry.frame == frame { splitEntry(process, first, isFrozen: true) }
            }
        }
        return breakUp(frame, at: page, isHeld: isHeld)
    }

    /// Makes small pages of a huge one that nobody else refers to.
    ///
    /// - Parameters:
    ///   - isHeld: whether the caller has a reference to this page, which goes on with it.
    ///   - slots: its places in the page cache, which refers to each of the small pages.
    /// - Returns: the frame that the page has then; nil where there is no room.
    func breakUp(_ frame: Int, at page: Int, isHeld: Bool = false, slots: Range<Int>? = nil) -> Int? {
        var frames = [frame]
        for candidate in (Self.zeroFrame + 1)..<frameCount where frames.count < Folio.pages {
            if self[frame: candidate].references == 0 { frames.append(candidate) }
        }
        guard frames.count == Folio.pages else {
            world.pointee.trouble = .outOfFrames
            return nil
        }
        let folio = self[folio: frame]
        let charged = self[frame: frame].charged
        let isIsolated = layout.keepsMarks && self[marks: frame].isIsolated
        self[folio: frame] = Folio()
        for (subpage, part) in frames.enumerated() {
            for word in 0..<wordCount {
                self[content: part, word] = self[content: frame, subpage * wordCount + word]
            }
            self[frame: part].mappings = Int16(folio[mappingsOf: subpage])
            let isOwn = isHeld && subpage == self.subpage(page)
            self[frame: part].references =
                Int32(folio[mappingsOf: subpage]) + (isOwn ? 1 : 0) + (slots == nil ? 0 : 1)
            self[frame: part].isExclusive = folio[exclusive: subpage]
            self[frame: part].charged = charged
            guard layout.keepsMarks else { continue }
            if subpage > 0 { self[marks: part] = self[marks: frame] }
            self[marks: part].isIsolated = isIsolated && isOwn
            self[marks: part].storedUnseen = folio[storedUnseen: subpage]
        }
        for word in wordCount..<layout.frameWords { self[content: frame, word] = 0 }
        for (part, slot) in zip(frames, slots ?? 0..<0) {
            self[cache: slot] = self[cache: slot].renamed(to: part)
        }
        rename(frames)
        if layout.keepsTracking, mechanism(.migrateSoftDirty) == .withDirty { makeSoftDirty(frames) }
        // Pages that nobody maps any more are free.
        for part in frames where self[frame: part].references == 0 {
            self[frame: part].references = 1
            put(part)
        }
        return frames[subpage(page)]
    }

    /// The entries of a huge page that is split become migration entries meanwhile, and soft-dirty with their dirty bit (6.1).
    private func makeSoftDirty(_ frames: [Int]) {
        for process in 0..<processCount {
            for page in 0..<pageCount {
                let entry = self[entry: process, page]
                if entry.isPresent, entry.isDirty, frames.contains(entry.frame) {
                    self[entry: process, page].isSoftDirty = true
                }
            }
        }
    }

    /// Entries, old translations and registers that name pages of what was a huge page name the small ones.
    private func rename(_ frames: [Int]) {
        func renamed(_ entry: PageTableEntry, _ page: Int) -> PageTableEntry {
            guard entry.isPresent, entry.frame == frames[0] else { return entry }
            return entry.renamed(to: frames[subpage(page)])
        }
        for page in 0..<pageCount {
            for process in 0..<processCount {
                self[entry: process, page] = renamed(self[entry: process, page], page)
            }
            for thread in 0..<threadCount {
                for slot in 0..<Self.staleTranslations {
                    self[translation: thread, page, slot] = renamed(
                        self[translation: thread, page, slot], page)
                }
            }
        }
        for index in 0..<registerCount {
            let register = self[register: index]
            guard register.namesFrame, register.frameNumber == frames[0] else { continue }
            self[register: index] = Register(
                frame: PageTableEntry(frame: frames[register.subpage], writable: false, dirty: false))
        }
    }
}
