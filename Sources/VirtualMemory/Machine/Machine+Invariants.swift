extension Machine {
    /// Checks what must hold after every section, whatever the rules; a false return names what does not.
    ///
    /// Invariants:
    /// - a frame's references are at least its mappings, the open references to it and those of a batch, of the page cache and of the
    ///   swap cache together;
    /// - a frame's mappings are at least the page-table entries that map it: an entry goes first;
    /// - a free frame has no mappings, is not locked and not exclusive;
    /// - nobody holds mmap_lock both ways.
    func checkInvariants(after site: Site) -> Bool {
        for frame in 1..<frameCount {
            let record = self[frame: frame]
            if record.references == 0 {
                guard record == Frame() else { return report("a free frame keeps state", frame, site) }
                continue
            }
            let explained = Int(record.mappings) + openReferences(to: frame) + heldByKernel(frame)
            guard Int(record.references) >= explained else {
                return report("references are fewer than mappings and others that are known", frame, site)
            }
            guard entries(mapping: frame) <= Int(record.mappings) else {
                return report("more entries than mappings", frame, site)
            }
        }
        for process in 0..<processCount where self[space: process].isWriteLocked {
            guard self[space: process].readers == 0 else {
                return report("mmap_lock is held both ways", process, site)
            }
        }
        return true
    }

    private func report(_ what: String, _ index: Int, _ site: Site) -> Bool {
        print("invariant: \(what) (\(index)) after \(site.function): \(site.act)")
        return false
    }

    /// References that a batch, the swap cache, or a place in swap accounts for.
    private func heldByKernel(_ frame: Int) -> Int {
        var count = self[frame: frame].batch == 0 ? 0 : 1
        if isCached(frame) { count += 1 }
        if layout.keepsMarks {
            if self[marks: frame].isInSwapCache { count += 1 }
            if self[marks: frame].isSwapped { count += 1 }
        }
        return count
    }

    /// What open references account for in a frame's count.
    func openReferences(to frame: Int) -> Int {
        var count = 0
        for index in 0..<referenceCount {
            let reference = self[reference: index]
            if reference.isOpen, reference.target.isPresent, reference.target.frame == frame,
                !reference.isUncounted
            {
                count += Int(weight(of: reference))
            }
        }
        return count
    }

    /// Page-table entries that map a frame.
    func entries(mapping frame: Int) -> Int {
        var count = 0
        for process in 0..<processCount {
            for page in 0..<pageCount {
                let entry = self[entry: process, page]
                if entry.isPresent, entry.frame == frame, !isHuge(process, page) || subpage(page) == 0 {
                    count += 1
                }
            }
        }
        return count
    }

    /// Safety, when nothing can go on: every count is the sum of what is left.
    func checkCountsAtEnd() {
        for frame in 0..<frameCount {
            let record = self[frame: frame]
            if frame != Self.zeroFrame, record.references == 0 { continue }
            let mapped = frame == Self.zeroFrame ? 0 : entries(mapping: frame)
            let own = frame == Self.zeroFrame ? 1 : mapped
            if Int(record.mappings) != mapped
                || Int(record.references) != own + openReferences(to: frame) + heldByKernel(frame)
                || layout.keepsMarks && self[marks: frame].isSwapped && swapEntries(naming: frame) == 0
            {
                breaks(.safety)
            }
        }
    }
}
