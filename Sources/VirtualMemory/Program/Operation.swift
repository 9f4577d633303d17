import Rules

/// Neighbouring pages of an address space.
public struct PageRange: Equatable, Sendable, BitwiseCopyable {
    /// The first page.
    public let first: UInt16
    /// How many.
    public let count: UInt16

    /// Makes a range.
    public init(_ first: Int, count: Int = 1) {
        self.first = UInt16(truncatingIfNeeded: first)
        self.count = UInt16(truncatingIfNeeded: count)
    }

    var range: Range<Int> { Int(first)..<(Int(first) + Int(count)) }
}

/// A look at a page, which is no access.
public enum Look: UInt8, CaseIterable, Sendable, BitwiseCopyable {
    /// The frame that is mapped, the zero page, or 0.
    case frame
    /// `page_mapcount`, 0 where nothing is mapped.
    case mapcount
    /// Whether a page is mapped.
    case present
    /// `page_count`, 0 where nothing is mapped.
    case pageCount
    /// `page_maybe_dma_pinned`.
    case pinned
    /// PG_anon_exclusive.
    case exclusive
    /// Whether the entry allows writing.
    case writable
    /// The entry's dirty bit.
    case dirty
    /// The entry's young bit.
    case young
    /// Whether the page is in swap, or on its way to another frame.
    case swapped
    /// Whether the page counts as soft-dirty, by its entry or its VMA.
    case softDirty
    /// Whether PAGEMAP_SCAN reports the page as written: something is there, and no userfaultfd has protected it.
    case pagemapScan
    /// Whether one entry maps it with all of a huge page.
    case huge
}

/// How a grab is asked for.
public enum GrabKind: Sendable, Equatable {
    /// As the rule set's `interface` line says; with what the caller asks to do.
    case interface(Interface, write: Bool)
    /// The kernel's own call, spelt out.
    case flags(isPin: Bool, write: Bool, longTerm: Bool, slow: Bool)
    /// As `vfio_map`, and the IOMMU keeps a bit for what the device writes.
    case dirtyTracked(write: Bool)
}

/// One step of a thread's program: plain bytes, so that the explorer can go through them without counting references.
public enum Operation: Sendable, Equatable {
    /// `*page.word = value`
    case store(page: UInt16, word: UInt8, value: UInt16)
    /// `register = *page.word`
    case load(page: UInt16, word: UInt8, register: UInt16)
    /// fork; the child's main thread runs when it succeeds. `register` gets 0 or -ENOMEM.
    case fork(child: UInt8, thread: UInt8, register: UInt16?)
    /// vfork: the child's main thread runs in the caller's memory, and the caller waits. `register` gets 0.
    case vfork(child: UInt8, thread: UInt8, register: UInt16?)
    /// execve: the process goes on without mappings.
    case exec
    /// Starts a thread.
    case start(thread: UInt8)
    /// exit(2) of the whole process.
    case exit
    /// kill(2) with SIGKILL.
    case kill(process: UInt8, register: UInt16?)
    /// Waits for a process's end; returns at once when its fork failed.
    case wait(process: UInt8)
    /// Waits for a thread's end.
    case join(thread: UInt8)
    /// Sets a latch.
    case signal(event: UInt8)
    /// Waits for a latch.
    case await(event: UInt8)
    /// mmap.
    case map(PageRange, readable: Bool, writable: Bool)
    /// munmap.
    case unmap(PageRange, register: UInt16?)
    /// mremap to another place, which the pages' numbers mean from then on.
    case move(PageRange, register: UInt16?)
    /// mlock.
    case lock(PageRange, register: UInt16?)
    /// madvise(MADV_POPULATE_READ) or (MADV_POPULATE_WRITE).
    case populate(PageRange, write: Bool, register: UInt16?)
    /// mprotect.
    case protect(PageRange, readable: Bool, writable: Bool, register: UInt16?)
    /// madvise with advice about fork.
    case advise(PageRange, ForkAdvice, register: UInt16?)
    /// madvise with advice about pages.
    case advisePages(PageRange, PageAdvice, register: UInt16?)
    /// madvise(MADV_HUGEPAGE) or (MADV_NOHUGEPAGE).
    case adviseHuge(PageRange, wanted: Bool, register: UInt16?)
    /// madvise(MADV_COLLAPSE).
    case collapse(PageRange, register: UInt16?)
    /// mmap of the pool of hugetlb.
    case mapPool(PageRange, readable: Bool, writable: Bool)
    /// khugepaged makes a huge page; `background`: it may happen or not.
    case makeHuge(process: UInt8, PageRange, background: Bool, register: UInt16?)
    /// madvise(MADV_DONTNEED).
    case discard(PageRange, register: UInt16?)
    /// madvise(MADV_REMOVE).
    case remove(PageRange, register: UInt16?)
    /// write(2) of one word of a page of a file or a memfd, by its number in the page cache.
    case writeFile(slot: UInt16, word: UInt8, value: UInt16, register: UInt16?)
    /// cow_opt_out().
    case optOut(register: UInt16?)
    /// Takes references, one a page, the first of them numbered `reference`.
    case grab(GrabKind, PageRange, reference: UInt16, register: UInt16?)
    /// Takes references to pages of a memfd by their numbers in the page cache: udmabuf.
    case grabCached(slot: UInt16, count: UInt16, reference: UInt16, register: UInt16?)
    /// Asks for other access to the pages of a memory region: ibv_rereg_mr.
    case reregister(reference: UInt16, count: UInt16, write: Bool, register: UInt16?)
    /// Closes references.
    case close(reference: UInt16, count: UInt16, register: UInt16?)
    /// Reads through a reference.
    case read(reference: UInt16, word: UInt8, register: UInt16)
    /// A device writes through a reference.
    case write(reference: UInt16, word: UInt8, value: UInt16, register: UInt16?)
    /// The data of a direct read arrive in a word; with the last of `count` words of the page it is let go.
    case complete(reference: UInt16, word: UInt8, value: UInt16, count: UInt8, register: UInt16?)
    /// Passes references to a process.
    case send(reference: UInt16, count: UInt8, process: UInt8, register: UInt16?)
    /// Reads in the memory of a process, which the kernel refers to by a reference of its own meanwhile.
    case readRemotely(
        Interface, process: UInt8, page: UInt16, word: UInt8, reference: UInt16, register: UInt16)
    /// Writes in the memory of a process, into the same word of each page.
    case writeRemotely(
        Interface, process: UInt8, PageRange, word: UInt8, value: UInt16, reference: UInt16, register: UInt16?
    )
    /// Pages wait in a batch on their way to the LRU lists, which holds references; `background`: it may happen or not,
    /// on any CPU.
    case addToBatch(process: UInt8, PageRange, background: Bool, register: UInt16?)
    /// Empties the batches; `background`: it may happen or not.
    case drainBatches(background: Bool, register: UInt16?)
    /// Pages are swapped out; `background`: it may happen or not.
    case reclaim(process: UInt8, PageRange, background: Bool, register: UInt16?)
    /// Pages are moved to other frames; `background`: it may happen or not.
    case migrate(process: UInt8, PageRange, background: Bool, register: UInt16?)
    /// KSM merges two pages; `background`: it may happen or not.
    case merge(
        process: UInt8, page: UInt16, otherProcess: UInt8, otherPage: UInt16, background: Bool,
        register: UInt16?)
    /// Makes the entries of the process old: 1 written to /proc/self/clear_refs.
    case makeOld(register: UInt16?)
    /// Takes the soft-dirty bits from the entries of the process: 4 written to /proc/self/clear_refs.
    case clearSoftDirty(register: UInt16?)
    /// A call of userfaultfd(2).
    case userfault(UserfaultCall, PageRange, register: UInt16?)
    /// Reads the IOMMU's dirty bit of a reference.
    case readDirtyBit(reference: UInt16, register: UInt16)
    /// Looks at a page.
    case look(Look, page: UInt16, register: UInt16)
    /// Reclaims pages that nobody used since it was done last; `background`: it may happen or not.
    case shrink(process: UInt8, PageRange, background: Bool, register: UInt16?)
    /// Takes a page table away; `background`: it may happen or not.
    case retract(process: UInt8, page: UInt16, background: Bool, register: UInt16?)
    /// NUMA balancing makes entries inaccessible for a while; `background`: it may happen or not.
    case scanForNUMA(process: UInt8, PageRange, background: Bool, register: UInt16?)
    /// Changes the limit of a process's memory cgroup.
    case limitCharges(process: UInt8, pages: UInt16)
}
