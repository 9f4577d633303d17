/// Advice about what fork does with a mapping. Named after madvise(2).
public enum ForkAdvice: UInt8, Sendable {
    /// MADV_DONTFORK: the child has no such mapping.
    case dontFork
    /// MADV_DOFORK undoes it.
    case doFork
    /// MADV_WIPEONFORK: the child's mapping is empty.
    case wipeOnFork
    /// MADV_KEEPONFORK undoes it.
    case keepOnFork
}

extension Execution {
    /// Changes what fork does with neighbouring pages. Mirrors madvise_vma_behavior, under mmap_lock for writing.
    ///
    /// - Returns: 0; -ENOMEM where a page is not mapped; -EINVAL where a file or shared memory is to be wiped.
    mutating func advise(_ process: Int, _ pages: Range<Int>, _ advice: ForkAdvice) throws(Failure) -> Int {
        try mmapWriteLock(process)
        if advice == .wipeOnFork, pages.contains(where: { !world.pointee.backings[$0].isAnonymous }) {
            try mmapWriteUnlock(process)
            return -Errno.einval
        }
        if world.pointee.geometry.hasHugePages { try lockVMAs(of: process, pages) }
        let site = Site("madvise_vma_behavior", "changes the VMA's flags")
        let isMapped = try atomically(aloneUnlessHuge(process), site) { machine in
            for page in pages where machine[mapped: process, page].isMapped {
                switch advice {
                case .dontFork: machine[mapped: process, page].isNotForked = true
                case .doFork: machine[mapped: process, page].isNotForked = false
                case .wipeOnFork: machine[mapped: process, page].isWipedOnFork = true
                case .keepOnFork: machine[mapped: process, page].isWipedOnFork = false
                }
            }
            machine.splitAcrossVMAs(process, pages)
            return pages.allSatisfy { machine[mapped: process, $0].isMapped }
        }
        try mmapWriteUnlock(process)
        return isMapped ? 0 : -Errno.enomem
    }

    /// cow_opt_out(): the proposed call with which a process leaves copy-on-write.
    ///
    /// - Returns: 0, or -EINVAL where the rules know no such call.
    mutating func optOutOfCOW(_ process: Int) throws(Failure) -> Int {
        guard world.pointee.mechanism(.cowOptOut) == .honoured else { return -Errno.einval }
        try mmapWriteLock(process)
        try atomically(.alone(process), Site("cow_opt_out", "marks the memory as one that is not shared")) {
            machine in
            machine[space: process].hasOptedOut = true
        }
        try mmapWriteUnlock(process)
        return 0
    }

    /// mmap, at pages that nothing is mapped at, of what the program has there. Mirrors mmap_region.
    mutating func map(_ process: Int, _ pages: Range<Int>, _ protection: Protection) throws(Failure) {
        try mmapWriteLock(process)
        try atomically(.alone(process), Site("mmap_region", "makes the VMA")) { machine in
            for page in pages {
                machine[mapped: process, page] = .anonymous(
                    readable: protection.isReadable, writable: protection.isWritable)
            }
            machine.forgetTracking(process, pages)
        }
        try mmapWriteUnlock(process)
    }
}
