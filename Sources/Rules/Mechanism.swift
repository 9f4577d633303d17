/// A named switch for an order, a lock or a flush in which releases or proposals differ.
///
/// Raw values stay below 64, so that a set of mechanisms fits a word. `values` are listed in the order in which the
/// documentation tells of them; `standard` holds where neither a rule set nor what it extends says anything, and is
/// what Linux does today.
public enum Mechanism: UInt8, CaseIterable, Sendable, Hashable {
    /// How a process remembers that it ever pinned a page.
    case hasPinned
    /// Whether that is remembered before the reference is taken or after.
    case hasPinnedSet
    /// What happens when the memory for fork's early copy cannot be had.
    case forkCopyFails
    /// Which process is charged for fork's early copy.
    case forkCharge
    /// Whether fork makes the parent's entry read-only before it asks for pins.
    case forkProtectsFirst
    /// Whether the parent's entry is read-only, and flushed, while fork copies the page early.
    case forkCopyProtects
    /// What fork locks for writing: the mmap_lock alone, or every VMA too.
    case forkLocks
    /// Under which lock faults of anonymous memory run.
    case faultLock
    /// Under which lock faults of files and on swap entries run.
    case faultFileLock
    /// Whether a write fault in a mapping that is registered for write-protection flushes first while a flush is due.
    case faultFlushIfPending
    /// How pinning without locks learns that a fork ran meanwhile.
    case fastGUPRetry
    /// Whether `lock_page` waits for the lock or only tries.
    case pageLock
    /// The same on huge pages that one entry maps.
    case pageLockHuge
    /// Whether pages carry the mark that they belong to one process alone.
    case anonExclusive
    /// Whether a page that is reused is moved to the faulting mapping's own anon_vma.
    case reuseMovesAnonVma
    /// Under which lock MADV_DONTNEED runs.
    case madviseDontneedLock
    /// Whether pins of the zero page are counted.
    case zeroPagePin
    /// Whether cow_opt_out() has any effect.
    case cowOptOut
    /// How clear_refs holds the mmap_lock.
    case clearRefsLock
    /// When clear_refs flushes.
    case clearRefsFlush
    /// How mprotect flushes: the whole range, or gathered, only entries that lost a permission.
    case mprotectFlush
    /// Whether a swap-in gives up its swap entry before the page is mapped or after.
    case swapInFreeEntry
    /// Whether a swap-in from a synchronous device goes by the swap cache.
    case swapInCache
    /// Whether swap entries remember that their page belonged to one process alone.
    case swapEntryExclusive
    /// Whose registration decides whether the child's entry keeps its write-protection for a userfaultfd.
    case forkUffdWp
    /// Whether fork's early copy keeps the write-protection for a userfaultfd.
    case forkCopyKeepsUffdWp
    /// Whether fork copies the tables of a mapping that has no anonymous page but is registered for write-protection.
    case forkCopiesUffdWp
    /// Whether write_protect_seq is held odd also while fork copies hugetlb pages.
    case forkHugetlbSeq
    /// Whether fork copies the entries of shared mappings of hugetlb, or leaves them to faults.
    case forkCopiesHugetlb
    /// Whether the mapping count of a dirty file page goes down before its unmapping was flushed or after.
    case zapFileRmap
    /// Whether a page that is unmapped loses its reference before its unmapping was flushed or after.
    case zapPut
    /// Whether a NUMA hint remembers that its entry was writable, or the fault decides anew.
    case numaFaultWritable
    /// Whether get_user_pages faults on an entry that NUMA balancing made inaccessible, as its process would.
    case gupNUMAHint
    /// Which memory a userfaultfd can write-protect.
    case uffdWp
    /// Whether a userfaultfd can write-protect what is not populated.
    case uffdWpUnpopulated
    /// Whether a userfaultfd can be asked to resolve write faults by itself.
    case uffdWpAsync
    /// Whether the PAGEMAP_SCAN ioctl exists.
    case pagemapScan
    /// Whether MADV_COLLAPSE exists.
    case madviseCollapse
    /// Whether MADV_POPULATE_READ and MADV_POPULATE_WRITE exist.
    case madvisePopulate
    /// Whether MADV_DONTNEED_LOCKED exists.
    case madviseDontneedLocked
    /// Whether MADV_GUARD_INSTALL and MADV_GUARD_REMOVE exist.
    case madviseGuard
    /// Which pages a read fault of a file maps beside its own (fault_around_bytes).
    case faultAroundWindow
    /// What fault-around does where the page table that its fault saw is gone.
    case faultAroundTable
    /// Under which lock khugepaged takes away the page table of a file's mapping.
    case retractLock
    /// By which fault KSM undoes its merging.
    case ksmBreak
    /// Whether a long-term pin waits for a userfaultfd or fails.
    case uffdLongtermPin
    /// Whether migration keeps the soft-dirty bit as it is, or sets it where the entry was dirty.
    case migrateSoftDirty
    /// Whether the entries are dirty that come of a dirty one for all of a huge page, and soft-dirty with that; or the page alone is.
    case hugeSplitDirty
    /// Whether a huge page that moves stays write-protected for a userfaultfd.
    case hugeMigrateUffdWp
    /// Whether MADV_DONTNEED knows mappings of hugetlb.
    case madviseDontneedHugetlb
    /// Whether pages of which no entry may be written through are collapsed to a huge page.
    case collapseReadOnly
    /// Whether a fault maps a huge page of shared memory as a whole in a mapping that refuses huge pages.
    case nohugepageMaps
    /// Whether a userfaultfd can watch memory that is in the page cache and not mapped.
    case uffdMinor
    /// Whether UFFDIO_CONTINUE marks an entry as dirty that may not be written through.
    case uffdContinueDirty
    /// How a write fault on a huge page reads its count of mappings while another process splits its own entry.
    case hugeMapcount
    /// Whether a memory region of RDMA can become writable although its pages were pinned for reading.
    case rdmaReregister

    /// The name in the text of a rule set.
    public var name: String { entry.name }

    /// The values that it can have.
    public var values: [MechanismValue] { entry.values }

    /// The value where nothing is said.
    public var standard: MechanismValue { entry.standard }

    private var entry: (name: String, values: [MechanismValue], standard: MechanismValue) {
        switch self {
        case .hasPinned: ("has_pinned", [.none, .flag, .count, .vma], .flag)
        case .hasPinnedSet: ("has_pinned.set", [.beforeReference, .afterReference], .beforeReference)
        case .forkCopyFails: ("fork.copy_fails", [.enomem, .share], .enomem)
        case .forkCharge: ("fork.charge", [.parent, .child], .parent)
        case .forkProtectsFirst: ("fork.protects_first", [.no, .yes], .no)
        case .forkCopyProtects: ("fork.copy_protects", [.no, .protectAndFlush], .no)
        case .forkLocks: ("fork.locks", [.mmap, .vma], .vma)
        case .faultLock: ("fault.lock", [.mmap, .vma], .vma)
        case .faultFileLock: ("fault.file_lock", [.mmap, .vma], .vma)
        case .faultFlushIfPending: ("fault.flush_if_pending", [.no, .yes], .yes)
        case .fastGUPRetry: ("fast_gup.retry", [.none, .writeProtectSeq], .writeProtectSeq)
        case .pageLock: ("page_lock", [.try, .wait], .try)
        case .pageLockHuge: ("page_lock.huge", [.try, .wait], .wait)
        case .anonExclusive: ("anon_exclusive", [.no, .yes], .yes)
        case .reuseMovesAnonVma: ("reuse.moves_anon_vma", [.no, .yes], .yes)
        case .madviseDontneedLock: ("madvise_dontneed.lock", [.mmap, .vma], .vma)
        case .zeroPagePin: ("zero_page.pin", [.counted, .uncounted], .uncounted)
        case .cowOptOut: ("cow_opt_out", [.ignored, .honoured], .ignored)
        case .clearRefsLock: ("clear_refs.lock", [.read, .write], .write)
        case .clearRefsFlush: ("clear_refs.flush", [.none, .beforeUnlock], .beforeUnlock)
        case .mprotectFlush: ("mprotect.flush", [.range, .gather], .gather)
        case .swapInFreeEntry: ("swap_in.free_entry", [.beforeMap, .afterMap], .afterMap)
        case .swapInCache: ("swap_in.cache", [.bypassed, .left], .left)
        case .swapEntryExclusive: ("swap_entry.exclusive", [.no, .yes], .yes)
        case .forkUffdWp: ("fork.uffd_wp", [.parent, .child], .child)
        case .forkCopyKeepsUffdWp: ("fork.copy_keeps_uffd_wp", [.no, .yes], .yes)
        case .forkCopiesUffdWp: ("fork.copies_uffd_wp", [.no, .yes], .yes)
        case .forkHugetlbSeq: ("fork.hugetlb_seq", [.no, .yes], .yes)
        case .forkCopiesHugetlb: ("fork.copies_hugetlb", [.no, .yes], .no)
        case .zapFileRmap: ("zap.file_rmap", [.beforeFlush, .afterFlush], .afterFlush)
        case .zapPut: ("zap.put", [.beforeFlush, .afterFlush], .afterFlush)
        case .numaFaultWritable: ("numa_fault.writable", [.remembered, .recomputed], .recomputed)
        case .gupNUMAHint: ("gup.numa_hint", [.honoured, .ignored], .ignored)
        case .uffdWp: ("uffd.wp", [.none, .anonymous, .all], .all)
        case .uffdWpUnpopulated: ("uffd.wp_unpopulated", [.no, .yes], .yes)
        case .uffdWpAsync: ("uffd.wp_async", [.no, .yes], .yes)
        case .pagemapScan: ("pagemap_scan", [.no, .yes], .yes)
        case .madviseCollapse: ("madvise.collapse", [.no, .yes], .yes)
        case .madvisePopulate: ("madvise.populate", [.no, .yes], .yes)
        case .madviseDontneedLocked: ("madvise.dontneed_locked", [.no, .yes], .yes)
        case .madviseGuard: ("madvise.guard", [.no, .yes], .yes)
        case .faultAroundWindow: ("fault_around.window", [.none, .table], .table)
        case .faultAroundTable: ("fault_around.table", [.allocated, .assumed, .checked], .checked)
        case .retractLock: ("retract.lock", [.mmap, .none], .none)
        case .ksmBreak: ("ksm.break", [.write, .unshare], .unshare)
        case .migrateSoftDirty: ("migrate.soft_dirty", [.kept, .withDirty], .kept)
        case .hugeSplitDirty: ("huge.split_dirty", [.no, .yes], .yes)
        case .hugeMigrateUffdWp: ("huge.migrate_uffd_wp", [.no, .yes], .yes)
        case .uffdLongtermPin: ("uffd.longterm_pin", [.fails, .waits], .waits)
        case .madviseDontneedHugetlb: ("dontneed.hugetlb", [.no, .yes], .yes)
        case .nohugepageMaps: ("nohugepage.maps", [.no, .yes], .no)
        case .collapseReadOnly: ("collapse.read_only", [.no, .yes], .yes)
        case .uffdMinor: ("uffd.minor", [.no, .yes], .yes)
        case .uffdContinueDirty: ("uffd.continue_dirty", [.no, .yes], .yes)
        case .hugeMapcount: ("huge.mapcount", [.inParts, .atOnce], .atOnce)
        case .rdmaReregister: ("rdma.reregister", [.assumed, .checked], .checked)
        }
    }
}

/// A value of a mechanism; what it means is told where the mechanism is.
public enum MechanismValue: UInt8, CaseIterable, Sendable, Hashable {
    /// Not at all.
    case none
    /// A flag on the mm: set once, cleared only with the mm.
    case flag
    /// A count on the mm: up with each pin, down with each unpin.
    case count
    /// Per VMA: a flag on it, or its lock.
    case vma
    /// Under, or of, the mmap_lock.
    case mmap
    /// Before the reference.
    case beforeReference
    /// After the reference.
    case afterReference
    /// The call fails with ENOMEM and leaves nothing half-done.
    case enomem
    /// The page is shared after all.
    case share
    /// The parent.
    case parent
    /// The child.
    case child
    /// No.
    case no
    /// Yes.
    case yes
    /// Read-only and flushed first.
    case protectAndFlush
    /// By the sequence count that fork makes odd while it protects entries.
    case writeProtectSeq
    /// Only try.
    case `try`
    /// Wait.
    case wait
    /// Counted.
    case counted
    /// Not counted.
    case uncounted
    /// Without effect.
    case ignored
    /// With effect.
    case honoured
    /// For reading.
    case read
    /// For writing.
    case write
    /// Before the lock is let go.
    case beforeUnlock
    /// The whole range.
    case range
    /// Gathered.
    case gather
    /// Before the page is mapped.
    case beforeMap
    /// After the page is mapped.
    case afterMap
    /// Before the flush.
    case beforeFlush
    /// After the flush.
    case afterFlush
    /// Remembered in the entry.
    case remembered
    /// Decided anew.
    case recomputed
    /// Beside it.
    case bypassed
    /// By it, and out of it at once.
    case left
    /// By an unshare.
    case unshare
    /// Anonymous memory only.
    case anonymous
    /// All memory.
    case all
    /// What lies under one page table.
    case table
    /// Another one is allocated then and there.
    case allocated
    /// It is taken for granted.
    case assumed
    /// It is looked for.
    case checked
    /// It fails.
    case fails
    /// It waits.
    case waits
    /// As it was.
    case kept
    /// Set with the dirty bit.
    case withDirty
    /// Part by part.
    case inParts
    /// All at once.
    case atOnce

    /// The name in the text of a rule set.
    public var name: String { MechanismValue.names[Int(rawValue)] }

    /// The names of all cases, made once: telling a case's name takes long.
    private static let names = allCases.map { value in
        switch value {
        case .beforeReference: "before_reference"
        case .afterReference: "after_reference"
        case .protectAndFlush: "protect_and_flush"
        case .writeProtectSeq: "write_protect_seq"
        case .beforeUnlock: "before_unlock"
        case .beforeMap: "before_map"
        case .afterMap: "after_map"
        case .beforeFlush: "before_flush"
        case .afterFlush: "after_flush"
        case .withDirty: "with_dirty"
        case .inParts: "in_parts"
        case .atOnce: "at_once"
        default: "\(value)"
        }
    }
}
