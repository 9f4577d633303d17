/// A process's memory: what stands in its `mm_struct`, and what the checks of the guarantees keep beside it.
struct AddressSpace: Equatable, BitwiseCopyable {
    /// Where a process is in its life.
    enum State: UInt8 {
        /// Not forked yet, or its fork failed.
        case absent
        /// Its fork is under way: nobody runs in it.
        case forming
        case live
        /// Its fork failed for want of memory.
        case failed
        /// It has exited or was killed, and its memory is gone.
        case dead
    }

    /// mmap_lock: how many hold it for reading …
    var readers: UInt8 = 0
    /// … and whether somebody holds it for writing.
    var isWriteLocked = false
    /// write_protect_seq; odd while fork write-protects. Counted only where a fast GUP could look.
    var writeProtectSequence: UInt8 = 0
    /// mm->has_pinned, as a flag or as a count.
    var hasPinned: UInt8 = 0
    /// mm->tlb_flush_pending.
    var flushesPending: UInt8 = 0
    private var stateByte: UInt8 = 0
    private var flags: UInt8 = 0
    /// Threads that still run a block.
    var activeThreads: UInt8 = 0
    /// Pages charged to the process's memory cgroup …
    var charged: UInt16 = 0
    /// … and how many may be, `noLimit` for any number.
    var chargeLimit: UInt16 = AddressSpace.noLimit
    /// While forming: pages below this one are done.
    var forkedPages: UInt16 = 0
    /// While forming: words of the page under way that are copied already.
    var forkedWords: UInt8 = 0
    /// While forming: index of the process that forks.
    var forkedFrom: UInt8 = 0
    /// While forming: threads of the parent whose store had begun when the first store that the child lacks completed.
    var storesBegunEarlier: UInt32 = 0

    static let noLimit: UInt16 = .max

    var state: State {
        get { State(rawValue: stateByte) ?? .absent }
        set { stateByte = newValue.rawValue }
    }
    /// Its threads end at their next step.
    var isExiting: Bool {
        get { flags & 1 != 0 }
        set { flags = newValue ? flags | 1 : flags & ~1 }
    }
    /// A signal ended it.
    var isKilled: Bool {
        get { flags & 2 != 0 }
        set { flags = newValue ? flags | 2 : flags & ~2 }
    }
    /// Whether its threads end, all of them, or all but the one that executes another program and is in the midst of it.
    var isEndingThreads: Bool { flags & 65 != 0 }
    /// `cow_opt_out()` was called.
    var hasOptedOut: Bool {
        get { flags & 4 != 0 }
        set { flags = newValue ? flags | 4 : flags & ~4 }
    }
    /// While forming: a completed store of the parent's threads is not in the child.
    var lacksStore: Bool {
        get { flags & 8 != 0 }
        set { flags = newValue ? flags | 8 : flags & ~8 }
    }
    /// While forming: the child has a store that began after one that it lacks completed.
    var isTorn: Bool {
        get { flags & 16 != 0 }
        set { flags = newValue ? flags | 16 : flags & ~16 }
    }
    /// It is dead, and its parent has waited for it.
    var isReaped: Bool {
        get { flags & 32 != 0 }
        set { flags = newValue ? flags | 32 : flags & ~32 }
    }
    /// One of its threads executes another program: the others end at their next step.
    var isExecuting: Bool {
        get { flags & 64 != 0 }
        set { flags = newValue ? flags | 64 : flags & ~64 }
    }
    /// Whether somebody could see frames through its page tables, now or when it runs.
    var hasMemory: Bool { state == .live || state == .forming }
}
