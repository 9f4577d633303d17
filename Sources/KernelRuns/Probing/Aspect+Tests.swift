import TestLanguage

extension Aspect {
    /// The aspects that a test is about as far as what it needs of a kernel tells.
    ///
    /// This is for tests that the engine does not know all words of: of the others the search knows what they reach.
    static func aspects(of test: ResolvedTest, needing features: [Feature]) -> Set<Aspect> {
        var aspects = Set(features.flatMap(\.aspects))
        // A page of hugetlbfs or a huge page is what such a test is about, however its references are taken.
        for kind in [Aspect.hugetlb, .hugePages] where aspects.contains(kind) { return [kind] }
        let isAboutSwap = features.contains(.swap)
        if !isAboutSwap, features.contains(.fileReclaim) { aspects.insert(.reclaim) }
        return aspects
    }
}

extension Feature {
    fileprivate var aspects: [Aspect] {
        switch self {
        case .swap: [.swapIn, .reclaim]
        case .hugePages, .collapse: [.hugePages]
        case .hugetlb: [.hugetlb]
        case .softDirty, .pagemapScan: [.tracking]
        case .userfaultfd, .userfaultfdWriteProtect: [.userfaultfd]
        case .ksm: [.ksm]
        case .migration: [.migration]
        case .directIO, .directIOPins, .directIOGets, .xdp, .udmabuf, .iommuDirtyTracking, .remoteAccess:
            [.interfaces]
        case .forcedAccess: [.forcedWrites]
        case .youngBits: [.prefaulting]
        case .vmsplice, .ioUring, .keeper, .vfio, .frameNumbers, .mappingCounts, .fileReclaim, .limitedSwap,
            .diskFile,
            .memoryCgroup,
            .lruBatches:
            []
        }
    }
}
