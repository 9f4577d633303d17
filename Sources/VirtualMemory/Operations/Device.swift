// What holders do with references: reading a pipe, a device's DMA, and letting go.

extension Execution {
    /// Reads a word through a reference: the read end of a pipe, or a device that reads memory.
    ///
    /// - Returns: the word, or a negative errno.
    mutating func readReference(_ process: Int, _ reference: Int, _ word: Int) throws(Failure) -> Int {
        try atomically(Site("device", "reads the page that the reference leads to")) { machine in
            guard machine.holds(process, reference) else { return -Errno.ebadf }
            let target = machine[reference: reference].target
            guard target.isPresent, machine[frame: target.frame].references > 0 else {
                machine.breaks(.safety)
                return 0
            }
            return Int(machine[content: target.frame, word, at: machine.pageOfReference(reference)])
        }
    }

    /// A device writes a word through a reference.
    ///
    /// - Returns: 0 or a negative errno.
    mutating func writeReference(
        _ process: Int, _ reference: Int, _ word: Int, _ value: UInt16
    ) throws(Failure) -> Int {
        try atomically(Site("device", "writes the page that the reference leads to")) { machine in
            guard machine.holds(process, reference) else { return -Errno.ebadf }
            let record = machine[reference: reference]
            guard record.lendsWriting else { return -Errno.eacces }
            guard record.target.isPresent, machine[frame: record.target.frame].references > 0 else {
                machine.breaks(.safety)
                return 0
            }
            let owner = Int(record.owner)
            if record.isWithoutRight { machine.breaks(.authority, through: record.through) }
            if record.isDirtyTracked { machine[reference: reference].isDirty = true }
            machine.store(
                value,
                StoreAct(
                    process: owner,
                    page: machine.presentPlace(of: machine.pageOfReference(reference), in: owner), word: word,
                    frame: record.target.frame, thread: nil, through: record.through,
                    isGivenUp: record.isGivenUp, isForgotten: record.isForgotten,
                    isReported: record.isDirtyTracked))
            return 0
        }
    }

    /// Whether the IOMMU saw the device write through a reference.
    ///
    /// - Returns: 1 or 0, or a negative errno.
    mutating func readDirtyBit(_ process: Int, _ reference: Int) throws(Failure) -> Int {
        try atomically(Site("iommu_read_and_clear_dirty", "reads the IOMMU's dirty bit of the page")) {
            machine in
            guard machine.holds(process, reference) else { return -Errno.ebadf }
            return machine[reference: reference].isDirty ? 1 : 0
        }
    }

    /// The data of a direct read arrive in a word of a page; with those of the last word the page is let go. Mirrors
    /// bio_endio with bio_release_pages.
    ///
    /// - Parameter count: words of the page that the program has data arrive in.
    /// - Returns: 0 or a negative errno.
    mutating func complete(
        _ process: Int, _ reference: Int, _ word: Int, _ value: UInt16, of count: Int
    ) throws(Failure) -> Int {
        let result = try writeReference(process, reference, word, value)
        guard result == 0 else { return result }
        try atomically(Site("bio_release_pages", "lets go of the page where all data have arrived")) {
            machine in
            guard machine[reference: reference].isOpen else { return }
            machine[reference: reference].arrived &+= 1
            if Int(machine[reference: reference].arrived) == count { machine.endTransfer(reference) }
        }
        return 0
    }

    /// Passes neighbouring references to another process, under the same name. Mirrors SCM_RIGHTS of unix(7). A process that
    /// is not forked yet finds them when it is; one that is about to end takes none.
    ///
    /// - Returns: 0 or -EBADF.
    mutating func send(_ process: Int, references: Range<Int>, to receiver: Int) throws(Failure) -> Int {
        try atomically(Site("scm_detach_fds", "opens the reference in the other process")) { machine in
            guard references.allSatisfy({ machine.holds(process, $0) }) else { return -Errno.ebadf }
            let space = machine[space: receiver]
            guard space.state != .dead, space.state != .failed, !space.isExiting else { return 0 }
            for index in references {
                machine[reference: index].holders |= 1 &<< UInt32(truncatingIfNeeded: receiver)
            }
            return 0
        }
    }

    /// ibv_rereg_mr with IBV_REREG_MR_CHANGE_ACCESS alone: the pages stay pinned as they were. Mirrors rereg_user_mr of the drivers,
    /// with ib_umem_check_rereg (7.1).
    ///
    /// - Returns: 0 or -EBADF; -EACCES where the device is to write what was pinned for reading, and the rules look at that.
    mutating func reregister(
        _ process: Int, references: Range<Int>, forWriting: Bool
    ) throws(Failure) -> Int {
        try atomically(Site("rereg_user_mr", "changes the access of the memory region")) { machine in
            guard references.allSatisfy({ machine.holds(process, $0) }) else { return -Errno.ebadf }
            let widens = forWriting && references.contains { !machine[reference: $0].isForWriting }
            if widens, machine.mechanism(.rdmaReregister) == .checked { return -Errno.eacces }
            for index in references { machine.reregister(index, forWriting: forWriting) }
            return 0
        }
    }

    /// A process closes neighbouring references; the last holder's close drops them. Mirrors unpin_user_pages, put_page.
    ///
    /// - Returns: 0 or -EBADF.
    mutating func close(_ process: Int, references: Range<Int>) throws(Failure) -> Int {
        let isOpen = try inRounds(references.count) { execution, step throws(Failure) in
            let index = references.lowerBound + step
            return try execution.atomically(Site("close", "lets go of the reference")) { machine in
                guard machine.holds(process, index) else { return false }
                machine.letGo(index, of: process)
                return true
            }
        }
        return isOpen ? 0 : -Errno.ebadf
    }
}

extension Machine {
    fileprivate func reregister(_ index: Int, forWriting: Bool) {
        let reference = self[reference: index]
        self[reference: index].isReadOnlyToDevice = !forWriting
        self[reference: index].isWidened = forWriting && !reference.isForWriting
        let owner = Int(reference.owner)
        let mapped = self[mapped: owner, presentPlace(of: pageOfReference(index), in: owner)]
        self[reference: index].isWithoutRight =
            self[reference: index].isWidened && !(mapped.isMapped && mapped.isWritable)
    }

    /// A transfer is over: its page is let go, and the name stays open without one.
    fileprivate func endTransfer(_ index: Int) {
        let reference = self[reference: index]
        dropReference(index, leaving: .confirmed)
        self[reference: index].holders = reference.holders
        self[reference: index].owner = reference.owner
        self[reference: index].isForWriting = true
        // Nothing is owed any more.
        self[reference: index].isGivenUp = true
    }
}
