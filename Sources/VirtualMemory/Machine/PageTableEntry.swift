/// A page-table entry, and with the same bits a translation that a TLB still holds: one 32-bit word.
///
/// The low 24 bits are the frame's number plus one (0: nothing is mapped), the bits above are flags. Every word of
/// the machine in which a frame can stand has this form, so that frames can be renamed without knowing types.
public struct PageTableEntry: Equatable, BitwiseCopyable, Sendable {
    /// The bits.
    var word: UInt32

    /// Bits that hold the frame's number plus one.
    static let frameBits: UInt32 = 0xff_ffff
    private static let writableBit: UInt32 = 1 << 24
    private static let dirtyBit: UInt32 = 1 << 25
    private static let noneBit: UInt32 = 1 << 26
    private static let danglingBit: UInt32 = 1 << 27
    private static let youngBit: UInt32 = 1 << 28
    private static let softDirtyBit: UInt32 = 1 << 29
    private static let userfaultBit: UInt32 = 1 << 30
    /// In a page table, with a frame's number: the page is elsewhere. Then the writable bit and the dirty bit have another
    /// meaning, and the bit of PROT_NONE tells migration from swap.
    private static let absentBit = danglingBit
    private static let exclusiveBit = dirtyBit
    private static let migrationBit = noneBit

    /// Nothing is mapped.
    static var none: PageTableEntry { PageTableEntry(word: 0) }
    /// A TLB entry whose frame was freed; where it points, nobody can say.
    static var dangling: PageTableEntry { PageTableEntry(word: danglingBit) }

    init(word: UInt32) {
        self.word = word
    }

    init(frame: Int, writable: Bool, dirty: Bool) {
        word =
            UInt32(truncatingIfNeeded: frame &+ 1) | (writable ? Self.writableBit : 0)
            | (dirty ? Self.dirtyBit : 0)
    }

    /// The read-only entry of the shared zero page.
    static var zeroPage: PageTableEntry {
        PageTableEntry(frame: Machine.zeroFrame, writable: false, dirty: false)
    }

    /// Whether it maps a frame; an entry made inaccessible by PROT_NONE still does.
    public var isPresent: Bool { word & (Self.frameBits | Self.absentBit) &- 1 < Self.frameBits }
    /// Whether an access by a CPU can use it at all.
    var isAccessible: Bool { isPresent && word & Self.noneBit == 0 }
    var isDangling: Bool { word & Self.danglingBit != 0 }
    /// Number of the frame that it maps; of an absent entry, the frame's that its page has, had, or moves from. Precondition:
    /// `namesFrame`.
    public var frame: Int { Int(word & Self.frameBits) &- 1 }
    var mapsZeroPage: Bool { word & Self.frameBits == UInt32(Machine.zeroFrame + 1) }

    /// Whether a CPU may store through it.
    public var isWritable: Bool {
        get { word & Self.writableBit != 0 }
        set { word = newValue ? word | Self.writableBit : word & ~Self.writableBit }
    }
    /// Whether a store went through it since it was made.
    public var isDirty: Bool {
        get { word & Self.dirtyBit != 0 }
        set { word = newValue ? word | Self.dirtyBit : word & ~Self.dirtyBit }
    }
    /// Whether an access went through it since it was made old; kept only where the program asks for it.
    public var isYoung: Bool {
        get { word & Self.youngBit != 0 }
        set { word = newValue ? word | Self.youngBit : word & ~Self.youngBit }
    }
    /// Whether the page was stored to since clear_refs; kept, in swap and migration entries too, only where the program tracks
    /// stores.
    public var isSoftDirty: Bool {
        get { word & Self.softDirtyBit != 0 }
        set { word = newValue ? word | Self.softDirtyBit : word & ~Self.softDirtyBit }
    }
    /// Whether a userfaultfd has write-protected it (pte_uffd_wp). Without a frame it is a marker: what is mapped here will be
    /// write-protected.
    public var isUserfaultProtected: Bool {
        get { word & Self.userfaultBit != 0 }
        set { word = newValue ? word | Self.userfaultBit : word & ~Self.userfaultBit }
    }
    /// A marker where nothing is mapped (PTE_MARKER_UFFD_WP).
    static var userfaultMarker: PageTableEntry { PageTableEntry(word: userfaultBit) }
    /// Whether nothing is mapped, and nothing keeps anybody from mapping: at most a userfaultfd's marker stands there.
    var isEmpty: Bool { !namesFrame && !isGuard }
    /// The same entry with the marks of those who track stores as another one has them.
    func tracked(as other: PageTableEntry) -> PageTableEntry {
        let marks = Self.softDirtyBit | Self.userfaultBit
        return PageTableEntry(word: word & ~marks | other.word & marks)
    }
    /// Whether it is another entry but for its young bit, which accesses set at any time, and its soft-dirty bit: who compares takes
    /// that from the entry.
    func isSame(as other: PageTableEntry) -> Bool {
        (word ^ other.word) & ~(Self.youngBit | Self.softDirtyBit) == 0
    }
    /// Whether PROT_NONE hides it from every access.
    var isProtectedNone: Bool {
        get { word & Self.noneBit != 0 }
        set { word = newValue ? word | Self.noneBit : word & ~Self.noneBit }
    }
    /// The same entry without the right to write.
    var writeProtected: PageTableEntry { PageTableEntry(word: word & ~Self.writableBit) }

    /// Whether it names a frame, mapped or not.
    var namesFrame: Bool { word & Self.frameBits != 0 }
    /// Whether it names a page that is not mapped: a swap entry or a migration entry.
    public var isAbsent: Bool { word & Self.absentBit != 0 && namesFrame }
    /// A swap entry: it names the page's place in swap.
    public var isSwap: Bool { word & (Self.absentBit | Self.migrationBit) == Self.absentBit && namesFrame }
    /// A migration entry: who faults waits for the page to arrive.
    public var isMigration: Bool {
        word & (Self.absentBit | Self.migrationBit) == Self.absentBit | Self.migrationBit
    }
    /// Of an absent entry: the page is this process's own (pte_swp_exclusive, and what is no plain readable migration entry).
    public var isMarkedExclusive: Bool { word & Self.exclusiveBit != 0 }

    /// In the page cache, and only where swap is limited or there are huge pages: the page of shared memory has a place in swap.
    static var inSwap: PageTableEntry { PageTableEntry(word: absentBit) }

    /// The marker of a guard region.
    static var guardMarker: PageTableEntry { PageTableEntry(word: absentBit) }
    /// Whether it is a marker of a guard region; every access to it is refused.
    public var isGuard: Bool { word == Self.absentBit }

    /// A swap entry. Its place in swap is known by the number of the frame that the page had.
    static func swap(_ frame: Int, exclusive: Bool) -> PageTableEntry {
        PageTableEntry(
            word: UInt32(truncatingIfNeeded: frame &+ 1) | absentBit | (exclusive ? exclusiveBit : 0))
    }
    /// A migration entry for a page that is on its way from a frame.
    static func migration(_ frame: Int, writable: Bool, exclusive: Bool) -> PageTableEntry {
        PageTableEntry(
            word: UInt32(truncatingIfNeeded: frame &+ 1) | absentBit | migrationBit
                | (writable ? writableBit : 0) | (exclusive ? exclusiveBit : 0))
    }
    /// The same absent entry as fork leaves it in both processes: nobody's own.
    var shared: PageTableEntry { PageTableEntry(word: word & ~(Self.writableBit | Self.exclusiveBit)) }
    /// The same bits as an absent entry.
    var asAbsent: PageTableEntry { PageTableEntry(word: word | Self.absentBit) }
    /// The same absent entry for another frame.
    func renamed(to frame: Int) -> PageTableEntry {
        PageTableEntry(word: word & ~Self.frameBits | UInt32(truncatingIfNeeded: frame &+ 1))
    }

    /// Whether an access that this entry allows is allowed by `other` as well, on the same frame: then a TLB that still
    /// holds this one behaves like one that holds `other`.
    func isCovered(by other: PageTableEntry) -> Bool {
        (word ^ other.word) & Self.frameBits == 0 && other.isAccessible
            && (!(isWritable && isDirty) || (other.isWritable && other.isDirty))
    }
}
