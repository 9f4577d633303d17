import Rules

// Mapping pages ahead of their use: MADV_POPULATE_READ, MADV_POPULATE_WRITE and mlock.

extension Execution {
    /// madvise(MADV_POPULATE_READ) and (MADV_POPULATE_WRITE): faults as loads or stores would, under mmap_lock for reading.
    /// Mirrors madvise_populate (5.14).
    ///
    /// - Returns: 0; -EINVAL where there is no such advice, or the mapping does not allow the access; -ENOMEM where a page is
    ///   not mapped or cannot be had.
    mutating func populate(_ process: Int, _ pages: Range<Int>, write: Bool) throws(Failure) -> Int {
        // mirrors madvise_behavior_valid. A call that is refused is a step, too.
        guard world.pointee.mechanism(.madvisePopulate) == .yes else {
            return try refuseAdvice()
        }
        try mmapReadLock(process)
        let result = try populateEach(process, pages, write ? .write : .read)
        try mmapReadUnlock(process)
        return result
    }

    /// mlock: marks the VMAs, and maps their pages, for writing where that is allowed. Mirrors do_mlock with __mm_populate.
    ///
    /// - Returns: 0; -ENOMEM where a page is not mapped, or is PROT_NONE; -EAGAIN where it cannot be had.
    mutating func mlock(_ process: Int, _ pages: Range<Int>) throws(Failure) -> Int {
        try mmapWriteLock(process)
        try lockVMAs(of: process, pages)
        let site = Site("mlock_fixup", "marks the VMAs as locked")
        let isMapped = try atomically(aloneUnlessHuge(process), site) { machine in
            for page in pages {
                guard machine[mapped: process, page].isMapped else { return false }
                machine[mapped: process, page].isLocked = true
            }
            machine.splitAcrossVMAs(process, pages)
            return true
        }
        try mmapWriteUnlock(process)
        guard isMapped else { return -Errno.enomem }
        try mmapReadLock(process)
        let result = try populateEach(process, pages, nil)
        try mmapReadUnlock(process)
        // mirrors __mlock_posix_error_return.
        switch result {
        case 0: return 0
        case -Errno.enomem: return -Errno.eagain
        default: return -Errno.enomem
        }
    }

    private mutating func populateEach(
        _ process: Int, _ pages: Range<Int>, _ kind: FaultKind?
    ) throws(Failure) -> Int {
        var error = 0
        _ = try inRounds(pages.count) { execution, step throws(Failure) in
            error = try execution.call { execution throws(Failure) in
                try execution.populatePage(process, pages.lowerBound + step, kind)
            }
            return error == 0
        }
        return error
    }

    /// One page. Mirrors faultin_page_range and populate_vma_page_range with __get_user_pages, which takes no reference here.
    ///
    /// - Parameter kind: for what; nil: for as much as the mapping allows.
    private mutating func populatePage(
        _ process: Int, _ page: Int, _ kind: FaultKind?
    ) throws(Failure) -> Int {
        let attempt = mark()
        while true {
            let site = Site("follow_page_pte", "looks whether the entry serves already")
            let need = try underPageTableLock(process, page, .ownPage(process: process, page: page), site) {
                machine in
                machine.needToPopulate(process, page, kind)
            }
            guard need == PopulateNeed.read || need == PopulateNeed.write else { return need }
            let result = try call { execution throws(Failure) in
                try execution.handleFault(
                    process, page, need == PopulateNeed.write ? .write : .read, canWait: true)
            }
            let error = try settleFault(process, result, refusal: -Errno.einval)
            guard error == 0 else { return error }
            rewind(to: attempt)
        }
    }
}

/// What a page lacks; anything else is a result: 0 or a negative errno.
private enum PopulateNeed {
    static let read = 1
    static let write = 2
}

extension Machine {
    /// Mirrors check_vma_flags and follow_page_pte.
    fileprivate func needToPopulate(_ process: Int, _ page: Int, _ kind: FaultKind?) -> Int {
        let mapped = self[mapped: process, page]
        guard mapped.isMapped else { return -Errno.enomem }
        // mirrors populate_vma_page_range: stores are anticipated only where they would copy.
        let isWrite = kind.map { $0 == .write } ?? (mapped.isWritable && !isShared(page))
        guard isWrite ? mapped.isWritable : mapped.isReadable else { return -Errno.einval }
        let entry = self[entry: process, page]
        guard canFollow(entry), entry.isWritable || !isWrite else {
            return isWrite ? PopulateNeed.write : PopulateNeed.read
        }
        return 0
    }
}
