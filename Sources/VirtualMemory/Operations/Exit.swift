// The end of threads and processes.

extension Execution {
    /// The process is told to end: all of its threads stop at their next step. Mirrors do_group_exit.
    mutating func beginExit() throws(Failure) {
        let process = owner
        try atomically(ending(process), Site("do_group_exit", "tells every thread of the process to end")) {
            machine in
            machine[space: process].isExiting = true
        }
    }

    /// A signal is sent that ends a process. Mirrors complete_signal of SIGKILL. One that is ending already, or has ended
    /// and was not waited for, takes no notice.
    ///
    /// - Returns: 0, or -ESRCH where there is none.
    mutating func kill(_ process: Int) throws(Failure) -> Int {
        try atomically(Site("complete_signal", "tells every thread of the process to end")) { machine in
            let space = machine[space: process]
            guard space.state == .live || space.state == .dead && !space.isReaped else { return -Errno.esrch }
            if space.state == .live { machine.endBySignal(process) }
            return 0
        }
    }

    /// A fault that cannot be served sends its own process a signal. Mirrors force_sig_fault, and out of memory
    /// pagefault_out_of_memory, which both run with no lock held.
    mutating func raiseSignal() throws(Failure) {
        let process = owner
        try atomically(ending(process), Site("force_sig_fault", "tells every thread of the process to end")) {
            machine in
            machine.endBySignal(process)
        }
    }

    /// Whether a process is about to end is seen by its own threads, and by who passes references to it.
    private func ending(_ process: Int) -> Mover {
        world.pointee.sendsReferences ? .none : .alone(process)
    }

    /// A thread ends with its process; the last one takes the memory down, then closes what is open, and then the parent
    /// can see the end. Mirrors do_exit: exit_mm, exit_files, exit_notify.
    mutating func exitThread(_ memory: Int) throws(Failure) {
        let thread = thread
        let process = owner
        let leaves: Mover = world.pointee.hasRemoteAccess ? .none : .left
        let left = try atomically(leaves, Site("exit_mm", "leaves the memory")) { machine in
            guard memory == process else {
                machine.leaveOthersMemory(memory, thread, process)
                return LeftMemory.others
            }
            for page in 0..<machine.pageCount { machine.forgetTranslations(thread, page) }
            machine[space: process].activeThreads &-= 1
            let isLast = machine[space: process].activeThreads == 0
            if isLast {
                machine.beginDeferredFlush(process)
            } else {
                machine[thread: thread].status = .gone
            }
            return isLast ? .asLast : .toOthers
        }
        if left == .toOthers { return }
        if left == .asLast { try takeDownMemory(of: process) }
        try forEachRound(world.pointee.geometry.references) { execution, index throws(Failure) in
            try execution.atomically(.reference(index), Site("exit_files", "closes a reference")) { machine in
                if machine.holds(process, index) { machine.letGo(index, of: process) }
            }
        }
        try atomically(.left, Site("exit_notify", "tells the parent")) { machine in
            machine[space: process].state = .dead
            machine[thread: thread].status = .gone
        }
    }

    /// Mirrors exit_mmap.
    private mutating func takeDownMemory(of process: Int) throws(Failure) {
        if world.pointee.hasRemoteAccess {
            let site = Site("mmput", "waits for those who still reach into the memory")
            _ = try section(.none, site) { machine -> Done? in
                machine[space: process].readers == 0 ? Done() : nil
            }
        }
        try zap(process, 0..<world.pointee.geometry.pages)
        try releaseReservations(process, 0..<world.pointee.geometry.pages)
        let mover: Mover = world.pointee.frameLimit == Int.max ? .both : .none
        try atomically(mover, Site("exit_mmap", "frees the page tables and the VMAs")) { machine in
            machine.freeTables(of: process)
            for page in 0..<machine.pageCount { machine[mapped: process, page] = MappedPage() }
            machine.forgetTracking(process, 0..<machine.pageCount)
            if machine.layout.keepsMarks { machine.clearGuards(of: process) }
        }
        try releaseSharedMemory()
    }
}

/// Whose memory a thread has left at its end.
private enum LeftMemory: Int, Loggable {
    /// That of other threads of its process, too.
    case toOthers = 0
    /// Its process's, as the last one.
    case asLast
    /// That of the caller of vfork.
    case others

    init(word: UInt32) { self = LeftMemory(rawValue: Int(word: word)) ?? .toOthers }
    var word: UInt32 { rawValue.word }
}

extension Machine {
    fileprivate func endBySignal(_ process: Int) {
        guard !self[space: process].isExiting else { return }
        self[space: process].isExiting = true
        self[space: process].isKilled = true
        wakeIdleProcess(process)
    }

    /// A process whose threads have all reached their ends idles; to end it, its main thread runs once more.
    private func wakeIdleProcess(_ process: Int) {
        guard self[space: process].activeThreads == 0 else { return }
        for thread in 0..<threadCount
        where Int(world.pointee.processOfThread[thread]) == process
            && self[thread: thread].status == .finished
        {
            self[thread: thread].status = .running
            self[thread: thread].statement = MachineThread.dying
            self[space: Int(self[thread: thread].process)].activeThreads &+= 1
            return
        }
    }
}
