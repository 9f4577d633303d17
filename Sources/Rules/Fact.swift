/// Something that a condition may ask. Counts never include the references of whoever decides.
///
/// Raw values stay below 64, so that a set of facts fits a word.
public enum Fact: UInt8, CaseIterable, Sendable, Hashable {
    /// References to the page: mappings, caches, FOLL_GET, the bias for each pin. A number.
    case pageCount
    /// Entries that map the page. A number.
    case pageMapcount
    /// Swap entries that name the page's place in the swap. A number.
    case swapCount
    /// Entries that map any page of the large folio that the page belongs to. A number.
    case largeMapcount
    /// The references could be those of a pin: as many as the bias, or more.
    case pageMaybePinned
    /// The page is marked as belonging to one process alone (PageAnonExclusive).
    case exclusive
    /// The page is anonymous (a KSM page is, too; the zero page is not).
    case anonymous
    /// KSM merged the page.
    case ksm
    /// The page belongs to the page cache.
    case file
    /// The page is the zero page.
    case zero
    /// The page is one of a large folio that many entries map.
    case large
    /// The entry is one that maps all of a huge page.
    case huge
    /// More than one process may have mapped the large folio (`folio_maybe_mapped_shared`).
    case mappedShared
    /// The page is in the swap cache.
    case swapCache
    /// The page is being written out.
    case writeback
    /// What the page is written to needs the content not to change meanwhile (SWP_STABLE_WRITES).
    case stableWrites
    /// The page is dirty (PageDirty, not the entry's bit).
    case pageDirty
    /// The page is on the LRU lists, not in a batch on its way there.
    case lru
    /// The page was read by this very fault and is in no cache.
    case fresh
    /// The mapping is private and may be made writable (`is_cow_mapping`).
    case vmaCow
    /// The mapping is shared.
    case vmaShared
    /// The mapping may be written (VM_WRITE).
    case vmaWrite
    /// A pin was ever taken through this mapping. Only where the mechanism `has_pinned` is `vma`.
    case vmaHasPinned
    /// The mapping is registered for write-protection with a userfaultfd.
    case vmaUffdWp
    /// Writes through the mapping are tracked by the soft-dirty bit.
    case vmaSoftDirty
    /// The file system behind the mapping wants to hear of each page's first write.
    case vmaDirtyTracked
    /// A pin was ever taken in this memory, as the mechanism `has_pinned` keeps it.
    case mmHasPinned
    /// The process called cow_opt_out(). Only where the mechanism `cow_opt_out` is `honoured`.
    case mmOptedOut
    /// Somebody has changed entries of this memory and not flushed them yet.
    case mmTLBFlushPending
    /// The entry may be written through.
    case pteWritable
    /// The entry is dirty.
    case pteDirty
    /// The entry's soft-dirty bit is set.
    case pteSoftDirty
    /// The entry is write-protected for a userfaultfd.
    case pteUffdWp
    /// The swap entry says that the page belonged to one process alone.
    case pteSwpExclusive
    /// The fault is for writing.
    case faultWrite
    /// The request is FOLL_LONGTERM.
    case longterm
    /// The request never takes the fast path.
    case slow
    /// An earlier fault of this request has broken COW (FOLL_COW).
    case follCOW

    /// The name in the text of a rule set: as the kernel has it, as far as it has one.
    public var name: String {
        switch self {
        case .pageCount: "page_count"
        case .pageMapcount: "page_mapcount"
        case .swapCount: "swap_count"
        case .largeMapcount: "large_mapcount"
        case .pageMaybePinned: "page_maybe_pinned"
        case .exclusive: "exclusive"
        case .anonymous: "anonymous"
        case .ksm: "ksm"
        case .file: "file"
        case .zero: "zero"
        case .large: "large"
        case .huge: "huge"
        case .mappedShared: "mapped_shared"
        case .swapCache: "swap_cache"
        case .writeback: "writeback"
        case .stableWrites: "stable_writes"
        case .pageDirty: "page_dirty"
        case .lru: "lru"
        case .fresh: "fresh"
        case .vmaCow: "vma.cow"
        case .vmaShared: "vma.shared"
        case .vmaWrite: "vma.write"
        case .vmaHasPinned: "vma.has_pinned"
        case .vmaUffdWp: "vma.uffd_wp"
        case .vmaSoftDirty: "vma.soft_dirty"
        case .vmaDirtyTracked: "vma.dirty_tracked"
        case .mmHasPinned: "mm.has_pinned"
        case .mmOptedOut: "mm.opted_out"
        case .mmTLBFlushPending: "mm.tlb_flush_pending"
        case .pteWritable: "pte.writable"
        case .pteDirty: "pte.dirty"
        case .pteSoftDirty: "pte.soft_dirty"
        case .pteUffdWp: "pte.uffd_wp"
        case .pteSwpExclusive: "pte.swp_exclusive"
        case .faultWrite: "fault.write"
        case .longterm: "longterm"
        case .slow: "slow"
        case .follCOW: "foll_cow"
        }
    }

    /// Whether the fact is a number; the others are 0 or 1 and may stand alone as a condition.
    public var isNumber: Bool {
        switch self {
        case .pageCount, .pageMapcount, .swapCount, .largeMapcount: true
        default: false
        }
    }
}

/// Who knows the facts. A walk asks only for those that it needs, in the order in which it needs them.
public protocol FactSource {
    /// The value of a fact now: a count, or 0 or 1.
    func value(of fact: Fact) -> Int
}
