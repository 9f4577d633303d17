import Rules

// Reaching into the memory of a process: process_vm_readv, process_vm_writev, and /proc/PID/mem.

/// What is done in another memory.
struct RemoteRequest: Sendable {
    /// The process whose memory it is; it may be the caller.
    let target: Int
    let interface: Interface
    /// What is written; nil for a read.
    let value: UInt16?

    /// Copies with mmap_lock held, as access_remote_vm does; process_vm_rw drops it once it has its pins.
    var copiesUnderLock: Bool { interface == .procMem }
    /// What a page that cannot be had comes to, be it for want of permission or of memory.
    var failure: Int { interface == .procMem ? -Errno.eio : -Errno.efault }
}

extension Execution {
    /// Reads or writes the same word of neighbouring pages in the memory of a process, page by page; the first that fails
    /// ends it.
    ///
    /// - Parameter first: the first of the references that the kernel holds meanwhile, one for each page.
    /// - Returns: the word that was read, or 0 for a write; or a negative errno.
    mutating func accessRemotely(
        _ remote: RemoteRequest, _ pages: Range<Int>, _ word: Int, references first: Int,
        _ request: GrabRequest
    ) throws(Failure) -> Int {
        var result = 0
        _ = try inRounds(pages.count) { execution, step throws(Failure) in
            result = try execution.call { execution throws(Failure) in
                try execution.accessRemotely(remote, pages.lowerBound + step, word, first + step, request)
            }
            return result >= 0
        }
        return result
    }

    /// One page. Mirrors process_vm_rw_single_vec and __access_remote_vm, all releases: both take the slow path, for the
    /// fast one knows only the caller's own memory.
    private mutating func accessRemotely(
        _ remote: RemoteRequest, _ page: Int, _ word: Int, _ reference: Int, _ request: GrabRequest
    ) throws(Failure) -> Int {
        let target = remote.target
        let find = Site("mm_access", "finds the memory of the process, and takes its mmap_lock for reading")
        let isThere = try section(.none, find) { machine -> Bool? in
            guard machine.hasMemoryToReach(target) else { return false }
            guard !machine[space: target].isWriteLocked else { return nil }
            machine[space: target].readers &+= 1
            return true
        }
        guard isThere else { return -Errno.esrch }
        let pinsFirst = world.pointee.mechanism(.hasPinnedSet) == .beforeReference
        if request.isPin, pinsFirst { try noteHasPinned(target, page, slow: true) }
        let taken = try call { execution throws(Failure) in
            try execution.grabSlow(target, page, reference, request)
        }
        guard taken == 0 else {
            try mmapReadUnlock(target)
            try forgetFailedPin(target, request)
            return remote.failure
        }
        if request.isPin, !pinsFirst { try noteHasPinned(target, page, slow: true) }
        if !remote.copiesUnderLock { try mmapReadUnlock(target) }
        let result = try transfer(remote, page, word, reference)
        let put =
            request.isPin
            ? Site("unpin_user_pages", "drops the pin again") : Site("put_page", "drops the reference again")
        try atomically(put) { machine in
            machine.dropReference(reference, leaving: .absent)
        }
        if remote.copiesUnderLock { try mmapReadUnlock(target) }
        return result
    }

    /// The copying itself, through the kernel's own mapping of the page: no page table and no TLB of the memory has part in it.
    private mutating func transfer(
        _ remote: RemoteRequest, _ page: Int, _ word: Int, _ reference: Int
    ) throws(Failure) -> Int {
        let value = remote.value
        let site =
            value == nil
            ? Site("copy_page_to_iter", "reads the page")
            : Site("copy_page_from_iter", "writes the page")
        let target = remote.target
        return try atomically(site) { machine in
            let record = machine[reference: reference]
            let frame = record.target.frame
            guard let value else { return Int(machine[content: frame, word, at: page]) }
            machine.store(
                value,
                StoreAct(
                    process: target, page: page, word: word, frame: frame, thread: nil,
                    through: record.through, isGivenUp: record.isGivenUp))
            return 0
        }
    }
}

extension Machine {
    /// Whether a process has memory that somebody else could reach into: it lives, and its last thread has not left it.
    func hasMemoryToReach(_ process: Int) -> Bool {
        let space = self[space: process]
        return space.state == .live && !(space.isExiting && space.activeThreads == 0)
    }
}
