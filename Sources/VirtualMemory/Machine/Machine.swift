/// The machine: one block of plain bytes, laid out by a geometry, behind typed accessors.
///
/// There are no references in it and no hidden state: a snapshot is a copy of the block, and two states are equal when
/// their bytes are. Copies of this struct share the block; whoever made it deallocates it.
///
/// Lock order, outermost first; every section says which it holds:
///
///     mmap_lock of the parent
///         mmap_lock of the child (fork)
///             VMA lock
///                 page lock (of pages of the page cache always before the page-table lock; of anonymous ones only where a
///                     write fault waits for it)
///                     page-table lock of the child
///                         page-table lock of the parent (fork)
public struct Machine: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let world: UnsafeMutablePointer<World>
    let layout: Layout

    private let globals: UnsafeMutablePointer<Globals>
    private let frames: UnsafeMutablePointer<Frame>
    private let contents: UnsafeMutablePointer<UInt16>
    private let folios: UnsafeMutablePointer<Folio>
    private let hugeAdvice: UnsafeMutablePointer<HugeAdvice>
    private let marks: UnsafeMutablePointer<FrameMarks>
    private let spaces: UnsafeMutablePointer<AddressSpace>
    private let tables: UnsafeMutablePointer<PageTable>
    private let vmaLocks: UnsafeMutablePointer<VMALock>
    private let mapped: UnsafeMutablePointer<MappedPage>
    private let tracked: UnsafeMutablePointer<TrackedPage>
    private let entries: UnsafeMutablePointer<PageTableEntry>
    private let translations: UnsafeMutablePointer<PageTableEntry>
    private let gathered: UnsafeMutablePointer<PageTableEntry>
    private let cache: UnsafeMutablePointer<PageTableEntry>
    private let stored: UnsafeMutablePointer<UInt16>
    private let references: UnsafeMutablePointer<Reference>
    private let registers: UnsafeMutablePointer<UInt32>
    private let threads: UnsafeMutablePointer<MachineThread>
    private let logs: UnsafeMutablePointer<UInt32>

    /// The zero page's frame. No entry counts there.
    static let zeroFrame = 0
    /// Old translations of a page that one TLB can be said to hold.
    static let staleTranslations = 2

    /// Makes a machine whose bytes are all zero.
    init(world: UnsafeMutablePointer<World>) {
        let geometry = world.pointee.geometry
        layout = Layout(
            geometry, vmaLocks: world.pointee.hasVMALocks, marks: world.pointee.keepsMarks,
            tracking: world.pointee.tracksStores)
        self.world = world
        base = .allocate(byteCount: layout.size, alignment: 64)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: layout.size)
        globals = (base + layout.globals).assumingMemoryBound(to: Globals.self)
        frames = (base + layout.frames).assumingMemoryBound(to: Frame.self)
        contents = (base + layout.contents).assumingMemoryBound(to: UInt16.self)
        folios = (base + layout.folios).assumingMemoryBound(to: Folio.self)
        hugeAdvice = (base + layout.hugeAdvice).assumingMemoryBound(to: HugeAdvice.self)
        marks = (base + layout.marks).assumingMemoryBound(to: FrameMarks.self)
        spaces = (base + layout.spaces).assumingMemoryBound(to: AddressSpace.self)
        tables = (base + layout.tables).assumingMemoryBound(to: PageTable.self)
        vmaLocks = (base + layout.vmaLocks).assumingMemoryBound(to: VMALock.self)
        mapped = (base + layout.mapped).assumingMemoryBound(to: MappedPage.self)
        tracked = (base + layout.tracked).assumingMemoryBound(to: TrackedPage.self)
        entries = (base + layout.entries).assumingMemoryBound(to: PageTableEntry.self)
        translations = (base + layout.translations).assumingMemoryBound(to: PageTableEntry.self)
        gathered = (base + layout.gathered).assumingMemoryBound(to: PageTableEntry.self)
        cache = (base + layout.cache).assumingMemoryBound(to: PageTableEntry.self)
        stored = (base + layout.stored).assumingMemoryBound(to: UInt16.self)
        references = (base + layout.references).assumingMemoryBound(to: Reference.self)
        registers = (base + layout.registers).assumingMemoryBound(to: UInt32.self)
        threads = (base + layout.threads).assumingMemoryBound(to: MachineThread.self)
        logs = (base + layout.logs).assumingMemoryBound(to: UInt32.self)
        for process in 0..<geometry.processes { self[space: process] = AddressSpace() }
        self[frame: Self.zeroFrame].references = 1
    }

    func deallocate() {
        base.deallocate()
    }

    /// Takes over the state of another machine of the same world.
    @inline(__always) func copy(from other: Machine) {
        base.copyMemory(from: other.base, byteCount: layout.size)
    }

    /// The machine's sizes.
    public var geometry: Geometry { world.pointee.geometry }
    @inline(__always) var frameCount: Int { layout.frameCount }
    @inline(__always) var pageCount: Int { layout.pageCount }
    @inline(__always) var processCount: Int { layout.processCount }
    @inline(__always) var threadCount: Int { layout.threadCount }
    @inline(__always) var wordCount: Int { layout.wordCount }
    @inline(__always) var referenceCount: Int { layout.referenceCount }
    @inline(__always) var registerCount: Int { layout.registerCount }
    @inline(__always) func mapping(of page: Int) -> Int { Int(world.pointee.mappingOfPage[page]) }
}

/// What belongs to the whole machine.
struct Globals: Equatable, BitwiseCopyable {
    /// Bit n: event n was signalled.
    var events: UInt32 = 0
    /// Frames and page tables in use.
    var framesInUse: Int32 = 0
    /// Frames copied, where the program asks for it.
    var copies: UInt32 = 0
    /// Free pages of the pool of hugetlb …
    var poolFree: UInt16 = 0
    /// … of which so many are reserved.
    var poolReserved: UInt16 = 0
}

/// A page table: whether there is one, and its lock.
struct PageTable: Equatable, BitwiseCopyable {
    private var bits: UInt8 = 0
    var isPresent: Bool {
        get { bits & 1 != 0 }
        set { bits = newValue ? bits | 1 : bits & ~1 }
    }
    /// Its entries are one: a huge page, or the huge zero page. The table is kept for the day when it is split.
    var isHuge: Bool {
        get { bits & 0x80 != 0 }
        set { bits = newValue ? bits | 0x80 : bits & ~0x80 }
    }
    /// Whether somebody holds the lock beyond one section.
    var isLocked: Bool { bits & 0x7e != 0 }
    /// The thread that does.
    var holder: Int { Int(bits & 0x7e) >> 1 &- 1 }
    mutating func lock(by thread: Int) {
        bits = bits & 0x81 | UInt8(truncatingIfNeeded: thread &+ 1) << 1 & 0x7e
    }
    mutating func unlock() { bits &= 0x81 }
}

/// A per-VMA lock (vm_lock): readers are faults; a writer holds mmap_lock for writing too, and lets go with it.
struct VMALock: Equatable, BitwiseCopyable {
    var readers: UInt8 = 0
    var isWriteLocked = false
}

// The typed accessors. Each yields the bytes in place.
extension Machine {
    var global: Globals {
        @inline(__always) get { globals.pointee }
        @inline(__always) nonmutating _modify { yield &globals.pointee }
    }
    subscript(frame index: Int) -> Frame {
        @inline(__always) get { frames[index] }
        @inline(__always) nonmutating _modify { yield &frames[index] }
    }
    subscript(content frame: Int, word: Int) -> UInt16 {
        @inline(__always) get { contents[frame &* layout.frameWords &+ word] }
        @inline(__always) nonmutating _modify { yield &contents[frame &* layout.frameWords &+ word] }
    }
    /// What is known of a frame beside its counts. Only where `World.keepsMarks`.
    subscript(marks frame: Int) -> FrameMarks {
        @inline(__always) get { marks[frame] }
        @inline(__always) nonmutating _modify { yield &marks[frame] }
    }
    /// What is known of a frame as a huge page. Only where `Layout.keepsFolios`.
    subscript(folio frame: Int) -> Folio {
        @inline(__always) get { folios[frame] }
        @inline(__always) nonmutating _modify { yield &folios[frame] }
    }
    /// What the program asked about huge pages. Only where `Layout.keepsFolios`.
    subscript(hugeAdvice process: Int, page: Int) -> HugeAdvice {
        @inline(__always) get { hugeAdvice[process &* layout.pageCount &+ page] }
        @inline(__always) nonmutating _modify { yield &hugeAdvice[process &* layout.pageCount &+ page] }
    }
    /// Fills a frame with zeros.
    @inline(__always) func zeroContent(of frame: Int) {
        (contents + frame &* layout.frameWords).update(repeating: 0, count: layout.frameWords)
    }
    subscript(space process: Int) -> AddressSpace {
        @inline(__always) get { spaces[process] }
        @inline(__always) nonmutating _modify { yield &spaces[process] }
    }
    /// The page table that covers a page.
    subscript(table process: Int, page: Int) -> PageTable {
        @inline(__always) get { tables[process &* layout.tableCount &+ page / layout.entriesPerTable] }
        @inline(__always) nonmutating _modify {
            yield &tables[process &* layout.tableCount &+ page / layout.entriesPerTable]
        }
    }
    /// The lock of the mapping that a page belongs to. Only where the rules have per-VMA locks.
    subscript(vmaLock process: Int, mapping: Int) -> VMALock {
        @inline(__always) get { vmaLocks[process &* layout.mappingCount &+ mapping] }
        @inline(__always) nonmutating _modify {
            yield &vmaLocks[process &* layout.mappingCount &+ mapping]
        }
    }
    subscript(mapped process: Int, page: Int) -> MappedPage {
        @inline(__always) get { mapped[process &* layout.pageCount &+ page] }
        @inline(__always) nonmutating _modify { yield &mapped[process &* layout.pageCount &+ page] }
    }
    /// What concerns the tracking of stores to a page. Only where `Layout.keepsTracking`.
    subscript(tracked process: Int, page: Int) -> TrackedPage {
        @inline(__always) get { tracked[process &* layout.pageCount &+ page] }
        @inline(__always) nonmutating _modify { yield &tracked[process &* layout.pageCount &+ page] }
    }
    /// The page-table entry. Change it through `change(entry:…)`, which tells the TLBs.
    subscript(entry process: Int, page: Int) -> PageTableEntry {
        @inline(__always) get { entries[process &* layout.pageCount &+ page] }
        @inline(__always) nonmutating _modify { yield &entries[process &* layout.pageCount &+ page] }
    }
    subscript(translation thread: Int, page: Int, slot: Int) -> PageTableEntry {
        @inline(__always) get {
            translations[(thread &* layout.pageCount &+ page) &* Self.staleTranslations &+ slot]
        }
        @inline(__always) nonmutating _modify {
            yield &translations[(thread &* layout.pageCount &+ page) &* Self.staleTranslations &+ slot]
        }
    }
    /// What a thread has zapped at a page and not yet given back (mmu_gather).
    subscript(gathered thread: Int, page: Int) -> PageTableEntry {
        @inline(__always) get { gathered[thread &* layout.pageCount &+ page] }
        @inline(__always) nonmutating _modify { yield &gathered[thread &* layout.pageCount &+ page] }
    }
    /// The page cache: the frame of a page of a file or shared memory, as an entry whose dirty bit is PG_dirty; none where it is
    /// not in memory.
    subscript(cache slot: Int) -> PageTableEntry {
        @inline(__always) get { cache[slot] }
        @inline(__always) nonmutating _modify { yield &cache[slot] }
    }
    /// What the disk, or for shared memory the swap, has of a page that the page cache can hold.
    subscript(stored slot: Int, word: Int) -> UInt16 {
        @inline(__always) get { stored[slot &* layout.wordCount &+ word] }
        @inline(__always) nonmutating _modify { yield &stored[slot &* layout.wordCount &+ word] }
    }
    subscript(reference index: Int) -> Reference {
        @inline(__always) get { references[index] }
        @inline(__always) nonmutating _modify { yield &references[index] }
    }
    subscript(register index: Int) -> Register {
        @inline(__always) get { Register(word: registers[index]) }
        @inline(__always) nonmutating set { registers[index] = newValue.word }
    }
    subscript(thread index: Int) -> MachineThread {
        @inline(__always) get { threads[index] }
        @inline(__always) nonmutating _modify { yield &threads[index] }
    }
    subscript(log thread: Int, index: Int) -> UInt32 {
        @inline(__always) get { logs[thread &* layout.logWords &+ index] }
        @inline(__always) nonmutating _modify { yield &logs[thread &* layout.logWords &+ index] }
    }
}
