// Pages on their way to the LRU lists: each CPU keeps a few in a batch (a pagevec, later a folio_batch), which holds a
// reference to each of them until it is drained.

extension Execution {
    /// Puts pages of a process into this CPU's batch. Mirrors folio_add_lru (lru_cache_add before), which faults call for the
    /// pages that they allocate; where a page waits already it stays.
    ///
    /// - Returns: 0, or -EAGAIN where none is mapped.
    mutating func addToBatch(_ process: Int, _ pages: Range<Int>) throws(Failure) -> Int {
        let thread = thread
        var error = 0
        _ = try inRounds(pages.count) { execution, step throws(Failure) in
            let page = pages.lowerBound + step
            let site = Site(
                "folio_add_lru", "puts the page into the batch of its CPU, which takes a reference")
            error = try execution.underPageTableLock(process, page, site) { machine in
                machine.addToBatch(process, page, of: thread) ? 0 : -Errno.eagain
            }
            return error == 0
        }
        return error
    }

    /// The same at a moment that nobody chooses, on a CPU that nobody chooses, or never.
    mutating func mayAddToBatch(_ process: Int, _ pages: Range<Int>) throws(Failure) {
        let page = pages.lowerBound
        let site = Site("folio_add_lru", "puts the page into the batch of some CPU, or never does")
        try atomically(site) { machine in
            let choice = machine.choose(among: 1 + machine.threadCount)
            guard choice > 0 else { return }
            for page in page..<pages.upperBound { _ = machine.addToBatch(process, page, of: choice - 1) }
        }
    }

    /// Empties the batches of all CPUs. Mirrors lru_add_drain_all.
    ///
    /// - Parameter mayNever: it may as well not happen at all.
    mutating func drainBatches(mayNever: Bool) throws(Failure) -> Int {
        try atomically(Site("lru_add_drain_all", "empties the batches of all CPUs")) { machine in
            if mayNever, machine.choose(among: 2) == 0 { return }
            for thread in 0..<machine.threadCount { machine.drainBatch(of: thread) }
        }
        return 0
    }
}

extension Machine {
    /// - Returns: whether there is a page that can wait; the zero page is on no list.
    fileprivate func addToBatch(_ process: Int, _ page: Int, of thread: Int) -> Bool {
        let entry = self[entry: process, page]
        guard entry.isPresent, !entry.mapsZeroPage else { return false }
        guard self[frame: entry.frame].batch == 0 else { return true }
        self[frame: entry.frame].batch = thread &+ 1
        self[frame: entry.frame].references &+= 1
        return true
    }

    /// Empties the batch of one CPU. Mirrors lru_add_drain.
    func drainBatch(of thread: Int) {
        guard world.pointee.usesBatches else { return }
        for frame in 1..<frameCount where self[frame: frame].batch == thread &+ 1 {
            self[frame: frame].batch = 0
            put(frame)
        }
    }
}
