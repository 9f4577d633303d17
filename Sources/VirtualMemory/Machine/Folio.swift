/// What is known of a frame where a test has huge pages. A huge page is one frame with the contents of several pages, whose
/// references, pins and locks are those of its head; mappings are counted for all of it and page by page.
struct Folio: Equatable, BitwiseCopyable {
    /// Pages of a huge page, and entries of the page table that its one entry stands for.
    static let pages = 4

    private var bits: UInt64 = 0
    private var owners: UInt64 = 0

    private func byte(_ index: Int) -> Int { Int(UInt8(truncatingIfNeeded: bits >> (8 &* UInt64(index)))) }
    private mutating func setByte(_ index: Int, _ value: Int) {
        let shift = 8 &* UInt64(index)
        bits = bits & ~(0xff &<< shift) | UInt64(UInt8(truncatingIfNeeded: value)) &<< shift
    }
    private func has(_ bit: UInt64) -> Bool { bits & bit != 0 }
    private mutating func set(_ bit: UInt64, _ value: Bool) { bits = value ? bits | bit : bits & ~bit }

    /// It is a huge page, be it mapped by one entry or by many.
    var isLarge: Bool {
        get { has(1 << 48) }
        set { set(1 << 48, newValue) }
    }
    /// It is of the pool of hugetlb.
    var isHugetlb: Bool {
        get { has(1 << 49) }
        set { set(1 << 49, newValue) }
    }
    /// `entire_mapcount`: entries that map it as a whole.
    var wholeMappings: Int {
        get { byte(4) }
        set { setByte(4, newValue) }
    }
    /// Page-table entries that map one of its pages.
    subscript(mappingsOf subpage: Int) -> Int {
        get { byte(subpage) }
        set { setByte(subpage, newValue) }
    }
    /// PG_anon_exclusive of one of its pages; all have the same while it is mapped as a whole.
    subscript(exclusive subpage: Int) -> Bool {
        get { has(1 << (40 + UInt64(subpage))) }
        set { set(1 << (40 + UInt64(subpage)), newValue) }
    }
    /// `FrameMarks.storedUnseen` of one of its pages.
    subscript(storedUnseen subpage: Int) -> UInt8 {
        get { UInt8(truncatingIfNeeded: bits >> (50 + 3 * UInt64(subpage)) & 7) }
        set {
            let shift = 50 + 3 * UInt64(subpage)
            bits = bits & ~(7 &<< shift) | UInt64(newValue & 7) &<< shift
        }
    }
    /// `page_mapcount` of one of its pages.
    func mappings(of subpage: Int) -> Int { wholeMappings + self[mappingsOf: subpage] }
    /// `folio_large_mapcount`: entries that map any of it.
    var allMappings: Int { (0..<Self.pages).reduce(wholeMappings) { $0 + self[mappingsOf: $1] } }
    /// The most that any of its pages has.
    var mostMappings: Int { wholeMappings + mostPartMappings }
    /// The same without the entries that map it as a whole.
    var mostPartMappings: Int { (0..<Self.pages).reduce(0) { max($0, self[mappingsOf: $1]) } }

    // MARK: Owners (6.15)

    private func ownerByte(_ index: Int) -> Int {
        Int(UInt8(truncatingIfNeeded: owners >> (8 &* UInt64(index))))
    }
    private mutating func setOwnerByte(_ index: Int, _ value: Int) {
        let shift = 8 &* UInt64(index)
        owners = owners & ~(0xff &<< shift) | UInt64(UInt8(truncatingIfNeeded: value)) &<< shift
    }

    /// Counts mappings of a memory, as far as one of the two places is its own or free. Mirrors folio_add_large_mapcount and
    /// folio_sub_return_large_mapcount (6.15): a third memory is not known.
    mutating func noteOwner(_ process: Int, _ change: Int) {
        let place =
            ownerByte(0) == process + 1
            ? 0
            : ownerByte(1) == process + 1
                ? 1 : change < 0 ? nil : ownerByte(0) == 0 ? 0 : ownerByte(1) == 0 ? 1 : nil
        guard let place else { return }
        let count = ownerByte(2 + place) + change
        setOwnerByte(place, count > 0 ? process + 1 : 0)
        setOwnerByte(2 + place, max(count, 0))
    }

    /// Whether more than one memory may map it (`folio_maybe_mapped_shared`): none is known to have all of its mappings.
    var isMaybeShared: Bool {
        let all = allMappings
        return ownerByte(2) != all && ownerByte(3) != all
    }
}

/// What a program asked about huge pages at a page.
struct HugeAdvice: Equatable, BitwiseCopyable {
    private var bits: UInt8 = 0

    private func has(_ bit: UInt8) -> Bool { bits & bit != 0 }
    private mutating func set(_ bit: UInt8, _ value: Bool) { bits = value ? bits | bit : bits & ~bit }

    /// VM_HUGEPAGE.
    var isWanted: Bool {
        get { has(1) }
        set { set(1, newValue) }
    }
    /// VM_NOHUGEPAGE.
    var isRefused: Bool {
        get { has(2) }
        set { set(2, newValue) }
    }
    /// HPAGE_RESV_OWNER: the mapping reserved its pages of the pool.
    var isOwner: Bool {
        get { has(4) }
        set { set(4, newValue) }
    }
    /// A page of the pool is reserved here and not taken yet.
    var isReserved: Bool {
        get { has(8) }
        set { set(8, newValue) }
    }
    /// HPAGE_RESV_UNMAPPED: the owner of the reservation took the page away.
    var isTakenAway: Bool {
        get { has(16) }
        set { set(16, newValue) }
    }

    /// What fork gives the child: advice, and no reservation.
    var inherited: HugeAdvice {
        var advice = self
        advice.bits &= 3
        return advice
    }
}
