// Precision: a copy that nobody needed.
extension Machine {
    /// Whether anybody but this process can see a frame that it has mapped at this page: another memory's entry or TLB, a
    /// reference taken through another memory, or somebody's short reference; a batch on its way to the LRU lists is nobody.
    func isSeenByOthers(_ frame: Int, than process: Int, at page: Int) -> Bool {
        if isLarge(frame) { return isPartSeenByOthers(frame, than: process, at: page) }
        if self[frame: frame].mappings > 1 { return true }
        var explained = Int32(self[frame: frame].mappings) + (self[frame: frame].batch == 0 ? 0 : 1)
        if layout.keepsMarks {
            // KSM may map it somewhere else at any time; who has a swap entry sees it in the swap cache.
            if self[marks: frame].isMerged || swapEntries(naming: frame) > 0 { return true }
            if self[marks: frame].isInSwapCache { explained &+= 1 }
        }
        for index in 0..<referenceCount {
            let reference = self[reference: index]
            guard reference.isOpen, reference.target.isPresent, reference.target.frame == frame else {
                continue
            }
            if Int(reference.owner) != process { return true }
            explained &+= reference.isPin ? world.pointee.pinBias : 1
        }
        if self[frame: frame].references > explained { return true }
        for thread in 0..<threadCount where Int(self[thread: thread].process) != process {
            if holdsOldTranslation(thread, of: frame) { return true }
        }
        return false
    }

    /// The same for one page of a huge page, of which others may see other pages.
    private func isPartSeenByOthers(_ frame: Int, than process: Int, at page: Int) -> Bool {
        // mremap has an entry in hand between its old and its new address.
        if self[folio: frame].mappings(of: subpage(page)) > 1 { return true }
        for other in 0..<processCount where other != process {
            for place in 0..<pageCount where showsSame(frame, at: place, as: page) {
                let entry = self[entry: other, place]
                if entry.namesFrame, entry.frame == frame { return true }
            }
        }
        var explained = Int32(self[frame: frame].mappings) + (self[frame: frame].batch == 0 ? 0 : 1)
        for index in 0..<referenceCount {
            let reference = self[reference: index]
            guard reference.isOpen, reference.target.isPresent, reference.target.frame == frame else {
                continue
            }
            if Int(reference.owner) != process, showsSame(frame, at: pageOfReference(index), as: page) {
                return true
            }
            explained &+= weight(of: reference)
        }
        if self[frame: frame].references > explained { return true }
        return (0..<threadCount).contains { thread in
            Int(self[thread: thread].process) != process
                && holdsOldTranslation(thread, of: frame, at: page)
        }
    }

    /// Whether a process's memory truly holds a pin on a frame, be it one that may still be undone.
    func isTrulyPinned(_ frame: Int, by process: Int) -> Bool {
        for index in 0..<referenceCount {
            let reference = self[reference: index]
            if reference.isOpen, reference.isPin, Int(reference.owner) == process,
                reference.target.isPresent, reference.target.frame == frame
            {
                return true
            }
        }
        return false
    }
}
