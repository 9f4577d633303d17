/// What is known of a frame only where pages can be swapped out, given up, merged or moved; elsewhere it is not kept.
///
/// A page that is only in swap keeps the record and the contents of the frame that it had: they stand for its place there.
/// Such a record has one reference, is charged to nobody but tells who was charged, and counts no frame in use.
struct FrameMarks: Equatable, BitwiseCopyable {
    private var bits: UInt16 = 0

    private func has(_ bit: UInt16) -> Bool { bits & bit != 0 }
    private mutating func set(_ bit: UInt16, _ value: Bool) { bits = value ? bits | bit : bits & ~bit }

    /// PG_swapcache: the swap cache holds a reference, and swap entries lead here.
    var isInSwapCache: Bool {
        get { has(1) }
        set { set(1, newValue) }
    }
    /// The frame was given back; what is left is a place in swap.
    var isSwapped: Bool {
        get { has(2) }
        set { set(2, newValue) }
    }
    /// PG_dirty.
    var isDirty: Bool {
        get { has(4) }
        set { set(4, newValue) }
    }
    /// MADV_FREE gave the page up (PG_swapbacked is clear).
    var isLazyFree: Bool {
        get { has(8) }
        set { set(8, newValue) }
    }
    /// KSM merged the page.
    var isMerged: Bool {
        get { has(16) }
        set { set(16, newValue) }
    }
    /// Reclaim or migration took it off the LRU.
    var isIsolated: Bool {
        get { has(32) }
        set { set(32, newValue) }
    }
    /// What was stored since MADV_FREE had returned, without leaving a trace in the entry: a bit for each
    /// `Violation.Through`.
    var storedUnseen: UInt8 {
        get { UInt8(truncatingIfNeeded: bits >> 8) }
        set { bits = bits & 0xff | UInt16(newValue) << 8 }
    }
}
