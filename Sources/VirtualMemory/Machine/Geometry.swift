/// The sizes of a machine: fixed when it is made, they lay out its block of bytes.
public struct Geometry: Sendable, Equatable {
    /// Page frames, the zero page's included; 2 … 2^24 - 2.
    public var frames: Int
    /// Pages of every address space.
    public var pages: Int
    /// Address spaces.
    public var processes: Int
    /// Threads, each with a CPU of its own.
    public var threads: Int
    /// Words of 16 bits in a page.
    public var words: Int
    /// Entries in a page table.
    public var entriesPerTable: Int
    /// GETs and PINs that can be open, counted by the page.
    public var references: Int { pageOfReference.count }
    /// For each GET or PIN, the page that it is taken at.
    public var pageOfReference: [Int]
    /// Registers.
    public var registers: Int
    /// Words that an operation can log before it ends.
    var logWords: Int
    /// For each page, the mapping (VMA) that it belongs to, numbered from 0 without gaps.
    public var mappingOfPage: [Int]
    /// For each page, what is mapped there.
    public var backings: [PageBacking]
    /// The pages that the page cache can hold.
    public var cacheSlots: [CacheSlot] = []
    /// Whether huge pages can come about; then page tables have as many entries as a huge page has pages.
    public var hasHugePages = false
    /// For each page, whether a page of the pool of hugetlb is mapped there; empty where none is.
    public var hugetlbPages: [Bool] = []
    /// For each page, which of its mapping's addresses it stands for; empty where mremap moves nothing.
    public var places: [Place] = []

    /// One of the addresses that a page of a mapping has one after the other, as mremap moves it.
    public struct Place: Sendable, Equatable {
        /// The page that stands for the address where the program begins.
        public var home: Int
        /// Pages from each address to the next; 0 for a page that is never moved.
        public var stride: Int
        /// The mapping has its page tables for itself, as one for huge pages has: they are moved as they are.
        public var hasOwnTables: Bool

        /// Makes a place.
        public init(home: Int, stride: Int, hasOwnTables: Bool = false) {
            self.home = home
            self.stride = stride
            self.hasOwnTables = hasOwnTables
        }
    }

    /// Makes a geometry.
    public init(
        frames: Int, pages: Int, processes: Int, threads: Int, words: Int, entriesPerTable: Int,
        pageOfReference: [Int], registers: Int, mappingOfPage: [Int]? = nil, places: [Place] = []
    ) {
        self.init(
            frames: frames, pages: pages, processes: processes, threads: threads, words: words,
            entriesPerTable: entriesPerTable, pageOfReference: pageOfReference, registers: registers,
            mappingOfPage: mappingOfPage, logWords: 10)
        self.places = places
    }

    init(
        frames: Int, pages: Int, processes: Int, threads: Int, words: Int, entriesPerTable: Int,
        pageOfReference: [Int], registers: Int, mappingOfPage: [Int]? = nil, logWords: Int
    ) {
        self.frames = frames
        self.pages = pages
        self.processes = processes
        self.threads = threads
        self.words = words
        self.entriesPerTable = entriesPerTable
        self.pageOfReference = pageOfReference
        self.registers = registers
        self.logWords = logWords
        self.mappingOfPage = mappingOfPage ?? [Int](repeating: 0, count: pages)
        backings = [PageBacking](repeating: .anonymous, count: pages)
    }

    /// Whether a page of the pool of hugetlb is mapped at a page.
    func isHugetlb(_ page: Int) -> Bool { !hugetlbPages.isEmpty && hugetlbPages[page] }
    /// Page tables of an address space.
    var tables: Int { (pages + entriesPerTable - 1) / entriesPerTable }
    /// Mappings (VMAs) of an address space.
    var mappings: Int { (mappingOfPage.max() ?? -1) + 1 }
}
