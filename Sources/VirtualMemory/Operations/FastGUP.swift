import Rules

// Fast GUP: no lock, interrupts off, every access to shared state a step of its own.

extension Execution {
    /// Takes a reference without locks, or finds that the slow path must.
    ///
    /// Mirrors gup_fast (lockless_pages_from_mm before 6.14) with gup_fast_pte_range: read the entry, grab the page, read
    /// the entry again, look at PG_anon_exclusive, and since 5.11 look at write_protect_seq before and after.
    ///
    /// - Returns: whether the reference is taken and confirmed.
    mutating func grabFast(
        _ process: Int, _ page: Int, _ reference: Int, _ request: GrabRequest
    ) throws(Failure) -> Bool {
        let retries = request.isPin && world.pointee.mechanism(.fastGUPRetry) == .writeProtectSeq
        var sequence = 0
        if retries {
            let site = Site("gup_fast", "reads write_protect_seq")
            sequence = try atomically(.alone(process), site) { machine in
                Int(machine[space: process].writeProtectSequence)
            }
            if sequence & 1 != 0 { return false }
        }
        let read = Site("gup_fast_pte_range", "reads the entry without a lock")
        let entry = try atomically(.ownPage(process: process, page: page), read) { machine in
            machine.entryForFastGUP(process, page, request)
        }
        guard entry.isPresent else { return false }
        let grab = Site("try_grab_folio", "takes the reference unless the frame is free")
        let isGrabbed = try atomically(.ownPage(process: process, page: page), grab) { machine in
            guard machine.isInUse(entry.frame) else { return false }
            machine.addReference(reference, to: entry.frame, of: process, request)
            return true
        }
        guard isGrabbed else { return false }
        let again = Site(
            "gup_fast_pte_range", "reads the entry again, and asks whether an unshare must come first")
        let isSame = try atomically(.alone(process), again) { machine in
            machine[entry: process, page].word == entry.word
        }
        guard isSame else { return try undoFast(reference) }
        if !entry.isWritable {
            let mayTake = try atomically(
                Site("gup_must_unshare", "asks whether the page is its process's own")
            ) {
                machine in
                machine.needsNothing(process, page, entry, request)
            }
            guard mayTake else { return try undoFast(reference) }
        }
        let last = Site("gup_fast", "keeps the reference, unless a fork came in between")
        let expected = sequence
        let isConfirmed = try atomically(.alone(process), last) { machine in
            if retries, Int(machine[space: process].writeProtectSequence) != expected { return false }
            machine.confirm(reference, of: process, request)
            return true
        }
        return isConfirmed ? true : try undoFast(reference)
    }

    private mutating func undoFast(_ reference: Int) throws(Failure) -> Bool {
        try atomically(Site("gup_put_folio", "drops the reference again; the slow path takes over")) {
            machine in
            machine.dropReference(reference, leaving: .absent)
        }
        return false
    }
}

extension Machine {
    /// The entry if fast GUP can use it: accessible, not special as the zero page's is, writable for a write, and not one
    /// whose COW must be broken first.
    fileprivate func entryForFastGUP(_ process: Int, _ page: Int, _ request: GrabRequest) -> PageTableEntry {
        let entry = self[entry: process, page]
        guard entry.isAccessible, !entry.mapsZeroPage, entry.isWritable || !request.isWrite else {
            return .none
        }
        // mirrors gup_fast_folio_allowed (6.5): files are left to the slow path, which knows the mapping.
        if request.isWrite, isShared(page),
            case .choice(.fail)? = decide(request.path, request.facts(self, process, page, entry))
        {
            return .none
        }
        if !entry.isWritable,
            case .action(.breakCOW, _, _)? = decide(request.path, request.facts(self, process, page, entry))
        {
            // mirrors get_user_pages_fast of 5.8, which asked for a writable entry.
            return .none
        }
        return entry
    }

    /// Whether the clause takes the page as it is. Facts are read with the reference's own count in it taken off.
    fileprivate func needsNothing(
        _ process: Int, _ page: Int, _ entry: PageTableEntry, _ request: GrabRequest
    ) -> Bool {
        var facts = request.facts(self, process, page, entry)
        facts.own = request.isPin && !isLarge(entry.frame) ? world.pointee.pinBias : 1
        if case .choice(.take)? = decide(request.path, facts) { return true }
        return false
    }
}
