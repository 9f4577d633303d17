import Rules

extension DecisionTableTests {
    // MARK: fork

    static let pinnedExclusive: [Fact: Int] = [
        .anonymous: 1, .vmaCow: 1, .pageCount: 1025, .pageMapcount: 1, .pageMaybePinned: 1, .exclusive: 1,
        .pteWritable: 1, .mmHasPinned: 1,
    ]

    static func changed(_ facts: [Fact: Int], _ changes: [Fact: Int]) -> [Fact: Int] {
        facts.merging(changes) { $1 }
    }

    static let forkRows: [DecisionRow] = [
        DecisionRow("pinned", .forkAnonymous, pinnedExclusive, upTo("refcount-5.9", .share, .copy)),
        DecisionRow(
            "pinned by another process's mm", .forkAnonymous, changed(pinnedExclusive, [.mmHasPinned: 0]),
            all(.share)),
        DecisionRow(
            "many references, not marked exclusive", .forkAnonymous,
            changed(pinnedExclusive, [.exclusive: 0]),
            [.share, .share, .copy, .copy, .copy, .share, .share, .share]),
        DecisionRow(
            "never pinned", .forkAnonymous, [.anonymous: 1, .vmaCow: 1, .pageCount: 1, .exclusive: 1],
            all(.share)),
        DecisionRow(
            "page cache in a private mapping, pinned", .forkFile,
            changed(pinnedExclusive, [.anonymous: 0, .exclusive: 0, .file: 1]),
            [.share, .share, .copy, .copy, .copy, .share, .share, .share]),
        DecisionRow("huge, pinned", .forkHuge, pinnedExclusive, upTo("refcount-5.9", .share, .split)),
        DecisionRow("hugetlb, pinned", .forkHugetlb, pinnedExclusive, upTo("refcount", .share, .copy)),
    ]

    // MARK: Taking references

    static let shared: [Fact: Int] = [
        .anonymous: 1, .vmaCow: 1, .vmaWrite: 1, .pageCount: 2, .pageMapcount: 2,
    ]

    static let referenceRows: [DecisionRow] = [
        DecisionRow("shared page", .getRead, shared, all(.take)),
        DecisionRow("shared page", .pinRead, shared, all(.take)),
        DecisionRow("shared page", .pinWrite, shared, all(.take)),
        DecisionRow("shared page", .getWrite, shared, all(.take)),
        DecisionRow(
            "a page of shmem, shared mapping, tracked", .pinWrite,
            [.file: 1, .vmaShared: 1, .vmaWrite: 1, .pteWritable: 1, .vmaDirtyTracked: 1, .longterm: 1],
            upTo("vma-lock", .take, .fail)),
        DecisionRow(
            "COW not broken yet", .forcedWrite, [.anonymous: 1, .vmaCow: 1, .pageCount: 2, .pageMapcount: 2],
            all(.take)),
        DecisionRow(
            "hugetlb, COW not broken yet", .forcedWriteHugetlb, [.anonymous: 1, .vmaCow: 1],
            [.take, .take, .take, .take, .take, .fail, .fail, .take]),
    ]

    // MARK: Protection, reclaim, KSM, migration

    static let otherRows: [DecisionRow] = [
        DecisionRow(
            "private, exclusive", .mprotectWritableAnonymous, [.anonymous: 1, .vmaCow: 1, .exclusive: 1],
            upTo("exclusive", .keep, .upgrade)),
        DecisionRow(
            "private, exclusive, soft-dirty tracked", .mprotectWritableAnonymous,
            [.anonymous: 1, .vmaCow: 1, .exclusive: 1, .vmaSoftDirty: 1], all(.keep)),
        DecisionRow(
            "private, not exclusive", .mprotectWritableAnonymous, [.anonymous: 1, .vmaCow: 1], all(.keep)),
        DecisionRow(
            "shared, dirty", .mprotectWritableFile, [.file: 1, .vmaShared: 1, .pteDirty: 1], all(.upgrade)),
        DecisionRow("pinned", .mprotectReadOnly, pinnedExclusive, all(.protect)),
        DecisionRow("pinned", .clearRefs, pinnedExclusive, upTo("refcount", .protect, .skip)),
        DecisionRow("huge and pinned", .clearRefs, changed(pinnedExclusive, [.huge: 1]), all(.protect)),
        DecisionRow(
            "1024 GET references, never pinned", .clearRefs, changed(pinnedExclusive, [.mmHasPinned: 0]),
            all(.protect)),
        DecisionRow("pinned", .uffdWriteprotect, pinnedExclusive, all(.protect)),
        DecisionRow(
            "exclusive", .uffdResolve, [.anonymous: 1, .exclusive: 1, .vmaWrite: 1],
            upTo("exclusive-unshare", .protect, .upgrade)),
        DecisionRow("pinned", .reclaimAdd, pinnedExclusive, upTo("refcount", .add, .keep)),
        DecisionRow("pinned meanwhile", .reclaimUnmap, pinnedExclusive, upTo("exclusive", .unmap, .keep)),
        DecisionRow("pinned meanwhile", .reclaimWrite, pinnedExclusive, upTo("vma-lock", .write, .keep)),
        DecisionRow(
            "no reference but the mappings and the swap cache", .ksmMerge,
            [.anonymous: 1, .pageMapcount: 2, .swapCache: 1, .pageCount: 3], all(.merge)),
        DecisionRow(
            "a GET left over", .ksmMerge, [.anonymous: 1, .pageMapcount: 1, .pageCount: 2], all(.skip)),
        DecisionRow("pinned", .ksmMerge, pinnedExclusive, all(.skip)),
        DecisionRow("pinned", .migrateUnmap, pinnedExclusive, upTo("exclusive", .unmap, .keep)),
        DecisionRow("unmapped, in the swap cache", .migrateMove, [.swapCache: 1, .pageCount: 1], all(.move)),
        DecisionRow("unmapped, a GET left over", .migrateMove, [.pageCount: 1], all(.keep)),
        DecisionRow(
            "dirtied again", .lazyFree, [.pageDirty: 1, .pageCount: 1, .pageMapcount: 1], all(.keep)),
        DecisionRow("clean", .lazyFree, [.pageCount: 1, .pageMapcount: 1], all(.discard)),
        DecisionRow(
            "clean, a GET left over", .lazyFree, [.pageCount: 2, .pageMapcount: 1],
            upTo("refcount-all", .discard, .keep)),
        DecisionRow(
            "mapped once, a GET left over", .numaHint, [.vmaCow: 1, .pageCount: 2, .pageMapcount: 1],
            [.protect, .protect, .protect, .skip, .skip, .skip, .skip, .protect]),
        DecisionRow(
            "pinned", .numaHint, pinnedExclusive,
            [.protect, .protect, .protect] + Array(repeating: .skip, count: 5)),
        DecisionRow(
            "shared by fork", .numaHint, [.vmaCow: 1, .pageCount: 2, .pageMapcount: 2], all(.skip)),
        DecisionRow(
            "a dirty page of a file on a disk", .numaHint,
            [.vmaShared: 1, .file: 1, .vmaDirtyTracked: 1, .pageDirty: 1], all(.skip)),
        DecisionRow(
            "a page of a memfd", .numaHint, [.vmaShared: 1, .file: 1, .pageDirty: 1], all(.protect)),
        DecisionRow(
            "exclusive", .numaFault, [.anonymous: 1, .vmaCow: 1, .exclusive: 1, .vmaWrite: 1],
            upTo("exclusive-unshare", .keep, .upgrade)),
        DecisionRow(
            "exclusive, soft-dirty tracked", .numaFault,
            [.anonymous: 1, .vmaCow: 1, .exclusive: 1, .vmaWrite: 1, .vmaSoftDirty: 1], all(.keep)),
        DecisionRow(
            "shared, dirty", .numaFault, [.file: 1, .vmaShared: 1, .pteDirty: 1],
            upTo("exclusive-unshare", .keep, .upgrade)),
        DecisionRow(
            "of shared memory, mapped twice", .collapse,
            [.file: 1, .vmaShared: 1, .pageCount: 3, .pageMapcount: 2], all(.collapse)),
        DecisionRow(
            "of shared memory, referenced", .collapse,
            [.file: 1, .vmaShared: 1, .pageCount: 3, .pageMapcount: 1], all(.fail)),
        DecisionRow("a neighbour", .faultAround, [.file: 1], all(.mapYoung)),
        DecisionRow(
            "exclusive, not pinned", .uffdMove, [.anonymous: 1, .exclusive: 1], upTo("vma-lock", nil, .move)),
        DecisionRow("exclusive, pinned", .uffdMove, pinnedExclusive, upTo("vma-lock", nil, .fail)),
    ]
}
