extension Execution {
    /// Takes mmap_lock for reading. Mirrors mmap_read_lock.
    @inline(__always) mutating func mmapReadLock(_ process: Int) throws(Failure) {
        _ = try section(.right, Site("mmap_read_lock", "takes mmap_lock for reading")) { machine -> Done? in
            guard !machine[space: process].isWriteLocked else { return nil }
            machine[space: process].readers &+= 1
            return Done()
        }
    }

    /// Mirrors mmap_read_unlock.
    @inline(__always) mutating func mmapReadUnlock(_ process: Int) throws(Failure) {
        try atomically(.left, Site("mmap_read_unlock", "drops mmap_lock")) { machine in
            machine[space: process].readers &-= 1
        }
    }

    /// Takes mmap_lock for writing. Mirrors mmap_write_lock.
    @inline(__always) mutating func mmapWriteLock(_ process: Int) throws(Failure) {
        let site = Site("mmap_write_lock", "takes mmap_lock for writing")
        _ = try section(.right, site) { machine -> Done? in
            guard !machine[space: process].isWriteLocked, machine[space: process].readers == 0 else {
                return nil
            }
            machine[space: process].isWriteLocked = true
            return Done()
        }
    }

    /// Drops mmap_lock, and with it every VMA lock that was taken for writing. Mirrors mmap_write_unlock, which calls
    /// vma_end_write_all since 6.4.
    @inline(__always) mutating func mmapWriteUnlock(_ process: Int) throws(Failure) {
        try atomically(.left, Site("mmap_write_unlock", "drops mmap_lock")) { machine in
            machine.releaseWriteLock(process)
        }
    }

    /// Takes the lock of one VMA for writing, under mmap_lock held for writing. Mirrors vma_start_write (6.4).
    @inline(__always) mutating func vmaWriteLock(_ process: Int, _ mapping: Int) throws(Failure) {
        let site = Site("vma_start_write", "waits for faults under the VMA lock and locks the VMA")
        _ = try section(.none, site) { machine -> Done? in
            guard machine[vmaLock: process, mapping].readers == 0 else { return nil }
            machine[vmaLock: process, mapping].isWriteLocked = true
            return Done()
        }
    }

    /// Drops the page-table lock that was held over several sections. Mirrors pte_unmap_unlock.
    @inline(__always) mutating func unlockPageTable(_ process: Int, _ page: Int) throws(Failure) {
        try atomically(.left, Site("pte_unmap_unlock", "drops the page-table lock")) { machine in
            machine[table: process, page].unlock()
        }
    }
}

extension Machine {
    /// Drops mmap_lock held for writing, with the VMA locks.
    func releaseWriteLock(_ process: Int) {
        self[space: process].isWriteLocked = false
        for mapping in 0..<layout.mappingCount {
            self[vmaLock: process, mapping].isWriteLocked = false
        }
    }
}
