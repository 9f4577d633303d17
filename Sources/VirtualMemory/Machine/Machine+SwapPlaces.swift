// How much of swap is taken. Only where a test bounds it is it counted.
extension Machine {
    /// Whether swap is bounded.
    @inline(__always) var isSwapLimited: Bool { world.pointee.swapLimit != Int.max }

    /// Whether less than half of swap is free. Mirrors vm_swap_full.
    var isSwapShort: Bool {
        isSwapLimited && (world.pointee.swapLimit &- takenSwapPlaces) &* 2 < world.pointee.swapLimit
    }

    /// Whether swap has a place for one page more. Mirrors folio_alloc_swap (get_swap_page before 6.16): places that only the swap cache
    /// keeps are not asked for where none is free (nr_swap_pages).
    var hasSwapPlace: Bool { !isSwapLimited || takenSwapPlaces < world.pointee.swapLimit }

    /// A place is taken as long as a page is there, in the swap cache or named by a swap entry.
    private var takenSwapPlaces: Int {
        let own = (1..<frameCount).count { frame in
            let marks = self[marks: frame]
            return marks.isSwapped || marks.isInSwapCache || swapEntries(naming: frame) > 0
        }
        return own + (0..<cacheCount).count { self[cache: $0] == .inSwap }
    }
}
