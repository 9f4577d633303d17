// vfork, and the replacement of a process's memory by exec.

extension Execution {
    /// vfork: the child runs in the caller's memory, with files of its own, and the caller waits until the child has ended or
    /// executes another program. Mirrors copy_process with CLONE_VM | CLONE_VFORK, and wait_for_vfork_done.
    mutating func vfork(_ memory: Int, child: Int, mainThread: Int) throws(Failure) {
        let owner = owner
        try atomically(Site("dup_fd", "gives the child the caller's file descriptors")) { machine in
            machine.inheritReferences(from: owner, to: child)
        }
        try atomically(Site("wake_up_new_task", "lets the child run in the same memory")) { machine in
            machine.startInOthersMemory(child, mainThread, memory)
        }
        let wait = Site(
            "wait_for_vfork_done", "waits until the child has ended or executes another program",
            wait: .program)
        _ = try section(.right, wait) { machine -> Done? in
            Int(machine[thread: mainThread].process) == child ? Done() : nil
        }
    }

    /// exec: other threads of the process end, and its memory goes; open files stay. The child of a vfork leaves the memory
    /// to its owner. Mirrors begin_new_exec: de_thread, then exec_mmap with exec_mm_release, then exit_mmap of the old memory.
    mutating func exec(_ memory: Int) throws(Failure) {
        let thread = thread
        let owner = owner
        let begin = Site("de_thread", "tells the other threads of the process to end")
        let isOwn = try atomically(begin) { machine in
            if memory == owner {
                machine[space: owner].isExecuting = true
                return true
            }
            machine.leaveOthersMemory(memory, thread, owner)
            machine[space: owner].activeThreads = 1
            return false
        }
        guard isOwn else { return }
        _ = try section(.none, Site("de_thread", "waits until it is alone", wait: .program)) {
            machine -> Done? in
            guard machine[space: owner].activeThreads == 1 else { return nil }
            machine[space: owner].isExecuting = false
            return Done()
        }
        try mmapWriteLock(owner)
        try atomically(.alone(owner), Site("exec_mmap", "takes a new memory")) { machine in
            machine.beginDeferredFlush(owner)
            for page in 0..<machine.pageCount { machine[mapped: owner, page].unmap() }
        }
        try zap(owner, 0..<world.pointee.geometry.pages)
        try releaseReservations(owner, 0..<world.pointee.geometry.pages)
        let mover: Mover = world.pointee.frameLimit == Int.max ? .alone(owner) : .none
        try atomically(mover, Site("exit_mmap", "frees the old memory's page tables and VMAs")) { machine in
            machine.freeTables(of: owner)
            for page in 0..<machine.pageCount { machine[mapped: owner, page] = MappedPage() }
            machine.forgetTracking(owner, 0..<machine.pageCount)
            machine[space: owner].hasPinned = 0
            machine[space: owner].writeProtectSequence = 0
            machine[space: owner].hasOptedOut = false
        }
        try releaseSharedMemory()
        try mmapWriteUnlock(owner)
    }
}

extension Machine {
    fileprivate func startInOthersMemory(_ child: Int, _ mainThread: Int, _ memory: Int) {
        let limit = self[space: child].chargeLimit
        self[space: child] = AddressSpace()
        self[space: child].chargeLimit = limit
        self[space: child].state = .live
        self[space: memory].activeThreads &+= 1
        self[thread: mainThread].process = UInt8(truncatingIfNeeded: memory)
        self[thread: mainThread].status = .running
    }

    /// The child of a vfork leaves the memory; its caller may go on. Mirrors mm_release.
    func leaveOthersMemory(_ memory: Int, _ thread: Int, _ owner: Int) {
        for page in 0..<pageCount { forgetTranslations(thread, page) }
        self[space: memory].activeThreads &-= 1
        self[thread: thread].process = UInt8(truncatingIfNeeded: owner)
    }
}
