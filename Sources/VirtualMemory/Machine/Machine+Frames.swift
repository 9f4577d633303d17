extension Machine {
    /// Takes a free frame for an operation, with one reference and its words zero; charges it to a process's memory
    /// cgroup. Mirrors alloc_zeroed_user_highpage_movable with mem_cgroup_charge.
    ///
    /// - Parameter process: nil for a frame that takes over another one's charge.
    /// - Returns: an entry without rights that names the frame, `none` where memory or the cgroup's limit is used up.
    func allocateFrame(chargedTo process: Int?) -> PageTableEntry {
        trapAllocationUnderLock()
        guard world.pointee.frameLimit > Int(global.framesInUse) else { return .none }
        if let process, !hasCharge(process) { return .none }
        guard let frame = firstFreeFrame() else {
            world.pointee.trouble = .outOfFrames
            return .none
        }
        global.framesInUse &+= 1
        self[frame: frame].references = 1
        if let process { charge(frame, to: process) }
        return PageTableEntry(frame: frame, writable: false, dirty: false)
    }

    /// Whether a process's memory cgroup has room for a page.
    func hasCharge(_ process: Int, _ pages: UInt16 = 1) -> Bool {
        guard world.pointee.keepsCharges else { return true }
        let space = self[space: process]
        return space.chargeLimit == AddressSpace.noLimit || space.charged &+ pages <= space.chargeLimit
    }

    func charge(_ frame: Int, to process: Int) {
        guard world.pointee.keepsCharges else { return }
        self[space: process].charged &+= isLarge(frame) ? UInt16(Folio.pages) : 1
        self[frame: frame].charged = UInt8(truncatingIfNeeded: process &+ 1)
    }

    func uncharge(_ frame: Int) {
        let charged = Int(self[frame: frame].charged)
        if charged != 0 { self[space: charged &- 1].charged &-= isLarge(frame) ? UInt16(Folio.pages) : 1 }
        self[frame: frame].charged = 0
    }

    /// Takes a huge page, with one reference and its words zero.
    ///
    /// - Returns: an entry without rights that names the frame, `none` where memory or the cgroup's limit is used up.
    func allocateHugeFrame(chargedTo process: Int?) -> PageTableEntry {
        trapAllocationUnderLock()
        guard world.pointee.frameLimit - Folio.pages >= Int(global.framesInUse) else { return .none }
        if let process, !hasCharge(process, UInt16(Folio.pages)) { return .none }
        guard let frame = firstFreeFrame() else {
            world.pointee.trouble = .outOfFrames
            return .none
        }
        global.framesInUse &+= Int32(Folio.pages)
        self[frame: frame].references = 1
        self[folio: frame].isLarge = true
        if let process { charge(frame, to: process) }
        return PageTableEntry(frame: frame, writable: false, dirty: false)
    }

    /// Takes a page of the pool of hugetlb, a reserved one or one that nobody reserved.
    func allocatePoolFrame(reserved: Bool) -> PageTableEntry {
        trapAllocationUnderLock()
        guard reserved || global.poolFree > global.poolReserved, global.poolFree > 0 else { return .none }
        guard let frame = firstFreeFrame() else {
            world.pointee.trouble = .outOfFrames
            return .none
        }
        global.poolFree &-= 1
        if reserved { global.poolReserved &-= 1 }
        self[frame: frame].references = 1
        self[folio: frame].isLarge = true
        self[folio: frame].isHugetlb = true
        return PageTableEntry(frame: frame, writable: false, dirty: false)
    }

    private func firstFreeFrame() -> Int? {
        let hint = world.pointee.runsAlone ? world.pointee.freeHint : Self.zeroFrame &+ 1
        var frame = hint
        while frame < frameCount {
            if self[frame: frame].references == 0 {
                if world.pointee.runsAlone { world.pointee.freeHint = frame &+ 1 }
                return frame
            }
            frame &+= 1
        }
        return nil
    }

    /// Whether a frame is in use: not free, and not given back to be known as a place in swap only.
    @inline(__always) func isInUse(_ frame: Int) -> Bool {
        self[frame: frame].references > 0 && !(layout.keepsMarks && self[marks: frame].isSwapped)
    }

    /// Takes a page table. Mirrors pte_alloc_one.
    func allocateTable() -> Bool {
        trapAllocationUnderLock()
        guard world.pointee.frameLimit > Int(global.framesInUse) else { return false }
        global.framesInUse &+= 1
        return true
    }

    /// Memory is taken before any lock under which nobody may sleep: an operation that takes it there is given up. The page lock
    /// and mmap_lock are none of those.
    private func trapAllocationUnderLock() {
        guard !world.pointee.runsAlone else { return }
        if world.pointee.isInLockedSection || holdsPageTableLock(world.pointee.actor) {
            world.pointee.trouble = .allocationUnderLock
        }
    }

    private func holdsPageTableLock(_ thread: Int) -> Bool {
        (0..<processCount).contains { process in
            stride(from: 0, to: pageCount, by: layout.entriesPerTable).contains { page in
                self[table: process, page].isLocked && self[table: process, page].holder == thread
            }
        }
    }

    /// Gives a page table back.
    func freeTable() {
        global.framesInUse &-= 1
    }

    /// Drops references; the last one frees the frame. Mirrors put_page, folio_put_refs.
    func put(_ frame: Int, _ count: Int32 = 1) {
        self[frame: frame].references &-= count
        let left = self[frame: frame].references
        if left < 0 {
            breaks(.safety)
            self[frame: frame].references = 0
        }
        if left <= 0, frame != Self.zeroFrame { free(frame) }
    }

    private func free(_ frame: Int) {
        if self[frame: frame].mappings != 0 { breaks(.safety) }
        uncharge(frame)
        self[frame: frame] = Frame()
        if layout.keepsMarks { self[marks: frame] = FrameMarks() }
        zeroContent(of: frame)
        if isLarge(frame) {
            if self[folio: frame].isHugetlb {
                global.poolFree &+= 1
            } else {
                global.framesInUse &-= Int32(Folio.pages)
            }
            self[folio: frame] = Folio()
        } else {
            global.framesInUse &-= 1
        }
        if world.pointee.runsAlone {
            world.pointee.freeHint = min(world.pointee.freeHint, frame)
            return
        }
        retireName(of: frame)
        loseTranslations(of: frame)
    }

    /// Registers that name a freed frame keep a name of their own, the same for all of them.
    func retireName(of frame: Int) {
        let name = UInt32(truncatingIfNeeded: frame &+ 1)
        for subpage in 0..<UInt32(layout.keepsFolios ? Folio.pages : 1) {
            var retired: Register?
            for index in 0..<registerCount where self[register: index].word == name | subpage << 24 {
                let value = retired ?? nextRetiredName()
                retired = value
                self[register: index] = value
            }
        }
    }

    private func nextRetiredName() -> Register {
        var count = 0
        while (0..<registerCount).contains(where: { self[register: $0] == Register(retired: count) }) {
            count += 1
        }
        return Register(retired: count)
    }

    /// Copies one word of what a frame shows at a page.
    func copyWord(_ word: Int, from source: Int, to target: Int, at page: Int) {
        self[content: target, word, at: page] = self[content: source, word, at: page]
    }

    /// Counts a whole copy, where the program asks.
    func countCopy() {
        if world.pointee.countsCopies { global.copies &+= 1 }
    }
}
