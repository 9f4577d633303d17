/// A set of 64-bit fingerprints, open addressing, 8 bytes a slot.
///
/// Two different states with one fingerprint would be taken for one: among n states the chance is about n² / 2^65, for a
/// million of them 1 in 37 million. `ExactStates` is the check against that.
struct VisitedSet: ~Copyable {
    private var slots: UnsafeMutablePointer<UInt64>
    private var mask: Int
    private(set) var count = 0

    init(bits: Int = 10) {
        mask = (1 << bits) - 1
        slots = .allocate(capacity: 1 << bits)
        slots.initialize(repeating: 0, count: 1 << bits)
    }

    deinit { slots.deallocate() }

    var byteCount: Int { (mask + 1) * 8 }

    /// Reads the slot where a fingerprint begins, so that the cache has it when it is inserted.
    @inline(__always) func touch(_ fingerprint: UInt64) -> UInt64 {
        slots[Int(truncatingIfNeeded: fingerprint) & mask]
    }

    /// Adds a fingerprint, which is not 0.
    ///
    /// - Returns: whether it is new.
    @inline(__always) mutating func insert(_ fingerprint: UInt64) -> Bool {
        var index = Int(truncatingIfNeeded: fingerprint) & mask
        while true {
            let slot = slots[index]
            if slot == fingerprint { return false }
            if slot == 0 {
                slots[index] = fingerprint
                count &+= 1
                if count &* 4 > (mask &+ 1) &* 3 { grow() }
                return true
            }
            index = (index &+ 1) & mask
        }
    }

    @inline(never) private mutating func grow() {
        let old = slots
        let oldCount = mask + 1
        mask = oldCount * 2 - 1
        slots = .allocate(capacity: oldCount * 2)
        slots.initialize(repeating: 0, count: oldCount * 2)
        for position in 0..<oldCount where old[position] != 0 {
            var index = Int(truncatingIfNeeded: old[position]) & mask
            while slots[index] != 0 { index = (index + 1) & mask }
            slots[index] = old[position]
        }
        old.deallocate()
    }
}
