// What is checked whenever a page-table entry or a pin comes about: coherence, and durability of stores into a copy's source.
extension Machine {
    /// Coherence: every pin that is owed it refers to the frame that its owner now has at that address.
    func checkCoherence(_ process: Int, _ page: Int) {
        guard world.pointee.checksGuarantees else { return }
        let entry = self[entry: process, page]
        guard entry.isPresent else { return }
        let home = home(of: page)
        for index in 0..<referenceCount where pageOfReference(index) == home {
            let reference = self[reference: index]
            if reference.state == .confirmed, Int(reference.owner) == process, reference.isOwedCoherence,
                reference.target.frame != entry.frame
            {
                breaks(.coherence, through: .pin)
            }
        }
    }

    /// A discard of an address gives up what was pinned there.
    func giveUpReferences(_ process: Int, _ page: Int) {
        let home = home(of: page)
        for index in 0..<referenceCount
        where self[reference: index].isOpen && pageOfReference(index) == home
            && Int(self[reference: index].owner) == process
        {
            self[reference: index].isGivenUp = true
        }
    }

    /// The page that a reference was taken at, under its first address.
    func pageOfReference(_ index: Int) -> Int { Int(world.pointee.pageOfReference[index]) }

    /// A write fault of a thread begins to copy a frame.
    func beginCopy(_ thread: Int, of source: PageTableEntry, at page: Int) {
        self[thread: thread].copySource = PageTableEntry(frame: source.frame, writable: false, dirty: false)
        self[thread: thread].copyPage = UInt8(truncatingIfNeeded: page)
        self[thread: thread].copiedWords = 0
        self[thread: thread].storedSince = 0
    }

    /// The copy is installed, or dropped. What was stored into its source meanwhile is lost if it is installed.
    func endCopy(_ thread: Int, installed: Bool) {
        let stored = self[thread: thread].storedSince
        if installed, stored != 0 {
            for through in Violation.Through.allCases where stored & 1 << through.rawValue != 0 {
                breaks(.durability, through: through)
            }
        }
        self[thread: thread].copySource = .none
        self[thread: thread].copyPage = 0
        self[thread: thread].copiedWords = 0
        self[thread: thread].storedSince = 0
    }
}
