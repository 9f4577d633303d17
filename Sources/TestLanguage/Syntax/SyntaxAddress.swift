/// Pages of a mapping, in the memory of whoever says it: `x`, `a[2]`.
public struct Address: Syntax {
    /// The mapping.
    public let mapping: Name
    /// The page of it, from 0; nil for all of its pages, in order; where one page is needed, for the
    /// only page of the mapping, or the first of a huge page.
    public let page: Int?
    /// Where it stands.
    public let place: Place

    /// Makes an address.
    public init(_ mapping: Name, page: Int? = nil, at place: Place = .nowhere) {
        self.mapping = mapping
        self.page = page
        self.place = place
    }
}

/// A word of memory, without the `*`: `x`, `x.1`, `a[2].3`.
public struct Location: Syntax {
    /// The page, or pages.
    public let address: Address
    /// The word, 0 to 3.
    public let word: Int
    /// Where it stands.
    public let place: Place

    /// Makes a location.
    public init(_ address: Address, word: Int = 0, at place: Place = .nowhere) {
        self.address = address
        self.word = word
        self.place = place
    }
}

/// Pages in the memory of a process that is named: `parent:x`.
public struct ProcessAddress: Syntax {
    /// The process.
    public let process: Name
    /// The pages.
    public let address: Address
    /// Where it stands.
    public let place: Place

    /// Makes an address of a process.
    public init(_ process: Name, _ address: Address, at place: Place = .nowhere) {
        self.process = process
        self.address = address
        self.place = place
    }
}

/// A word of what a reference refers to: `b`, `b.2`, `b[1].2`.
public struct HandleLocation: Syntax {
    /// The reference's name.
    public let handle: Name
    /// The page, counted from the first that the reference refers to; nil for its only page, and for the first of a huge page.
    public let page: Int?
    /// The word, 0 to 3.
    public let word: Int
    /// Where it stands.
    public let place: Place

    /// Makes a location.
    public init(_ handle: Name, page: Int? = nil, word: Int = 0, at place: Place = .nowhere) {
        self.handle = handle
        self.page = page
        self.word = word
        self.place = place
    }
}

/// A word of a file or a memfd: `F`, `F[1]`, `F[1].2`.
public struct FileLocation: Syntax {
    /// The file.
    public let file: Name
    /// The page; nil for its only page, and for the first of a huge page.
    public let page: Int?
    /// The word, 0 to 3.
    public let word: Int
    /// Where it stands.
    public let place: Place

    /// Makes a location.
    public init(_ file: Name, page: Int? = nil, word: Int = 0, at place: Place = .nowhere) {
        self.file = file
        self.page = page
        self.word = word
        self.place = place
    }
}
