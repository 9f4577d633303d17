// Tracking: what is stored to a page after it was protected is reported, and stays reported until it is protected again.

extension Machine {
    /// A store to a page that is watched must be reported at once. One to another frame than the mapped one is lost, which is
    /// durability's matter; one by a device whose writes the IOMMU records is reported there.
    func checkTracking(_ act: StoreAct) {
        let entry = self[entry: act.process, act.page]
        guard !act.isGivenUp, !act.isReported, entry.namesFrame, entry.frame == act.frame else { return }
        let page = self[tracked: act.process, act.page]
        if page.awaitsSoftDirty {
            if entry.isSoftDirty || !page.isSoftDirtyTracked {
                self[tracked: act.process, act.page].wasReportedSoftDirty = true
            } else {
                breaks(.tracking, through: act.through)
            }
        }
        if page.awaitsUserfault {
            // Where somebody is asked, nothing is stored before the answer.
            if entry.isUserfaultProtected || !page.userfault.contains(.async) {
                breaks(.tracking, through: act.through)
            } else {
                self[tracked: act.process, act.page].wasReportedByUserfault = true
            }
        }
    }

    /// An entry that changes must not lose a report. What clear_refs and UFFDIO_WRITEPROTECT themselves take is not owed any more.
    func checkReports(_ process: Int, _ page: Int, _ new: PageTableEntry) {
        guard new.namesFrame else { return }
        let tracked = self[tracked: process, page]
        if tracked.wasReportedSoftDirty, tracked.isSoftDirtyTracked, !new.isSoftDirty {
            self[tracked: process, page].wasReportedSoftDirty = false
            breaks(.tracking)
        }
        if tracked.wasReportedByUserfault, new.isUserfaultProtected {
            self[tracked: process, page].wasReportedByUserfault = false
            breaks(.tracking)
        }
    }

    // MARK: What keeps and loses the marks

    /// Nothing is tracked where VMAs go or come.
    func forgetTracking(_ process: Int, _ pages: Range<Int>) {
        guard layout.keepsTracking else { return }
        for page in pages { self[tracked: process, page] = TrackedPage() }
    }

    /// mremap takes along what is tracked.
    func moveTracking(_ process: Int, from old: Int, to new: Int) {
        guard layout.keepsTracking else { return }
        self[tracked: process, new] = self[tracked: process, old].moved
    }

    /// What is discarded takes its marks with it; a marker goes where no file is behind the page. Mirrors zap_nonpresent_ptes.
    func zapTracking(_ process: Int, _ page: Int) {
        let entry = self[entry: process, page]
        if markerBehind(entry, process, page) == .none {
            self[tracked: process, page].forgetStores()
            self[tracked: process, page].awaitsUserfault = false
        }
        guard !entry.namesFrame, entry.isUserfaultProtected else { return }
        if !isFileBacked(page) && !isHugetlb(page) || !self[mapped: process, page].isMapped {
            change(entry: process, page, to: .none)
        }
    }

    /// What stays where a page of a file or of shared memory is taken out of a page table. Mirrors pte_install_uffd_wp_if_needed.
    func markerBehind(_ entry: PageTableEntry, _ process: Int, _ page: Int) -> PageTableEntry {
        guard layout.keepsTracking, entry.isUserfaultProtected,
            isHugetlb(page) || isFileBacked(page) && mapsCache(entry, at: page),
            self[mapped: process, page].isMapped,
            self[tracked: process, page].userfault.contains(.writeProtect)
        else { return .none }
        return .userfaultMarker
    }

    /// Whether a marker stands where a page is about to be mapped, and counts.
    func hasMarker(_ process: Int, _ page: Int) -> Bool {
        guard layout.keepsTracking else { return false }
        let entry = self[entry: process, page]
        return !entry.namesFrame && entry.isUserfaultProtected
            && self[tracked: process, page].userfault.contains(.writeProtect)
    }

    /// Whether stores to a page of shared memory are tracked, so that its entries begin read-only (vma_wants_writenotify).
    func isTrackedHere(_ process: Int, _ page: Int) -> Bool {
        guard layout.keepsTracking else { return false }
        let tracked = self[tracked: process, page]
        return tracked.isSoftDirtyTracked || tracked.userfault.contains(.writeProtect)
    }
}

// What fork does with what a userfaultfd has protected.
extension Machine {
    /// Whether fork copies the page tables of a mapping. Mirrors vma_needs_copy (5.19).
    func needsCopyOfTables(_ child: Int, _ page: Int) -> Bool {
        if self[mapped: child, page].hasAnonVMA { return true }
        if isHugetlb(page), isShared(page) { return mechanism(.forkCopiesHugetlb) == .yes }
        return isRegistered(child, page) && mechanism(.forkCopiesUffdWp) == .yes
    }

    /// Whether the child gets a marker as well.
    func isMarkerInherited(_ entry: PageTableEntry, _ child: Int, _ page: Int) -> Bool {
        !entry.namesFrame && entry.isUserfaultProtected && isRegistered(child, page)
    }

    private func isRegistered(_ process: Int, _ page: Int) -> Bool {
        layout.keepsTracking && self[tracked: process, page].userfault.contains(.writeProtect)
    }

    /// The child's entry stays protected where its own mapping is registered; up to 5.13 where the parent's is.
    func keepingProtection(
        _ entry: PageTableEntry, _ parent: Int, _ child: Int, _ page: Int
    ) -> PageTableEntry {
        guard layout.keepsTracking, entry.isUserfaultProtected else { return entry }
        var kept = entry
        kept.isUserfaultProtected = isRegistered(mechanism(.forkUffdWp) == .child ? child : parent, page)
        return kept
    }

    /// An early copy of a protected page stays protected (8f34f1eac382).
    func protectCopyForUserfault(_ parentEntry: PageTableEntry, _ child: Int, _ page: Int) {
        guard layout.keepsTracking, parentEntry.isUserfaultProtected, isRegistered(child, page),
            mechanism(.forkCopyKeepsUffdWp) == .yes
        else { return }
        var entry = self[entry: child, page].writeProtected
        entry.isUserfaultProtected = true
        changeMapping(child, page, to: entry)
    }
}
