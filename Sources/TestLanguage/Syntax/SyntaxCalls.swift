/// Protection of a mapping, as mprotect(2) takes it.
public struct Protection: Sendable, Hashable {
    /// PROT_READ
    public let read: Bool
    /// PROT_WRITE
    public let write: Bool

    /// Makes a protection; neither is PROT_NONE.
    public init(read: Bool, write: Bool) {
        self.read = read
        self.write = write
    }
}

/// Advice of madvise(2) that bears on this layer; the raw value is its name there.
public enum Advice: String, Sendable, Hashable, CaseIterable {
    /// Forget the pages.
    case dontneed = "MADV_DONTNEED"
    /// Forget the pages, of locked memory too.
    case dontneedLocked = "MADV_DONTNEED_LOCKED"
    /// The pages may be forgotten as long as nobody writes to them.
    case free = "MADV_FREE"
    /// Forget the pages and the part of the file behind them.
    case remove = "MADV_REMOVE"
    /// Swap or write the pages out.
    case pageout = "MADV_PAGEOUT"
    /// The pages are to be taken first when memory is short.
    case cold = "MADV_COLD"
    /// Read the pages in soon.
    case willneed = "MADV_WILLNEED"
    /// Map the pages, as read faults would.
    case populateRead = "MADV_POPULATE_READ"
    /// Map the pages, as write faults would.
    case populateWrite = "MADV_POPULATE_WRITE"
    /// A child does not get the mapping.
    case dontfork = "MADV_DONTFORK"
    /// Takes MADV_DONTFORK back.
    case dofork = "MADV_DOFORK"
    /// A child gets zeroes there.
    case wipeonfork = "MADV_WIPEONFORK"
    /// Takes MADV_WIPEONFORK back.
    case keeponfork = "MADV_KEEPONFORK"
    /// KSM may merge the pages.
    case mergeable = "MADV_MERGEABLE"
    /// KSM has to undo its merging.
    case unmergeable = "MADV_UNMERGEABLE"
    /// Huge pages are welcome.
    case hugepage = "MADV_HUGEPAGE"
    /// No huge pages.
    case nohugepage = "MADV_NOHUGEPAGE"
    /// Make a huge page now.
    case collapse = "MADV_COLLAPSE"
    /// Accesses get SIGSEGV.
    case guardInstall = "MADV_GUARD_INSTALL"
    /// Takes MADV_GUARD_INSTALL back.
    case guardRemove = "MADV_GUARD_REMOVE"
}

/// What a reference is taken for; writing includes reading.
public enum Access: String, Sendable, Hashable, CaseIterable {
    /// To read the page.
    case read
    /// To write to the page.
    case write
}

/// A call that takes references to the pages of an address.
public enum Interface: Sendable, Hashable {
    /// `vmsplice(x)`: a pipe refers to the page.
    case vmsplice
    /// `io_uring_register(x)`: a fixed buffer.
    case ioUringRegister
    /// `rdma_register(x, read|write)`: a memory region.
    case rdmaRegister(Access)
    /// `vfio_map(x, read|write[, dirty_tracking])`: a mapping of the IOMMU.
    case vfioMap(Access, dirtyTracking: Bool)
    /// `xdp_umem_register(x)`
    case xdpUmemRegister
    /// `direct_read(x)`: a read(2) with O_DIRECT into the page, under way.
    case directRead
    /// `direct_write(x)`: a write(2) with O_DIRECT from the page, queued.
    case directWrite
    /// `pin(x, read|write[, longterm][, slow])`: pin_user_pages; fast, unless slow.
    case pin(Access, longterm: Bool, slow: Bool)
    /// `get(x, read|write[, slow])`: get_user_pages; fast, unless slow.
    case get(Access, slow: Bool)
}

/// A way into the memory of a process that is named.
public enum RemoteAccess: Sendable, Hashable {
    /// `r = process_vm_readv(P, x)`
    case processVMRead
    /// `process_vm_writev(P, x, 4)`
    case processVMWrite(UInt16)
    /// `r = proc_mem_read(P, x)`: through /proc/P/mem, with FOLL_FORCE.
    case procMemRead
    /// `proc_mem_write(P, x, 4)`: through /proc/P/mem, with FOLL_FORCE.
    case procMemWrite(UInt16)
}

/// A look at a page; the raw value is the name of the call.
public enum Look: String, Sendable, Hashable, CaseIterable {
    /// Which frame is mapped; 0 where nothing is.
    case frame
    /// How many page-table entries map the frame.
    case mapcount
    /// Whether the entry is present.
    case present
    /// Whether the entry is young.
    case young
    /// Whether the page is swapped out.
    case swapped
    /// Whether a huge page is mapped.
    case huge
    /// Whether the page counts as soft-dirty.
    case softDirty = "soft_dirty"
    /// Whether PAGEMAP_SCAN reports the page as written.
    case pagemapScan = "pagemap_scan"
    /// All references of the frame. Only the model can show it.
    case pageCount = "page_count"
    /// Whether the frame is pinned. Only the model can show it.
    case pinned
    /// Whether the frame is marked as this process's own. Only the model can show it.
    case exclusive
    /// Whether the entry is writable. Only the model can show it.
    case writable
    /// Whether the entry is dirty. Only the model can show it.
    case dirty
}

/// A call of userfaultfd(2).
public enum UserfaultCall: Sendable, Hashable {
    /// `uffd_register(x, wp, …)`
    case register(UserfaultModes)
    /// `uffd_unregister(x)`
    case unregister
    /// `uffd_writeprotect(x)`
    case writeprotect
    /// `uffd_resolve(x[, dontwake])`: un-protects, and wakes unless told otherwise.
    case resolve(wake: Bool)
    /// `uffd_wake(x)`
    case wake
    /// `uffd_copy(x, 3)`
    case copy(UInt16)
    /// `uffd_continue(x)`: maps what the page cache has, and wakes.
    case `continue`
    /// `await_fault(x)`: waits for one event and takes it.
    case awaitFault
    /// `e = poll_fault(x)`: whether an event is there.
    case pollFault
}

/// Words of `uffd_register`.
public struct UserfaultModes: OptionSet, Sendable, Hashable {
    /// One bit a word.
    public let rawValue: UInt8

    /// Makes a set of words.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// `wp`: events for writes to protected pages.
    public static let writeProtect = UserfaultModes(rawValue: 1)
    /// `missing`: events for accesses where nothing is mapped.
    public static let missing = UserfaultModes(rawValue: 2)
    /// `async`: a write un-protects by itself, without an event.
    public static let async = UserfaultModes(rawValue: 4)
    /// `unpopulated`: protects what is not mapped yet, too.
    public static let unpopulated = UserfaultModes(rawValue: 8)
    /// `event_fork`: a fork is an event, and the child stays registered.
    public static let eventFork = UserfaultModes(rawValue: 16)
    /// `minor`: events for accesses to what is not mapped but in the page cache.
    public static let minor = UserfaultModes(rawValue: 32)

    /// Every word with its spelling, in the order in which they are printed.
    public static let spellings: [(mode: UserfaultModes, word: String)] = [
        (.writeProtect, "wp"), (.missing, "missing"), (.minor, "minor"), (.async, "async"),
        (.unpopulated, "unpopulated"),
        (.eventFork, "event_fork"),
    ]
}

/// Something that the kernel does by itself.
public enum Doing: Sendable, Hashable {
    /// `reclaim(x)`: swap or write the page out.
    case reclaim(DoingAddress)
    /// `shrink(x)`: memory is short: get pages out of memory that nobody used since the last time.
    case shrink(DoingAddress)
    /// `retract(x)`: take the page table of a mapping of a file away.
    case retract(DoingAddress)
    /// `migrate(x)`: move the page to another frame.
    case migrate(DoingAddress)
    /// `numa_scan(x)`: NUMA balancing makes the entry inaccessible until the next access.
    case numaScan(DoingAddress)
    /// `ksm_merge(x, y)`: make one frame of two that are equal.
    case ksmMerge(DoingAddress, DoingAddress)
    /// `collapse(x)`: khugepaged makes a huge page.
    case collapse(DoingAddress)
    /// `lru_add(x)`: the page waits in a batch of the LRU, which holds a reference.
    case lruAdd(DoingAddress)
    /// `lru_drain()`: the batches are emptied.
    case lruDrain
}

/// The pages that a doing of the kernel is about: `x`, or `P:x`.
public struct DoingAddress: Syntax {
    /// The process; nil for the one that says it, and in `background` for the first of the test.
    public let process: Name?
    /// The pages.
    public let address: Address
    /// Where it stands.
    public let place: Place

    /// Makes an address.
    public init(_ address: Address, of process: Name? = nil, at place: Place = .nowhere) {
        self.process = process
        self.address = address
        self.place = place
    }
}
