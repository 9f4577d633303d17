import Rules

// Writing to /proc/self/clear_refs.

extension Execution {
    /// Makes every entry of the process old (1 written to clear_refs). Mirrors clear_refs_write with clear_refs_pte_range: under
    /// mmap_lock for writing, and up to 5.10 for reading; nothing is flushed.
    ///
    /// - Returns: 0.
    mutating func clearYoung(_ process: Int) throws(Failure) -> Int {
        let isExclusive = world.pointee.mechanism(.clearRefsLock) == .write
        if isExclusive { try mmapWriteLock(process) } else { try mmapReadLock(process) }
        try forEachRound(world.pointee.geometry.pages) { execution, page throws(Failure) in
            let site = Site("clear_refs_pte_range", "makes the entry old")
            _ = try execution.underPageTableLock(process, page, .alone(process), site) { machine in
                let entry = machine[entry: process, page]
                // vm_normal_page knows no zero page.
                guard entry.isPresent, !entry.mapsZeroPage else { return Done() }
                guard machine.isHuge(process, page) else {
                    machine.makeOld(entry: process, page)
                    return Done()
                }
                guard machine.subpage(page) == 0 else { return Done() }
                for page in machine.group(page) { machine.makeOld(entry: process, page) }
                return Done()
            }
        }
        if isExclusive { try mmapWriteUnlock(process) } else { try mmapReadUnlock(process) }
        return 0
    }
}
