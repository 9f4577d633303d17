import Rules

/// A part of memory management in which a kernel follows one rule set or another: releases and backports change such a
/// part as a whole, one without the others.
///
/// Every path and every interface belongs to one aspect, and every mechanism but those that other rules presuppose: see
/// ``Aspect/presupposed``.
public enum Aspect: Int, Sendable, Hashable, CaseIterable {
    /// A write fault on a base page that is mapped read-only.
    case writeFaults
    /// How references to pages are taken: unsharing, pins and gets.
    case references
    /// What kind of reference each interface asks for.
    case interfaces
    /// Writing with FOLL_FORCE.
    case forcedWrites
    /// fork.
    case fork
    /// mprotect.
    case mprotect
    /// A fault on a swap entry.
    case swapIn
    /// Reclaim: what is swapped out, and what is thrown away.
    case reclaim
    /// Transparent huge pages.
    case hugePages
    /// hugetlbfs.
    case hugetlb
    /// clear_refs and PAGEMAP_SCAN.
    case tracking
    /// userfaultfd.
    case userfaultfd
    /// KSM.
    case ksm
    /// Migration and NUMA balancing.
    case migration
    /// Mapping pages before anybody touches them.
    case prefaulting
    /// The order of locks, flushes and marks: no more than races can show.
    case ordering

    /// As reports and files spell it.
    public var name: String {
        switch self {
        case .writeFaults: "write faults"
        case .references: "pins and gets"
        case .interfaces: "interfaces"
        case .forcedWrites: "forced writes"
        case .fork: "fork"
        case .mprotect: "mprotect"
        case .swapIn: "swap-in"
        case .reclaim: "reclaim"
        case .hugePages: "huge pages"
        case .hugetlb: "hugetlb"
        case .tracking: "tracking"
        case .userfaultfd: "userfaultfd"
        case .ksm: "KSM"
        case .migration: "migration"
        case .prefaulting: "prefaulting"
        case .ordering: "locks and flushes"
        }
    }

    /// Whether tests whose steps are all ordered can tell something of it.
    public var isSeenInOrder: Bool { self != .ordering }

    /// The paths that belong to it.
    public var paths: [Path] { Path.allCases.filter { $0.aspect == self } }
    /// The mechanisms that belong to it.
    public var mechanisms: [Mechanism] { Mechanism.allCases.filter { $0.aspect == self } }
    /// The interfaces that belong to it.
    public var interfaces: [Interface] { self == .interfaces ? Interface.allCases : [] }

    /// Mechanisms that clauses presuppose, whatever they are about: a kernel that asks for a mark also sets it.
    public static var presupposed: [Mechanism] { Mechanism.allCases.filter { $0.aspect == nil } }
}

extension Path {
    /// The aspect that it belongs to.
    var aspect: Aspect {
        switch self {
        case .writeFaultAnonymous, .writeFaultFile, .writeFaultZero: .writeFaults
        case .unshareAnonymous, .unshareFile, .unshareZero, .pinRead, .pinWrite, .getRead, .getWrite:
            .references
        case .forcedWrite: .forcedWrites
        case .forkAnonymous, .forkFile: .fork
        case .mprotectReadOnly, .mprotectWritableAnonymous, .mprotectWritableFile: .mprotect
        case .swapIn: .swapIn
        case .reclaimAdd, .reclaimUnmap, .reclaimWrite, .lazyFree: .reclaim
        case .writeFaultHuge, .writeFaultHugeZero, .unshareHuge, .forkHuge, .collapse: .hugePages
        case .writeFaultHugetlb, .unshareHugetlb, .forkHugetlb, .forcedWriteHugetlb: .hugetlb
        case .clearRefs: .tracking
        case .uffdWriteprotect, .uffdResolve, .uffdMove: .userfaultfd
        case .writeFaultKSM, .unshareKSM, .ksmMerge: .ksm
        case .migrateUnmap, .migrateMove, .numaHint, .numaFault: .migration
        case .faultAround: .prefaulting
        }
    }
}

extension Mechanism {
    /// The aspect that it belongs to; nil for one that clauses presuppose.
    var aspect: Aspect? {
        switch self {
        case .hasPinned, .anonExclusive, .swapEntryExclusive, .cowOptOut: nil
        case .reuseMovesAnonVma: .writeFaults
        case .zeroPagePin, .rdmaReregister: .references
        case .forkCopyFails, .forkCharge: .fork
        case .swapInFreeEntry, .swapInCache: .swapIn
        case .ksmBreak: .ksm
        case .madviseCollapse, .collapseReadOnly, .nohugepageMaps, .hugeSplitDirty: .hugePages
        case .madviseDontneedHugetlb, .forkCopiesHugetlb: .hugetlb
        case .pagemapScan, .migrateSoftDirty: .tracking
        case .forkUffdWp, .forkCopyKeepsUffdWp, .forkCopiesUffdWp, .uffdWp, .uffdWpUnpopulated, .uffdWpAsync,
            .uffdLongtermPin, .uffdMinor, .uffdContinueDirty, .hugeMigrateUffdWp:
            .userfaultfd
        case .numaFaultWritable, .gupNUMAHint: .migration
        case .madvisePopulate, .madviseDontneedLocked, .madviseGuard, .faultAroundWindow: .prefaulting
        case .hasPinnedSet, .forkProtectsFirst, .forkCopyProtects, .forkLocks, .faultLock, .faultFileLock,
            .faultFlushIfPending, .fastGUPRetry, .pageLock, .pageLockHuge, .madviseDontneedLock,
            .clearRefsLock, .clearRefsFlush, .mprotectFlush, .forkHugetlbSeq, .zapFileRmap, .zapPut,
            .faultAroundTable, .retractLock, .hugeMapcount:
            .ordering
        }
    }
}
