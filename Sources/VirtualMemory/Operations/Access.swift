// Loads and stores of a CPU.

/// How a load or a store ended.
enum AccessResult: Equatable {
    /// With the value loaded; 0 for a store.
    case done(Int)
    /// The process gets a signal: SIGSEGV, or for want of memory SIGKILL.
    case killed(outOfMemory: Bool)
}

extension Execution {
    /// A store instruction.
    ///
    /// The CPU uses a translation that its TLB still holds, or walks; where neither allows the store it faults and tries
    /// again.
    mutating func store(
        _ process: Int, _ page: Int, _ word: Int, _ value: UInt16
    ) throws(Failure) -> AccessResult {
        let thread = thread
        let instruction = mark()
        while true {
            let site = Site("store", "stores, or finds that it must fault")
            let isDone = try atomically(.ownPage(process: process, page: page), site) { machine in
                machine.attemptStore(value, thread, process, page, word)
            }
            if isDone { return .done(0) }
            let fault = try faultFromUser(process, page, .write)
            guard fault == .done else {
                try raiseSignal()
                return .killed(outOfMemory: fault == .outOfMemory)
            }
            rewind(to: instruction)
        }
    }

    /// A load instruction.
    mutating func load(_ process: Int, _ page: Int, _ word: Int) throws(Failure) -> AccessResult {
        let thread = thread
        let instruction = mark()
        while true {
            let site = Site("load", "loads, or finds that it must fault")
            let value = try atomically(.ownPage(process: process, page: page), site) { machine in
                machine.tryLoad(thread, process, page, word)
            }
            if value >= 0 { return .done(value) }
            let fault = try faultFromUser(process, page, .read)
            guard fault == .done else {
                try raiseSignal()
                return .killed(outOfMemory: fault == .outOfMemory)
            }
            rewind(to: instruction)
        }
    }

    /// A page fault of user code: takes the lock that the rules say, handles the fault, lets go.
    ///
    /// Mirrors do_user_addr_fault; since 6.4 it tries the VMA lock first, for anonymous memory that has an anon_vma.
    private mutating func faultFromUser(
        _ process: Int, _ page: Int, _ kind: FaultKind
    ) throws(Failure) -> FaultResult {
        if world.pointee.hasVMALocks {
            let mapping = world.pointee.geometry.mappingOfPage[page]
            let site = Site("lock_vma_under_rcu", "tries to take the VMA lock for reading")
            let isLocked = try atomically(.alone(process), site) { machine in
                machine.tryVMAReadLockForFault(process, page, mapping, kind)
            }
            if isLocked {
                let result = try call { execution throws(Failure) in
                    try execution.handleFault(process, page, kind, isUnderVMALock: true, canWait: true)
                }
                if result == .waited || result == .interrupted { return .done }
                try atomically(.left, Site("vma_end_read", "drops the VMA lock")) { machine in
                    machine[vmaLock: process, mapping].readers &-= 1
                }
                if result != .retry { return result }
            }
        }
        try mmapReadLock(process)
        let result = try call { execution throws(Failure) in
            try execution.handleFault(process, page, kind, canWait: true)
        }
        if result == .waited || result == .interrupted { return .done }
        try mmapReadUnlock(process)
        return result
    }
}

extension Machine {
    /// Picks one of several ways in which the step can go on: 0 ..< count. Every way is explored.
    func choose(among count: Int) -> Int {
        guard count > 1 else { return 0 }
        world.pointee.choices = count
        return min(world.pointee.choice, count - 1)
    }

    /// One attempt of a store, with a note of when it began where that matters.
    fileprivate func attemptStore(
        _ value: UInt16, _ thread: Int, _ process: Int, _ page: Int, _ word: Int
    ) -> Bool {
        let isDone = tryStore(value, thread, process, page, word)
        guard world.pointee.tracksStoresBegun else { return isDone }
        if !isDone, !self[thread: thread].hasBegunStore { noteStoreBegins(thread, process) }
        self[thread: thread].hasBegunStore = !isDone
        return isDone
    }

    /// One attempt of a store.
    ///
    /// - Returns: whether it is done; otherwise the CPU faults.
    func tryStore(_ value: UInt16, _ thread: Int, _ process: Int, _ page: Int, _ word: Int) -> Bool {
        if let slot = chooseOldTranslation(thread, page, { $0.isDangling || ($0.isWritable && $0.isDirty) }) {
            let used = self[translation: thread, page, slot]
            settle(thread, page, on: slot)
            if used.isDangling {
                breaks(.safety)
            } else {
                store(
                    value,
                    StoreAct(process: process, page: page, word: word, frame: used.frame, thread: thread))
            }
            return true
        }
        forgetTranslations(thread, page)
        let entry = self[entry: process, page]
        guard entry.isAccessible, entry.isWritable else { return false }
        makeDirty(process, page)
        makeYoung(process, page)
        store(value, StoreAct(process: process, page: page, word: word, frame: entry.frame, thread: thread))
        return true
    }

    /// One attempt of a load.
    ///
    /// - Returns: the value, or -1 when the CPU faults.
    func tryLoad(_ thread: Int, _ process: Int, _ page: Int, _ word: Int) -> Int {
        let entry = self[entry: process, page]
        let slot = chooseOldTranslation(thread, page) { held in
            held.isDangling || !entry.isAccessible || held.frame != entry.frame
                || world.pointee.observesYoung && !entry.isYoung
        }
        if let slot {
            let used = self[translation: thread, page, slot]
            settle(thread, page, on: slot)
            if used.isDangling {
                breaks(.safety)
                return 0
            }
            return Int(self[content: used.frame, word, at: page])
        }
        guard entry.isAccessible else {
            forgetTranslations(thread, page)
            return -1
        }
        // An old translation of the same frame serves a load as the new one does; it stays for a store. One of another
        // frame does not: the TLB holds what was loaded through.
        keepTranslations(thread, page, of: entry.frame)
        makeYoung(process, page)
        return Int(self[content: entry.frame, word, at: page])
    }

    /// The hardware's walk sets the young bit.
    @inline(__always) private func makeYoung(_ process: Int, _ page: Int) {
        guard world.pointee.observesYoung else { return }
        self[entry: process, page].isYoung = true
        guard isHuge(process, page) else { return }
        for page in group(page) { self[entry: process, page].isYoung = true }
    }

    /// Chooses between walking and each of the old translations that the TLB may hold and that matter to this access.
    private func chooseOldTranslation(
        _ thread: Int, _ page: Int, _ matters: (PageTableEntry) -> Bool
    ) -> Int? {
        guard self[translation: thread, page, 0] != .none else { return nil }
        var usable = 0
        for slot in 0..<Self.staleTranslations {
            let held = self[translation: thread, page, slot]
            if held != .none, matters(held) { usable |= 1 << slot }
        }
        var option = choose(among: 1 + usable.nonzeroBitCount)
        guard option > 0 else { return nil }
        for slot in 0..<Self.staleTranslations where usable & 1 << slot != 0 {
            option -= 1
            if option == 0 { return slot }
        }
        return nil
    }

    /// Faults of files take the VMA lock since 6.8, but for the first page of its own that a process gets in a private mapping
    /// (vmf_anon_prepare).
    fileprivate func tryVMAReadLockForFault(
        _ process: Int, _ page: Int, _ mapping: Int, _ kind: FaultKind
    ) -> Bool {
        // mirrors lock_vma_under_rcu from 6.4 to 6.7.
        if layout.keepsTracking, !self[tracked: process, page].userfault.isEmpty,
            mechanism(.faultFileLock) == .mmap
        {
            return false
        }
        guard isFileBacked(page) else {
            return tryVMAReadLock(process, page, mapping, needsAnonVMA: true)
        }
        guard mechanism(.faultFileLock) == .vma else { return false }
        let needsAnonVMA = kind.isWrite && !isShared(page)
        return tryVMAReadLock(process, page, mapping, needsAnonVMA: needsAnonVMA)
    }

    /// Mirrors lock_vma_under_rcu (6.4): fails, so that the caller takes mmap_lock, where a writer has the VMA, where there is
    /// none, or for a fault where there is no anon_vma yet.
    func tryVMAReadLock(_ process: Int, _ page: Int, _ mapping: Int, needsAnonVMA: Bool) -> Bool {
        let mapped = self[mapped: process, page]
        guard !self[vmaLock: process, mapping].isWriteLocked, mapped.isMapped,
            mapped.hasAnonVMA || !needsAnonVMA
        else { return false }
        self[vmaLock: process, mapping].readers &+= 1
        return true
    }
}
