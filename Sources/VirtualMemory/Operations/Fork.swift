import Rules

/// What fork decided for one page-table entry of the parent.
enum ForkPage: Int, Loggable {
    /// Nothing to copy, or done.
    case done = 0
    /// The child needs a page table first.
    case needsTable
    /// The early copy needs a page first.
    case needsPage
    /// The parent's entry is to be write-protected and flushed before the copy.
    case needsProtection
    /// The first word is copied, both page-table locks are held.
    case copying
    /// The page is to be shared; both page-table locks are held.
    case sharing

    init(word: UInt32) { self = ForkPage(rawValue: Int(word: word)) ?? .done }
    var word: UInt32 { rawValue.word }
}

extension Execution {
    /// fork: gives a child a copy of the parent's memory.
    ///
    /// Mirrors copy_process as far as memory goes: dup_fd, then dup_mmap, all releases.
    ///
    /// - Returns: whether the child lives; false when memory ran out and all was undone.
    mutating func fork(_ parent: Int, child: Int, mainThread: Int) throws(Failure) -> Bool {
        let files = owner
        let mover: Mover = world.pointee.sendsReferences ? .none : .alone(parent)
        try atomically(mover, Site("dup_fd", "gives the child the parent's file descriptors")) { machine in
            machine.inheritReferences(from: files, to: child)
        }
        try mmapWriteLock(parent)
        try atomically(.alone(parent), Site("dup_mmap", "begins the child's memory")) { machine in
            machine.beginForming(child, from: parent)
        }
        let isComplete = try inRounds(world.pointee.geometry.mappings) { execution, mapping throws(Failure) in
            try execution.call { execution throws(Failure) in
                try execution.forkMapping(parent, child, mapping)
            }
        }
        try atomically(.alone(parent), Site("flush_tlb_mm", "flushes the parent's TLBs")) { machine in
            machine.flushAll(parent)
        }
        guard isComplete else {
            try mmapWriteUnlock(parent)
            try tearDownFailedFork(child)
            return false
        }
        if world.pointee.hasForkEvents {
            try mmapWriteUnlock(parent)
            try awaitForkEvents(parent)
            try atomically(Site("wake_up_new_task", "lets the child run")) { machine in
                machine.finishForming(child, mainThread)
            }
            return true
        }
        try atomically(.left, Site("wake_up_new_task", "drops mmap_lock and lets the child run")) { machine in
            machine.releaseWriteLock(parent)
            machine.finishForming(child, mainThread)
        }
        return true
    }

    /// One VMA: duplicates it, and copies its page tables where it has an anon_vma. Mirrors the loop of dup_mmap with
    /// copy_page_range; fork locks the VMA since 6.4.3 (mechanism fork.locks), and write_protect_seq is odd meanwhile
    /// since 5.11.
    ///
    /// - Returns: false when memory ran out.
    private mutating func forkMapping(_ parent: Int, _ child: Int, _ mapping: Int) throws(Failure) -> Bool {
        let pages = world.pointee.geometry.pages(of: mapping)
        if world.pointee.hasVMALocks, world.pointee.mechanism(.forkLocks) == .vma {
            try vmaWriteLock(parent, mapping)
        }
        // mirrors copy_hugetlb_page_range: write_protect_seq only since 5.19.
        let counts =
            !world.pointee.geometry.isHugetlb(pages.lowerBound)
            || world.pointee.mechanism(.forkHugetlbSeq) == .yes
        let begin = Site("vm_area_dup", "duplicates the VMA, and begins with its pages")
        try atomically(.alone(parent), begin) { machine in
            for page in pages { machine.duplicateMapping(parent, child, page) }
            if counts { machine.countWriteProtect(parent) }
        }
        let isComplete = try inRounds(pages.count) { execution, step throws(Failure) in
            try execution.forkPage(parent, child, pages.lowerBound + step)
        }
        let end = Site("copy_page_range", "is done with the pages of the VMA")
        try atomically(.alone(parent), end) { machine in
            if counts { machine.countWriteProtect(parent) }
        }
        return isComplete
    }

    /// One page-table entry, under the page-table locks of both. Mirrors copy_present_pte; allocation happens with the
    /// locks dropped (-EAGAIN), and the entry is decided on anew then.
    ///
    /// - Returns: false when memory ran out.
    private mutating func forkPage(_ parent: Int, _ child: Int, _ page: Int) throws(Failure) -> Bool {
        let site = Site("copy_present_pte", "shares the page, or finds what is needed first")
        let start = mark()
        while true {
            let plan = try underPageTableLock(parent, page, .ownPage(process: parent, page: page), site) {
                machine in
                machine.forkEntry(parent, child, page, spare: .none)
            }
            switch plan {
            case .needsTable:
                guard try allocatePageTable(child, page) else { return false }
                rewind(to: start)
            case .needsPage: return try copyPageForChild(parent, child, page)
            case .sharing:
                try finishSharing(parent, child, page)
                return true
            case .done, .copying, .needsProtection: return true
            }
        }
    }

    /// The rest of the work on a page for which an early copy was decided: a page is allocated without the locks, and the
    /// entry is decided on anew with it in hand.
    ///
    /// - Returns: false when memory ran out and the rules let fork fail then.
    private mutating func copyPageForChild(_ parent: Int, _ child: Int, _ page: Int) throws(Failure) -> Bool {
        let spare = try allocateEarlyCopy(parent, child, page)
        if !spare.isPresent, world.pointee.mechanism(.forkCopyFails) == .enomem { return false }
        let site = Site("copy_present_pte", "decides on the entry anew, and copies the page")
        var plan = try underPageTableLock(parent, page, site) { machine in
            machine.forkEntry(parent, child, page, spare: spare, sharesInstead: !spare.isPresent)
        }
        if plan == .needsProtection {
            try atomically(.alone(parent), Site("flush_tlb_page", "flushes the page before it is copied")) {
                machine in
                machine.flush(parent, page)
            }
            plan = try underPageTableLock(parent, page, site) { machine in
                machine.forkEntry(parent, child, page, spare: spare, isProtected: true)
            }
        }
        if plan == .sharing { try finishSharing(parent, child, page) }
        if plan == .copying {
            try copyRemainingWords(parent, child, page, spare)
        } else if spare.isPresent {
            try atomically(Site("copy_pte_range", "drops the spare page if it was not needed")) { machine in
                machine.dropSpare(spare, child, page)
            }
        }
        return true
    }

    /// The second half of sharing, where fast GUP could come between the look at the pins and the write-protection.
    private mutating func finishSharing(_ parent: Int, _ child: Int, _ page: Int) throws(Failure) {
        let site = Site("copy_present_pte", "shares the page: counts, then read-only entries")
        try atomically(site) { machine in
            machine.share(parent, child, page)
        }
    }

    /// Mirrors page_copy_prealloc: charged to the parent's memory cgroup, or by a rule to the child's.
    private mutating func allocateEarlyCopy(
        _ parent: Int, _ child: Int, _ page: Int
    ) throws(Failure) -> PageTableEntry {
        if world.pointee.geometry.isHugetlb(page) {
            let site = Site("alloc_hugetlb_folio", "takes a page of the pool, of those that nobody reserved")
            return try atomically(.none, site) { machine in machine.allocatePoolFrame(reserved: false) }
        }
        let charged = world.pointee.mechanism(.forkCharge) == .child ? child : parent
        return try allocateFrame(chargedTo: charged)
    }

    /// The rest of an early copy: the locks are held, but neither the parent's other threads nor a device are stopped.
    /// Mirrors copy_present_page.
    private mutating func copyRemainingWords(
        _ parent: Int, _ child: Int, _ page: Int, _ spare: PageTableEntry
    ) throws(Failure) {
        let isPool = world.pointee.geometry.isHugetlb(page)
        let words = world.pointee.geometry.words * (isPool ? Folio.pages : 1)
        try forEachRound(words - 1) { execution, step throws(Failure) in
            try execution.atomically(
                Site("copy_user_highpage", "copies the page for the child, word by word")
            ) {
                machine in
                if isPool {
                    machine.copyWholeForChild(step + 1, parent, child, page, spare.frame)
                } else {
                    machine.copyForChild(step + 1, parent, child, page, spare.frame)
                }
            }
        }
    }

    /// Takes back what a fork that failed had given the child, after the parent's lock was dropped. Mirrors mmput of the
    /// child's mm. The parent's entries stay write-protected.
    private mutating func tearDownFailedFork(_ child: Int) throws(Failure) {
        try forEachRound(world.pointee.geometry.pages) { execution, page throws(Failure) in
            try execution.atomically(Site("exit_mmap", "takes the page back from the child that failed")) {
                machine in
                machine.takeBack(child, page)
            }
        }
        try atomically(Site("copy_process", "gives up the child, and what of its files only it still holds"))
        {
            machine in
            machine.giveUpChild(child)
        }
        try releaseSharedMemory()
    }
}

extension Geometry {
    /// The pages of a mapping, which lie side by side.
    func pages(of mapping: Int) -> Range<Int> {
        let first = mappingOfPage.firstIndex(of: mapping) ?? 0
        let last = mappingOfPage.lastIndex(of: mapping) ?? (first - 1)
        return first..<(last + 1)
    }
}
