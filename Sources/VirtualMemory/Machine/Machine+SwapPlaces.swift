// How much of swap is taken. Only where a test bounds it is it counted.
extension Machine {
    /// Whether swap is bounded.
    @inline(__always) var isSwapLimited: Bool { world.pointee.swapLimit != Int.max }

    /// Whether less than half of swap is free. Mirrors vm_swap_full.
    var isSwapShort: Bool {
        isSwapLimited && (world.pointee.swapLimit &- takenSwapPlaces) &* 2 < world.pointee.swapLimit
    }

    /// Finds a place in swap for one page more. Where all are taken, one that only the swap cache keeps is given up. Mirrors
    /// folio_alloc_swap (get_swap_page before 6.16) with __try_to_reclaim_swap.
    ///
    /// - Returns: false where there is none.
    func findSwapPlace() -> Bool {
        guard isSwapLimited, takenSwapPlaces >= world.pointee.swapLimit else { return true }
        let spare = (1..<frameCount).filter { frame in
            self[marks: frame].isInSwapCache && !self[frame: frame].isLocked
                && swapEntries(naming: frame) == 0
        }
        guard !spare.isEmpty, world.pointee.swapLimit > 0 else { return false }
        return freeSwapCache(spare[choose(among: spare.count)])
    }

    /// A place is taken as long as a page is there, in the swap cache or named by a swap entry.
    private var takenSwapPlaces: Int {
        let own = (1..<frameCount).count { frame in
            let marks = self[marks: frame]
            return marks.isSwapped || marks.isInSwapCache || swapEntries(naming: frame) > 0
        }
        return own + (0..<cacheCount).count { self[cache: $0] == .inSwap }
    }
}
