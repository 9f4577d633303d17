/// Something that stands outside of processes.
public struct Declaration: Syntax {
    /// What it is.
    public let kind: Kind
    /// Where it stands.
    public let place: Place

    /// Makes a declaration.
    public init(_ kind: Kind, at place: Place = .nowhere) {
        self.kind = kind
        self.place = place
    }

    /// The declarations.
    public enum Kind: Sendable, Hashable {
        /// `map …`: the first process maps it before it starts.
        case map(MapDeclaration)
        /// `file …` or `memfd …`
        case file(FileDeclaration)
        /// `background …`: may happen at any moment, or not at all.
        case background(Doing)
        /// `frames N`: physical memory, in frames, 1 to 65535.
        case frames(Int)
        /// `memcg P N`: what a process may be charged, in frames, 1 to 65535.
        case memcg(Name, Int)
        /// `hugepages N`: the pool of hugetlb, in huge pages, 0 to 65535.
        case hugepages(Int)
        /// `swap N`: places in swap, in pages, 0 to 65535.
        case swap(Int)
        /// `pin_bias N`: the references from which a page counts as maybe pinned, 2 to 65535.
        case pinBias(Int)
    }
}

/// `map NAME: BACKING SHARING [huge] [readonly] [= VALUE]`
public struct MapDeclaration: Syntax {
    /// Its name.
    public let name: Name
    /// Pages in a row, as written: 1 to 64; nil where the text has none.
    public let count: Int?
    /// What is behind it.
    public let backing: Backing
    /// Private or shared.
    public let sharing: Sharing
    /// Whether it is one transparent huge page.
    public let huge: Bool
    /// Whether it is mapped PROT_READ.
    public let readonly: Bool
    /// What was written into the first word of every page before the test starts; nil where nothing was touched.
    public let value: UInt16?
    /// Where it stands.
    public let place: Place

    /// Makes a mapping.
    public init(
        _ name: Name, count: Int? = nil, backing: Backing = .anonymous, sharing: Sharing = .private,
        huge: Bool = false, readonly: Bool = false, value: UInt16? = nil, at place: Place = .nowhere
    ) {
        self.name = name
        self.count = count
        self.backing = backing
        self.sharing = sharing
        self.huge = huge
        self.readonly = readonly
        self.value = value
        self.place = place
    }

    /// Its base pages: the count; without one, four of a huge page and else one.
    public var pages: Int {
        count ?? (isHuge ? Limits.hugePagePages : 1)
    }

    /// Whether huge pages are behind it, transparent ones or of hugetlb.
    public var isHuge: Bool { huge || backing == .hugetlb }
}

/// What is behind a mapping.
public enum Backing: Sendable, Hashable {
    /// Nothing but zeroes.
    case anonymous
    /// A file in the page cache.
    case file(Name)
    /// A shmem object.
    case memfd(Name)
    /// Huge pages of the pool.
    case hugetlb
}

/// Who sees stores through a mapping.
public enum Sharing: String, Sendable, Hashable, CaseIterable {
    /// Nobody else: MAP_PRIVATE.
    case `private`
    /// Everybody who maps it: MAP_SHARED.
    case shared
}

/// `file NAME[PAGES] = VALUE, …` or `memfd …`
public struct FileDeclaration: Syntax {
    /// What it is.
    public let kind: Kind
    /// Its name.
    public let name: Name
    /// Its pages, as written: 1 to 64; nil where the text has none.
    public let count: Int?
    /// The first words of its pages; pages without one have 0 there. Empty where the text has none.
    public let values: [UInt16]
    /// Where it stands.
    public let place: Place

    /// Makes a file.
    public init(
        _ kind: Kind, _ name: Name, count: Int? = nil, values: [UInt16] = [], at place: Place = .nowhere
    ) {
        self.kind = kind
        self.name = name
        self.count = count
        self.values = values
        self.place = place
    }

    /// Its pages.
    public var pages: Int { count ?? 1 }

    /// What a file may be.
    public enum Kind: String, Sendable, Hashable {
        /// A file in the page cache.
        case file
        /// A shmem object.
        case memfd
    }
}
