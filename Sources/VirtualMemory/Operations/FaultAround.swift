import Rules

// Fault-around: a read fault also maps the neighbours of its page that the page cache has.

extension Execution {
    /// Maps what the page cache has of the window about a page, the page itself too if it is there. All entries are set in one step,
    /// under the page-table lock, which allocates nothing: the page table was allocated before, in steps of its own.
    ///
    /// Mirrors do_fault_around with filemap_map_pages, which runs under RCU.
    ///
    /// - Returns: whether the page of the fault is mapped now.
    mutating func mapAround(_ process: Int, _ page: Int) throws(Failure) -> Bool {
        guard world.pointee.mechanism(.faultAroundWindow) == .table else { return false }
        // mirrors should_fault_around with uffd_disable_fault_around (5.19; for minor faults as long as there are any).
        if world.pointee.tracksStores {
            let isWatched = try atomically(Site("should_fault_around", "looks whether a userfaultfd watches"))
            { machine in
                !machine[tracked: process, page].userfault.isDisjoint(with: [.writeProtect, .minor])
            }
            if isWatched { return false }
        }
        var site = Site(
            "filemap_map_pages", "maps what the page cache has of the window, under the page-table lock")
        site.isUnderRCU = true
        return try underPageTableLock(process, page, site) { machine in
            guard machine.hasTableForFaultAround(process, page) else { return false }
            for neighbour in machine.faultAroundWindow(process, page) {
                machine.mapNeighbour(neighbour, process, page)
            }
            return machine[entry: process, page].isPresent
        }
    }
}

extension Machine {
    /// Mirrors filemap_map_pmd (5.12) and pte_alloc_one_map (before): whether there is a page table still. The fault saw one, so that it
    /// allocated none that could take its place.
    fileprivate func hasTableForFaultAround(_ process: Int, _ page: Int) -> Bool {
        guard !self[table: process, page].isPresent else { return true }
        switch mechanism(.faultAroundTable) {
        case .assumed:
            // What is installed as the page table is no page at all.
            breaks(.safety)
            return false
        case .allocated:
            guard allocateTable() else { return false }
            self[table: process, page].isPresent = true
            return true
        default: return false
        }
    }

    /// The pages about a page that lie in its mapping and under its page table.
    fileprivate func faultAroundWindow(_ process: Int, _ page: Int) -> Range<Int> {
        let own = self[mapped: process, page]
        let first = page / layout.entriesPerTable * layout.entriesPerTable
        let end = min(first + layout.entriesPerTable, pageCount)
        func isNeighbour(_ other: Int) -> Bool {
            mapping(of: other) == mapping(of: page) && self[mapped: process, other].isOneVMA(with: own)
        }
        var lower = page
        while lower > first, isNeighbour(lower - 1) { lower -= 1 }
        var upper = page + 1
        while upper < end, isNeighbour(upper) { upper += 1 }
        return lower..<upper
    }

    /// Maps one page of the window where nothing is mapped and the page is in the cache and uptodate; one that somebody has locked is
    /// left out. The entry of the fault itself is young, those of the others are as the rules say.
    fileprivate func mapNeighbour(_ neighbour: Int, _ process: Int, _ page: Int) {
        guard !self[entry: process, neighbour].isPresent, let slot = backing(of: neighbour).slot else {
            return
        }
        let cached = self[cache: slot]
        guard cached.isPresent, !self[frame: cached.frame].isLocked else { return }
        var entry = cacheEntry(cached.frame, process, neighbour)
        if neighbour != page, world.pointee.observesYoung {
            entry.isYoung = isPrefaultedYoung(entry, process, neighbour)
        }
        self[frame: cached.frame].references &+= 1
        mapCached(entry, process, neighbour)
    }

    private func isPrefaultedYoung(_ entry: PageTableEntry, _ process: Int, _ page: Int) -> Bool {
        let facts = PageFacts(machine: self, process: process, page: page, entry: entry)
        switch decide(.faultAround, facts) {
        case .choice(.mapYoung): return true
        case .choice(.mapOld), nil: return false
        default:
            world.pointee.trouble = .meaninglessDecision(.faultAround)
            return false
        }
    }
}
