/// The part of a VMA that concerns one page, and what is under way at that address. Protected by mmap_lock.
struct MappedPage: Equatable, BitwiseCopyable {
    private var bits: UInt16 = 0

    private func has(_ bit: UInt16) -> Bool { bits & bit != 0 }
    private mutating func set(_ bit: UInt16, _ value: Bool) { bits = value ? bits | bit : bits & ~bit }

    /// There is a mapping here.
    var isMapped: Bool {
        get { has(1) }
        set { set(1, newValue) }
    }
    /// VM_READ.
    var isReadable: Bool {
        get { has(2) }
        set { set(2, newValue) }
    }
    /// VM_WRITE.
    var isWritable: Bool {
        get { has(4) }
        set { set(4, newValue) }
    }
    /// VM_DONTCOPY, by MADV_DONTFORK.
    var isNotForked: Bool {
        get { has(8) }
        set { set(8, newValue) }
    }
    /// VM_WIPEONFORK.
    var isWipedOnFork: Bool {
        get { has(16) }
        set { set(16, newValue) }
    }
    /// vma->anon_vma exists: something anonymous was mapped here once. Fork copies no page tables without it.
    var hasAnonVMA: Bool {
        get { has(32) }
        set { set(32, newValue) }
    }
    /// VM_LOCKED, by mlock.
    var isLocked: Bool {
        get { has(256) }
        set { set(256, newValue) }
    }
    /// MADV_UNMERGEABLE: KSM leaves it alone. Mappings that a program merges are mergeable from the start.
    var isUnmergeable: Bool {
        get { has(0x8000) }
        set { set(0x8000, newValue) }
    }
    /// Whether two pages of one mapping lie in one VMA: nothing told them apart.
    func isOneVMA(with other: MappedPage) -> Bool {
        isMapped && other.isMapped && isReadable == other.isReadable && isWritable == other.isWritable
            && isNotForked == other.isNotForked && isWipedOnFork == other.isWipedOnFork
            && isLocked == other.isLocked && isUnmergeable == other.isUnmergeable
    }
    /// The proposed VMA flag that says that something was pinned here.
    var hasPinned: Bool {
        get { has(64) }
        set { set(64, newValue) }
    }
    /// A change of protection is under way: a store may still be one that began before it.
    var isBeingProtected: Bool {
        get { has(128) }
        set { set(128, newValue) }
    }
    /// How often mremap has moved the page as far as the program knows, at most 7; kept with the page at the mapping's first
    /// address. It is a variable of the program's own, which no mmap_lock protects.
    var place: Int {
        get { Int(bits >> 9 & 7) }
        set { bits = bits & ~0xe00 | UInt16(truncatingIfNeeded: newValue & 7) << 9 }
    }
    /// How many calls that discard what is mapped here are under way, at most 7.
    var discards: Int {
        get { Int(bits >> 12 & 7) }
        set { bits = bits & ~0x7000 | UInt16(truncatingIfNeeded: newValue & 7) << 12 }
    }

    /// A mapping of anonymous memory as mmap makes it.
    static func anonymous(readable: Bool, writable: Bool) -> MappedPage {
        var page = MappedPage()
        page.isMapped = true
        page.isReadable = readable
        page.isWritable = writable
        return page
    }

    /// What fork puts into the child: the mapping without what is under way in the parent.
    var inherited: MappedPage {
        var page = self
        page.hasPinned = false
        page.isLocked = false
        page.isBeingProtected = false
        page.discards = 0
        return page
    }

    /// Takes the mapping away; what is under way stays, and what the program knows.
    mutating func unmap() {
        bits &= 0x7000 | 0xe00 | 128
    }

    /// The mapping as mremap puts it at another address.
    var moved: MappedPage {
        var page = self
        page.place = 0
        page.isBeingProtected = false
        page.discards = 0
        return page
    }
}
