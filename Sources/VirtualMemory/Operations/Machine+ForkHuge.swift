import Rules

// What fork does with one entry that maps all of a huge page: copy_huge_pmd and copy_hugetlb_page_range.
extension Machine {
    /// Whether one entry maps a huge page of the page cache, which the child's faults find again. Mirrors copy_huge_pmd.
    func isLeftToFaults(_ entry: PageTableEntry, _ parent: Int, _ page: Int) -> Bool {
        isHuge(parent, page) && !isHugetlb(page) && mapsCache(entry, at: page)
    }

    /// A page whose table is huge, in the child or in the parent, under both page-table locks.
    ///
    /// - Returns: nil where the entries are many, or have become many: they are decided on one by one.
    func forkWhole(
        _ parent: Int, _ child: Int, _ page: Int, spare: PageTableEntry, sharesInstead: Bool
    ) -> ForkPage? {
        guard layout.keepsFolios else { return nil }
        if isHuge(child, page) {
            passPage(child, page)
            return .done
        }
        guard isHuge(parent, page) else { return nil }
        let entry = self[entry: parent, page]
        if isShared(page) {
            shareWholeCached(entry, child, page)
            return .done
        }
        if entry.isAbsent || entry.mapsZeroPage {
            // Pages on their way are nobody's own then; the huge zero page is everybody's.
            let inherited = entry.isAbsent ? entry.shared : entry
            if entry.isAbsent { changeWhole(parent, page, to: inherited) }
            self[table: child, page].isHuge = true
            changeWhole(child, page, to: keepingProtection(inherited, parent, child, page))
            passPage(child, page)
            return .done
        }
        let path = isHugetlb(page) ? Path.forkHugetlb : .forkHuge
        let facts = PageFacts(machine: self, process: parent, page: page, entry: entry)
        switch decide(path, facts) {
        case .choice(.share):
            guard !world.pointee.hasFastGUP || isAlone(parent) else {
                self[table: parent, page].lock(by: world.pointee.actor)
                return .sharing
            }
            shareWhole(parent, child, page)
            return .done
        case .choice(.split) where path == .forkHuge:
            splitEntry(parent, page)
            return nil
        case .choice(.copy) where path == .forkHugetlb:
            guard spare.isPresent else {
                guard sharesInstead else { return .needsPage }
                shareWhole(parent, child, page)
                return .done
            }
            copyWholeForChild(0, parent, child, page, spare.frame)
            self[table: parent, page].lock(by: world.pointee.actor)
            return .copying
        case nil: return .done
        default:
            world.pointee.trouble = .meaninglessDecision(path)
            return .done
        }
    }

    /// The child maps a page of a shared mapping of hugetlb as the parent does. Mirrors copy_hugetlb_page_range.
    private func shareWholeCached(_ entry: PageTableEntry, _ child: Int, _ page: Int) {
        self[frame: entry.frame].references &+= 1
        addWholeMapping(entry.frame, child)
        self[table: child, page].isHuge = true
        changeWhole(child, page, to: entry)
        passPage(child, page)
    }

    /// Shares a huge page: counts first, then both entries read-only.
    func shareWhole(_ parent: Int, _ child: Int, _ page: Int) {
        let entry = self[entry: parent, page]
        self[table: parent, page].unlock()
        self[frame: entry.frame].references &+= 1
        addWholeMapping(entry.frame, child)
        setWholeExclusive(entry.frame, false)
        changeWhole(parent, page, to: entry.writeProtected)
        var inherited = keepingProtection(entry.writeProtected, parent, child, page)
        inherited.isYoung = false
        self[table: child, page].isHuge = true
        changeWhole(child, page, to: inherited)
        passPage(child, page)
    }

    /// Copies one word of a page of hugetlb for the child; the last one maps the copy there and drops the locks.
    func copyWholeForChild(_ word: Int, _ parent: Int, _ child: Int, _ page: Int, _ spare: Int) {
        let entry = self[entry: parent, page]
        if word == 0, world.pointee.checksGuarantees, !self[space: parent].hasOptedOut,
            !isTrulyPinned(entry.frame, by: parent)
        {
            breaks(.precision)
        }
        self[content: spare, word] = self[content: entry.frame, word]
        self[space: child].forkedPages = UInt16(truncatingIfNeeded: page + word / wordCount)
        self[space: child].forkedWords = UInt8(truncatingIfNeeded: word % wordCount + 1)
        guard word == layout.frameWords - 1 else { return }
        mapHugeAnonymous(spare, child, page, writable: true)
        protectCopyForUserfault(entry, child, page)
        for _ in 0..<Folio.pages { countCopy() }
        self[table: parent, page].unlock()
        passPage(child, page)
    }

    /// Takes a huge page back from a child whose fork has failed.
    ///
    /// - Returns: whether it was one.
    func takeBackWhole(_ child: Int, _ page: Int) -> Bool {
        guard isHuge(child, page) else { return false }
        let entry = takeWhole(child, page)
        if entry.isPresent, !entry.mapsZeroPage { put(entry.frame) }
        return true
    }
}
