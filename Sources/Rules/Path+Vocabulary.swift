/// What the clause of a path may say. Other words are errors in the text of a rule set.
extension Path {
    /// The decisions that the path knows, in the order in which the documentation lists them.
    public var choices: [Choice] {
        switch self {
        case .writeFaultAnonymous, .writeFaultKSM, .writeFaultFile, .writeFaultZero, .writeFaultHugetlb:
            [.copy, .reuse]
        case .writeFaultHuge: [.copy, .reuse, .split]
        case .writeFaultHugeZero: [.allocate, .split]
        case .unshareAnonymous, .unshareKSM, .unshareFile, .unshareZero, .unshareHugetlb:
            [.copy, .reuse, .keep]
        case .unshareHuge: [.copy, .reuse, .split, .keep]
        case .swapIn: [.map, .mapExclusive, .mapWritable]
        case .forkAnonymous, .forkFile, .forkHugetlb: [.share, .copy, .fail]
        case .forkHuge: [.share, .copy, .split, .fail]
        case .pinRead, .pinWrite, .getRead, .getWrite, .forcedWrite, .forcedWriteHugetlb: [.take, .fail]
        case .mprotectReadOnly, .clearRefs, .uffdWriteprotect: [.protect, .skip, .fail]
        case .mprotectWritableAnonymous, .mprotectWritableFile, .numaFault: [.keep, .upgrade]
        case .uffdResolve: [.keep, .protect, .upgrade]
        case .reclaimAdd: [.add, .keep]
        case .reclaimUnmap, .migrateUnmap: [.unmap, .keep]
        case .reclaimWrite: [.write, .keep]
        case .ksmMerge: [.merge, .skip]
        case .migrateMove: [.move, .keep]
        case .uffdMove: [.move, .fail]
        case .lazyFree: [.discard, .keep]
        case .numaHint: [.protect, .skip]
        case .collapse: [.collapse, .fail]
        case .faultAround: [.mapYoung, .mapOld]
        }
    }

    /// The actions that the path knows.
    public var actions: [Action] {
        switch self {
        case .writeFaultAnonymous, .writeFaultKSM, .writeFaultHuge, .writeFaultHugetlb, .unshareAnonymous,
            .unshareKSM, .unshareHuge, .unshareHugetlb:
            [.lockPage, .drainLRU, .freeSwapCache]
        case .swapIn: [.drainLRU, .freeSwapCache]
        case .pinRead, .getRead: [.breakCOW, .unshare]
        case .pinWrite, .getWrite, .forcedWrite, .forcedWriteHugetlb: [.breakCOW]
        default: []
        }
    }

    /// The facts that the path knows.
    public var facts: [Fact] {
        Fact.allCases.filter { $0.isKnown(to: self) }
    }
}

extension Fact {
    fileprivate func isKnown(to path: Path) -> Bool {
        switch self {
        case .longterm, .slow, .follCOW: path.takesReference
        case .faultWrite: path == .swapIn
        case .fresh, .pteSwpExclusive, .stableWrites:
            path == .swapIn || path.isWriteFault && self == .stableWrites
        case .pteWritable: path != .swapIn
        default: true
        }
    }
}

extension Path {
    fileprivate var takesReference: Bool {
        switch self {
        case .pinRead, .pinWrite, .getRead, .getWrite, .forcedWrite, .forcedWriteHugetlb: true
        default: false
        }
    }

    fileprivate var isWriteFault: Bool { operation == "write_fault" || operation == "unshare" }
}
