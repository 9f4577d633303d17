import Rules

// Faults that wait for a userfaultfd, and those who answer them.

extension Execution {
    /// Drops the lock of the fault and sleeps until somebody wakes it.
    ///
    /// Mirrors handle_userfault, all releases: the fault is queued, and looks once more whether there is anything to wait for.
    mutating func awaitUserfault(
        _ process: Int, _ page: Int, isMissing: Bool, isUnderVMALock: Bool
    ) throws(Failure) -> FaultResult {
        let thread = thread
        let queue = Site("handle_userfault", "queues the fault for the userfaultfd, and drops the lock")
        let isQueued = try atomically(queue) { machine in
            if isUnderVMALock {
                machine[vmaLock: process, machine.mapping(of: page)].readers &-= 1
            } else {
                machine[space: process].readers &-= 1
            }
            guard machine.mustWait(process, page, isMissing: isMissing) else { return false }
            machine[thread: thread].awaitUserfault(process, page)
            return true
        }
        guard isQueued else { return .waited }
        return try sleep(Site("handle_userfault", "wakes up", wait: .program)) ? .waited : .interrupted
    }

    /// - Returns: false where the process was told to end meanwhile.
    private mutating func sleep(_ site: Site) throws(Failure) -> Bool {
        let thread = thread
        let owner = owner
        return try section(.none, site) { machine -> Bool? in
            let isEnding = machine[space: owner].isEndingThreads
            let waiting = machine[thread: thread]
            // A userfaultfd goes with the memory that it watches.
            let isOver = waiting.awaitsUserfault && machine[space: waiting.userfaultProcess].state != .live
            guard !waiting.awaitsUserfault || isEnding || isOver else { return nil }
            machine[thread: thread].wakeFromUserfault()
            return !isEnding
        }
    }

    /// Fork waits, with the child complete and no lock held, until its event was taken from every userfaultfd that asked for it.
    /// Mirrors dup_userfaultfd_complete.
    mutating func awaitForkEvents(_ parent: Int) throws(Failure) {
        let thread = thread
        let geometry = world.pointee.geometry
        try forEachRound(geometry.mappings) { execution, mapping throws(Failure) in
            let pages = geometry.pages(of: mapping)
            let tell = Site(
                "dup_userfaultfd_complete", "queues an event of the fork, if a userfaultfd wants it")
            let isQueued = try execution.atomically(tell) { machine in
                let wanted = pages.contains { machine[tracked: parent, $0].userfault.contains(.eventFork) }
                if wanted { machine[thread: thread].awaitUserfault(parent, pages.lowerBound, ofFork: true) }
                return wanted
            }
            guard isQueued else { return }
            let site = Site(
                "userfaultfd_event_wait_completion", "goes on: the event was taken", wait: .program)
            _ = try execution.sleep(site)
        }
    }

    /// Waits for an event of the pages, or of a fork, and takes it. Mirrors userfaultfd_ctx_read.
    mutating func takeEvent(_ process: Int, _ pages: Range<Int>) throws(Failure) -> Int {
        let site = Site("userfaultfd_ctx_read", "takes an event", wait: .program)
        return try section(.none, site) { machine -> Int? in
            let events = machine.events(process, pages)
            guard !events.isEmpty else { return nil }
            let thread = events[machine.choose(among: events.count)]
            if machine[thread: thread].awaitsForkEvent {
                machine[thread: thread].wakeFromUserfault()
            } else {
                machine[thread: thread].isEventTaken = true
            }
            return 0
        }
    }

    /// Mirrors wake_userfault.
    mutating func wakeWaiting(_ process: Int, _ pages: Range<Int>) throws(Failure) {
        try atomically(Site("wake_userfault", "wakes who waits for the pages")) { machine in
            machine.wake(process, pages)
        }
    }
}

extension World {
    /// Whether get_user_pages may drop the lock while it waits for a userfaultfd. access_remote_vm never does, and a long-term pin not up
    /// to 6.2.
    mutating func canWaitForUserfault(_ request: GrabRequest) -> Bool {
        guard tracksStores else { return true }
        if request.isForced, request.holder == nil { return false }
        return !(request.isPin && request.isLongTerm) || mechanism(.uffdLongtermPin) == .waits
    }
}

extension Machine {
    /// Whether a fault where nothing is mapped waits: for a page that nobody has (userfaultfd_missing), or for one that the page cache
    /// has and that is only not mapped here (userfaultfd_minor).
    func isWatchedUnmapped(_ process: Int, _ page: Int) -> Bool {
        let modes = self[tracked: process, page].userfault
        guard !modes.isDisjoint(with: [.missing, .minor]) else { return false }
        guard isFileBacked(page) else { return modes.contains(.missing) }
        guard let slot = backing(of: page).slot else { return false }
        return modes.contains(self[cache: slot].isPresent ? .minor : .missing)
    }

    /// The beginning of do_wp_page: whether a store waits for a userfaultfd. Where nobody is to be asked the protection is taken away; and
    /// while a flush is due, the address is flushed first (6ce64428d620).
    func isHeldByUserfault(_ process: Int, _ page: Int) -> Bool {
        let modes = self[tracked: process, page].userfault
        guard modes.contains(.writeProtect) else { return false }
        var entry = self[entry: process, page]
        if entry.isUserfaultProtected {
            guard modes.contains(.async) else { return true }
            // mirrors wp_huge_pmd: the page of the store alone is not watched any more.
            if !isHugetlb(page) { splitEntry(process, page) }
            entry = self[entry: process, page]
            entry.isUserfaultProtected = false
            changeMapping(process, page, to: entry)
        }
        if isHuge(process, page) { return false }
        if self[space: process].flushesPending > 0, mechanism(.faultFlushIfPending) == .yes {
            flush(process, page)
        }
        return false
    }

    /// Mirrors userfaultfd_must_wait.
    fileprivate func mustWait(_ process: Int, _ page: Int, isMissing: Bool) -> Bool {
        let entry = self[entry: process, page]
        if !entry.namesFrame { return true }
        return !isMissing && entry.isPresent && !entry.isWritable
    }

    /// The threads whose events of the pages, or of a fork, are there to be taken.
    func events(_ process: Int, _ pages: Range<Int>) -> [Int] {
        let mapping = mapping(of: pages.lowerBound)
        return (0..<threadCount).filter { index in
            let thread = self[thread: index]
            guard thread.awaitsUserfault, !thread.isEventTaken, thread.userfaultProcess == process else {
                return false
            }
            let page = thread.userfaultPage
            return thread.awaitsForkEvent ? self.mapping(of: page) == mapping : pages.contains(page)
        }
    }

    func wake(_ process: Int, _ pages: Range<Int>) {
        for index in 0..<threadCount {
            let thread = self[thread: index]
            if thread.awaitsUserfault, !thread.awaitsForkEvent, thread.userfaultProcess == process,
                pages.contains(thread.userfaultPage)
            {
                self[thread: index].wakeFromUserfault()
            }
        }
    }
}
