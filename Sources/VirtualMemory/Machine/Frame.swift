/// What the kernel keeps for one page frame.
struct Frame: Equatable, BitwiseCopyable {
    /// `page_count`: one for each mapping, one for each GET, `pin_bias` for each PIN, and the short ones of operations
    /// under way. 0: the frame is free.
    var references: Int32 = 0
    /// `page_mapcount`: the page-table entries that map it.
    var mappings: Int16 = 0
    /// The memory cgroup that was charged for it: process index plus one, 0 for none.
    var charged: UInt8 = 0
    private var flags: UInt8 = 0

    /// PG_anon_exclusive: one mapping, one owner, reuse without further question.
    var isExclusive: Bool {
        get { flags & 1 != 0 }
        set { flags = newValue ? flags | 1 : flags & ~1 }
    }
    /// The batch of pages on their way to the LRU lists that holds a reference to it: that of the CPU of a thread, by the
    /// thread's index plus one; 0 for none.
    var batch: Int {
        get { Int(flags >> 2) }
        set { flags = flags & 3 | UInt8(truncatingIfNeeded: newValue) << 2 }
    }
    /// The page lock.
    var isLocked: Bool {
        get { flags & 2 != 0 }
        set { flags = newValue ? flags | 2 : flags & ~2 }
    }
}
