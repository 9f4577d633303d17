/// What a mapping shows at a page of an address space. It is a constant of the program: a page is a name in its text, and what a
/// name is mapped to does not change.
public struct PageBacking: Equatable, Sendable, BitwiseCopyable {
    /// The page of the page cache, `none` for private anonymous memory, `behindTheEnd` where a file has none.
    private let index: Int16
    /// VM_SHARED: stores go to the page cache. Otherwise a store makes a page of the process's own.
    public let isShared: Bool
    /// Whether the mapping lies so that one entry can map a huge page of the page cache here.
    public let canBeHuge: Bool

    private static let none: Int16 = -1
    private static let behindTheEnd: Int16 = -2

    /// Private anonymous memory.
    public static var anonymous: PageBacking { PageBacking(index: none, isShared: false, canBeHuge: false) }

    /// A page of a file, a memfd or shared anonymous memory, by its number among the pages that the page cache can hold.
    public static func cache(_ slot: Int, shared: Bool, huge: Bool = false) -> PageBacking {
        PageBacking(index: Int16(truncatingIfNeeded: slot), isShared: shared, canBeHuge: huge)
    }

    /// What lies behind the end of a file: every access gets SIGBUS.
    public static func behindTheEnd(shared: Bool) -> PageBacking {
        PageBacking(index: behindTheEnd, isShared: shared, canBeHuge: false)
    }

    /// Whether it is private anonymous memory.
    public var isAnonymous: Bool { index == Self.none }
    /// Whether there is nothing that could be mapped.
    public var isBehindTheEnd: Bool { index == Self.behindTheEnd }
    /// The page of the page cache; nil where there is none.
    public var slot: Int? { index >= 0 ? Int(index) : nil }
}

/// A page that the page cache can hold: one of a file, a memfd, or shared anonymous memory.
public struct CacheSlot: Equatable, Sendable, BitwiseCopyable {
    /// What the page belongs to.
    public enum Kind: UInt8, Sendable, BitwiseCopyable {
        /// A file on a disk, whose file system wants to hear of each page's first store.
        case file
        /// A shmem object that a descriptor keeps open.
        case memfd
        /// The shmem object of a shared anonymous mapping: it is gone with the last mapping.
        case sharedAnonymous
        /// A file of hugetlb behind a shared mapping, with pages of the pool: it is gone with the last mapping.
        case hugetlb
    }

    /// What the page belongs to.
    public let kind: Kind
    /// The number of the file or object.
    public let object: Int
    /// Whether nothing but mappings keeps the object.
    var goesWithLastMapping: Bool { kind == .sharedAnonymous || kind == .hugetlb }

    /// Makes one.
    public init(_ kind: Kind, object: Int) {
        self.kind = kind
        self.object = object
    }
}
