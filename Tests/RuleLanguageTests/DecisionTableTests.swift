import Rules
import Testing

@testable import RuleLanguage

/// One fact assignment on one path, and what each era decides: the shipped sets against the table of decisions by
/// operation and era. Eras are in the order of `DecisionTableTests.eras`.
struct DecisionRow: CustomTestStringConvertible, Sendable {
    let what: String
    let path: Path
    let facts: [Fact: Int]
    var lock = true
    let expected: [Choice?]

    init(_ what: String, _ path: Path, _ facts: [Fact: Int], lock: Bool = true, _ expected: [Choice?]) {
        self.what = what
        self.path = path
        self.facts = facts
        self.lock = lock
        self.expected = expected
    }

    var testDescription: String { "\(path.head): \(what)" }
}

@Suite struct DecisionTableTests {
    static let eras = [
        "mapcount", "mapcount-forced", "refcount-5.9", "refcount", "refcount-all", "exclusive",
        "exclusive-unshare",
        "vma-lock",
    ]

    @Test(arguments: DecisionTableTests.rows) func decides(_ row: DecisionRow) throws {
        let library = try Shipped.get()
        try #require(row.expected.count == DecisionTableTests.eras.count)
        for (era, expected) in zip(DecisionTableTests.eras, row.expected) {
            let set = try library.set(named: era)
            let walk = DecisionWalk(set.rules, row.path, row.facts, lock: row.lock)
            #expect(walk.choice == expected, "\(era): \(walk.trace.joined(separator: ", "))")
        }
    }

    /// The same in all eras.
    static func all(_ choice: Choice?) -> [Choice?] { Array(repeating: choice, count: eras.count) }

    /// One value up to an era, another from it on.
    static func upTo(_ era: String, _ early: Choice?, _ late: Choice?) -> [Choice?] {
        let border = eras.firstIndex(of: era) ?? eras.count
        return eras.indices.map { $0 < border ? early : late }
    }

    static let rows = writeFaultRows + swapInRows + forkRows + referenceRows + otherRows

    // MARK: Write faults

    static let writeFaultRows: [DecisionRow] = [
        DecisionRow(
            "mapped once, no other reference", .writeFaultAnonymous,
            [.anonymous: 1, .lru: 1, .pageCount: 1, .pageMapcount: 1], all(.reuse)),
        DecisionRow(
            "mapped twice", .writeFaultAnonymous, [.anonymous: 1, .lru: 1, .pageCount: 2, .pageMapcount: 2],
            all(.copy)),
        DecisionRow(
            "mapped once, somebody's GET left over", .writeFaultAnonymous,
            [.anonymous: 1, .lru: 1, .pageCount: 2, .pageMapcount: 1], upTo("refcount-5.9", .reuse, .copy)),
        DecisionRow(
            "mapped once, own pin, marked exclusive", .writeFaultAnonymous,
            [.anonymous: 1, .lru: 1, .pageCount: 1025, .pageMapcount: 1, .exclusive: 1],
            [.reuse, .reuse, .copy, .copy, .copy, .reuse, .reuse, .reuse]),
        DecisionRow(
            "in a batch on its way to the LRU lists", .writeFaultAnonymous,
            [.anonymous: 1, .pageCount: 2, .pageMapcount: 1],
            [.reuse, .reuse, .copy, .copy, .reuse, .reuse, .reuse, .reuse]),
        DecisionRow(
            "in the swap cache, no swap entry left", .writeFaultAnonymous,
            [.anonymous: 1, .lru: 1, .pageCount: 2, .pageMapcount: 1, .swapCache: 1],
            [.reuse, .reuse, .copy, .copy, .reuse, .reuse, .reuse, .reuse]),
        DecisionRow(
            "in the swap cache, another process has a swap entry", .writeFaultAnonymous,
            [.anonymous: 1, .lru: 1, .pageCount: 2, .pageMapcount: 1, .swapCache: 1, .swapCount: 1],
            all(.copy)),
        DecisionRow(
            "being written out to stable storage", .writeFaultAnonymous,
            [
                .anonymous: 1, .lru: 1, .pageCount: 2, .pageMapcount: 1, .swapCache: 1, .writeback: 1,
                .stableWrites: 1,
            ], all(.copy)),
        DecisionRow(
            "page lock not to be had at once", .writeFaultAnonymous,
            [.anonymous: 1, .lru: 1, .pageCount: 1, .pageMapcount: 1], lock: false,
            upTo("refcount-5.9", .reuse, .copy)),
        DecisionRow(
            "merged, alone", .writeFaultKSM,
            [.anonymous: 1, .ksm: 1, .lru: 1, .pageCount: 1, .pageMapcount: 1],
            upTo("refcount-5.9", .reuse, .copy)),
        DecisionRow(
            "merged, shared", .writeFaultKSM,
            [.anonymous: 1, .ksm: 1, .lru: 1, .pageCount: 2, .pageMapcount: 2],
            all(.copy)),
        DecisionRow("page cache", .writeFaultFile, [.file: 1, .pageCount: 2, .pageMapcount: 1], all(.copy)),
        DecisionRow("zero page", .writeFaultZero, [.zero: 1], all(.copy)),
        DecisionRow(
            "huge, alone", .writeFaultHuge, [.anonymous: 1, .lru: 1, .pageCount: 1, .pageMapcount: 1],
            all(.reuse)),
        DecisionRow(
            "huge, mapped once, somebody's GET left over", .writeFaultHuge,
            [.anonymous: 1, .lru: 1, .pageCount: 2, .pageMapcount: 1], upTo("refcount-all", .reuse, .split)),
        DecisionRow(
            "huge, own pin, marked exclusive", .writeFaultHuge,
            [.anonymous: 1, .lru: 1, .pageCount: 1025, .pageMapcount: 1, .exclusive: 1],
            [.reuse, .reuse, .reuse, .reuse, .split, .reuse, .reuse, .reuse]),
        DecisionRow(
            "huge, shared", .writeFaultHuge, [.anonymous: 1, .lru: 1, .pageCount: 2, .pageMapcount: 2],
            all(.split)),
        DecisionRow(
            "hugetlb, mapped once, somebody's GET left over", .writeFaultHugetlb,
            [.anonymous: 1, .pageCount: 2, .pageMapcount: 1], all(.reuse)),
        DecisionRow(
            "hugetlb, shared", .writeFaultHugetlb, [.anonymous: 1, .pageCount: 2, .pageMapcount: 2],
            all(.copy)),
        DecisionRow("huge zero page", .writeFaultHugeZero, [.zero: 1], upTo("vma-lock", .split, .allocate)),
    ]

    // MARK: Swap-in

    static let swapInRows: [DecisionRow] = [
        DecisionRow(
            "write, only this swap entry, still in the swap cache", .swapIn,
            [.anonymous: 1, .faultWrite: 1, .swapCount: 1, .swapCache: 1, .pageCount: 2], all(.mapWritable)),
        DecisionRow(
            "write, only this swap entry, a GET left over", .swapIn,
            [.anonymous: 1, .faultWrite: 1, .swapCount: 1, .swapCache: 1, .pageCount: 3],
            [.mapWritable, .mapWritable, .mapWritable, .mapWritable, .map, .map, .map, .map]),
        DecisionRow(
            "the same, the entry marked exclusive", .swapIn,
            [
                .anonymous: 1, .faultWrite: 1, .swapCount: 1, .swapCache: 1, .pageCount: 3,
                .pteSwpExclusive: 1,
                .vmaWrite: 1,
            ],
            [
                .mapWritable, .mapWritable, .mapWritable, .mapWritable, .map, .mapWritable, .mapWritable,
                .mapWritable,
            ]),
        DecisionRow(
            "write, shared with another swap entry", .swapIn,
            [.anonymous: 1, .faultWrite: 1, .swapCount: 2, .swapCache: 1, .pageCount: 2], all(.map)),
        DecisionRow(
            "read, the entry marked exclusive, mapping may be written", .swapIn,
            [.anonymous: 1, .swapCount: 1, .swapCache: 1, .pageCount: 2, .pteSwpExclusive: 1, .vmaWrite: 1],
            [.map, .map, .map, .map, .map, .mapExclusive, .mapWritable, .mapWritable]),
        DecisionRow(
            "read, the same, under userfaultfd-wp", .swapIn,
            [
                .anonymous: 1, .swapCount: 1, .swapCache: 1, .pageCount: 2, .pteSwpExclusive: 1, .vmaWrite: 1,
                .pteUffdWp: 1,
            ], [.map, .map, .map, .map, .map, .mapExclusive, .mapExclusive, .mapExclusive]),
        DecisionRow(
            "write, exclusive, but under stable writeback", .swapIn,
            [
                .anonymous: 1, .faultWrite: 1, .swapCount: 2, .swapCache: 1, .pageCount: 3,
                .pteSwpExclusive: 1,
                .writeback: 1, .stableWrites: 1,
            ], all(.map)),
    ]
}
