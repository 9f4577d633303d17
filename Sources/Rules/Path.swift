/// One operation on one kind of page at which the kernel decides, and for which a rule set has a clause.
///
/// Raw values stay below 64, so that a set of paths fits a word.
public enum Path: UInt8, CaseIterable, Sendable, Hashable {
    /// A write fault on a present, read-only entry of an anonymous page (`do_wp_page`).
    case writeFaultAnonymous
    /// The same where KSM merged the page.
    case writeFaultKSM
    /// The same where a private mapping still shows the page cache.
    case writeFaultFile
    /// The same where the entry maps the zero page.
    case writeFaultZero
    /// The same on a huge page mapped by one entry (`do_huge_pmd_wp_page`).
    case writeFaultHuge
    /// The same on the huge zero page.
    case writeFaultHugeZero
    /// The same on a page of hugetlbfs (`hugetlb_wp`).
    case writeFaultHugetlb
    /// FAULT_FLAG_UNSHARE on an anonymous page: make it this process's own, still read-only.
    case unshareAnonymous
    /// The same where KSM merged the page.
    case unshareKSM
    /// The same where a private mapping still shows the page cache.
    case unshareFile
    /// The same on the zero page.
    case unshareZero
    /// The same on a huge page mapped by one entry.
    case unshareHuge
    /// The same on a page of hugetlbfs.
    case unshareHugetlb
    /// A fault on a swap entry, once its page is in memory and locked (`do_swap_page`).
    case swapIn
    /// fork meets a present entry of an anonymous page (`copy_present_pte`).
    case forkAnonymous
    /// fork meets a present entry of the page cache.
    case forkFile
    /// fork meets a huge page mapped by one entry (`copy_huge_pmd`).
    case forkHuge
    /// fork meets a page of hugetlbfs (`copy_hugetlb_page_range`).
    case forkHugetlb
    /// FOLL_PIN for reading meets a present entry.
    case pinRead
    /// FOLL_PIN for writing meets a present entry.
    case pinWrite
    /// FOLL_GET for reading meets a present entry.
    case getRead
    /// FOLL_GET for writing meets a present entry.
    case getWrite
    /// FOLL_FORCE for writing meets a present entry of a mapping without permission to write.
    case forcedWrite
    /// The same in hugetlbfs.
    case forcedWriteHugetlb
    /// mprotect takes the permission to write from a present entry.
    case mprotectReadOnly
    /// mprotect gives the permission to write to a mapping with a present entry of an anonymous page
    /// (`can_change_pte_writable`).
    case mprotectWritableAnonymous
    /// The same where the entry maps the page cache.
    case mprotectWritableFile
    /// Reclaim is about to give an anonymous page a place in the swap cache (`add_to_swap`).
    case reclaimAdd
    /// Reclaim has cleared an entry of the page and is about to put a swap entry there (`try_to_unmap_one`).
    case reclaimUnmap
    /// Reclaim has unmapped the page and is about to write it out.
    case reclaimWrite
    /// KSM has write-protected an entry and asks whether its page may be merged (`write_protect_page`).
    case ksmMerge
    /// Migration has cleared an entry of the page and is about to put a migration entry there.
    case migrateUnmap
    /// Migration has unmapped the page and is about to copy it (`folio_migrate_mapping`).
    case migrateMove
    /// Writing 4 to clear_refs meets a present entry: soft-dirty tracking starts anew.
    case clearRefs
    /// UFFDIO_WRITEPROTECT protects a present entry.
    case uffdWriteprotect
    /// UFFDIO_WRITEPROTECT takes its protection from a present entry again.
    case uffdResolve
    /// UFFDIO_MOVE meets a present entry at its source.
    case uffdMove
    /// Reclaim is about to discard a page that MADV_FREE gave up.
    case lazyFree
    /// NUMA balancing is about to make a present entry PROT_NONE.
    case numaHint
    /// A fault on an entry that NUMA balancing made PROT_NONE puts the entry back.
    case numaFault
    /// khugepaged or MADV_COLLAPSE meets a present entry of a range that is to become a huge page.
    case collapse
    /// A read fault on the page cache also maps a neighbour of the page that it needs (`filemap_map_pages`).
    case faultAround

    /// The name of the operation in the text of a rule set, `write_fault`, say.
    public var operation: String { name.operation }

    /// What stands behind `of`, `anonymous`, say; nil where the operation is one path alone.
    public var subject: String? { name.subject }

    /// What stands in brackets, `read` or `write`; nil where the operation knows no such difference.
    public var access: String? { name.access }

    /// The head of the path's clause as the text of a rule set has it: `write_fault of anonymous`, `pin(read)`.
    public var head: String {
        operation + (access.map { "(\($0))" } ?? "") + (subject.map { " of \($0)" } ?? "")
    }

    private var name: (operation: String, subject: String?, access: String?) {
        switch self {
        case .writeFaultAnonymous: ("write_fault", "anonymous", nil)
        case .writeFaultKSM: ("write_fault", "ksm", nil)
        case .writeFaultFile: ("write_fault", "file", nil)
        case .writeFaultZero: ("write_fault", "zero", nil)
        case .writeFaultHuge: ("write_fault", "huge", nil)
        case .writeFaultHugeZero: ("write_fault", "huge_zero", nil)
        case .writeFaultHugetlb: ("write_fault", "hugetlb", nil)
        case .unshareAnonymous: ("unshare", "anonymous", nil)
        case .unshareKSM: ("unshare", "ksm", nil)
        case .unshareFile: ("unshare", "file", nil)
        case .unshareZero: ("unshare", "zero", nil)
        case .unshareHuge: ("unshare", "huge", nil)
        case .unshareHugetlb: ("unshare", "hugetlb", nil)
        case .swapIn: ("swap_in", nil, nil)
        case .forkAnonymous: ("fork", "anonymous", nil)
        case .forkFile: ("fork", "file", nil)
        case .forkHuge: ("fork", "huge", nil)
        case .forkHugetlb: ("fork", "hugetlb", nil)
        case .pinRead: ("pin", nil, "read")
        case .pinWrite: ("pin", nil, "write")
        case .getRead: ("get", nil, "read")
        case .getWrite: ("get", nil, "write")
        case .forcedWrite: ("forced_write", "anonymous", nil)
        case .forcedWriteHugetlb: ("forced_write", "hugetlb", nil)
        case .mprotectReadOnly: ("mprotect_readonly", nil, nil)
        case .mprotectWritableAnonymous: ("mprotect_writable", "anonymous", nil)
        case .mprotectWritableFile: ("mprotect_writable", "file", nil)
        case .reclaimAdd: ("reclaim_add", nil, nil)
        case .reclaimUnmap: ("reclaim_unmap", nil, nil)
        case .reclaimWrite: ("reclaim_write", nil, nil)
        case .ksmMerge: ("ksm_merge", nil, nil)
        case .migrateUnmap: ("migrate_unmap", nil, nil)
        case .migrateMove: ("migrate_move", nil, nil)
        case .clearRefs: ("clear_refs", nil, nil)
        case .uffdWriteprotect: ("uffd_writeprotect", nil, nil)
        case .uffdResolve: ("uffd_resolve", nil, nil)
        case .uffdMove: ("uffd_move", nil, nil)
        case .lazyFree: ("lazy_free", nil, nil)
        case .numaHint: ("numa_hint", nil, nil)
        case .numaFault: ("numa_fault", nil, nil)
        case .collapse: ("collapse", nil, nil)
        case .faultAround: ("fault_around", nil, nil)
        }
    }
}
