import Diagnostics
import TestLanguage
import VirtualMemory

// Huge pages: whether a test has any, and what of them is modelled.
extension Lowering {
    /// Whether huge pages can come about, or are looked for.
    var hasHugePages: Bool {
        test.mappings.contains { $0.declaration.isHuge } || !wishesForHugePages.isEmpty
    }

    /// Where the test collapses pages, or advises the kernel to use huge ones.
    private var wishesForHugePages: [Address] {
        test.test.declarations.compactMap { declaration in
            if case .background(.collapse(let place)) = declaration.kind { place.address } else { nil }
        }
            + test.actors.flatMap(\.block.statements).compactMap { statement in
                switch statement.kind {
                case .kernel(.collapse(let place)): place.address
                case .madvise(let address, .collapse), .madvise(let address, .hugepage): address
                default: nil
                }
            }
    }

    // MARK: Huge pages of the page cache

    /// Whether a mapping has the geometry of huge ones: declared so, or small pages that a statement has collapsed or advises about.
    func isWholesale(_ mapping: ResolvedTest.Mapping) -> Bool {
        guard mapping.pages % Limits.hugePagePages == 0 else { return false }
        return mapping.declaration.isHuge
            || wishesForHugePages.contains { $0.mapping.text == mapping.name.text }
    }

    /// Whether one entry may map a huge page of the page cache in a mapping.
    func canMapHugeCached(_ mapping: ResolvedTest.Mapping) -> Bool {
        isWholesale(mapping) && (mapping.file != nil || mapping.declaration.sharing == .shared)
    }

    /// Whether a memfd can have a huge page: then it is as long as one.
    func isHugeFile(_ file: Int) -> Bool {
        hasHugePages && test.mappings.contains { $0.file == file && isWholesale($0) }
    }

    /// Pages of a file: those of a whole huge page where it can have one.
    func pages(ofFile file: Int) -> Int { isHugeFile(file) ? Limits.hugePagePages : test.files[file].pages }

    /// Whether a memfd has a huge page from the start: a mapping asks for that.
    func isHugeFromStart(_ file: Int) -> Bool {
        hasHugePages && test.mappings.contains { $0.file == file && $0.declaration.huge }
    }

    /// Huge pages lie at multiples of their size in the page cache …
    mutating func alignSlots() {
        while cacheSlots.count % Limits.hugePagePages != 0 {
            cacheSlots.append(CacheSlot(.memfd, object: -1))
        }
    }

    /// … and every mapping of what can have one lies so in memory, too.
    mutating func alignPages(_ number: inout Int) {
        guard mappingOfPage.count % Limits.hugePagePages != 0 else { return }
        while mappingOfPage.count % Limits.hugePagePages != 0 {
            mappingOfPage.append(number)
            places.append(Geometry.Place(home: places.count, stride: 0))
            backings.append(.anonymous)
            hugetlbPages.append(false)
        }
        number += 1
    }

    /// Whether huge pages of a mapping are modelled: all but those of files on disks, of memfds of several, and what has a huge page and was
    /// copied before the start, which no kernel has.
    func isModelledHuge(_ map: MapDeclaration) -> Bool {
        guard map.isHuge else { return true }
        switch map.backing {
        case .anonymous, .hugetlb: return true
        case .file: return false
        case .memfd(let name):
            guard let file = test.file(named: name.text) else { return true }
            return file.pages <= Limits.hugePagePages && (map.sharing == .shared || map.value == nil)
        }
    }

    /// Whether an address lies in memory in which huge pages can be mapped.
    private func isHuge(_ address: Address) -> Bool {
        hasHugePages
            && (test.mapping(named: address.mapping.text).map {
                $0.declaration.isHuge || $0.pages % Limits.hugePagePages == 0
            } ?? false)
    }

    private func isHugetlb(_ address: Address) -> Bool {
        test.mapping(named: address.mapping.text)?.declaration.backing == .hugetlb
    }

    /// Whether the huge pages that can be mapped at an address are the process's own, if any can.
    private func isOwn(_ address: Address) -> Bool {
        !isHugeCached(address)
            && (!isHuge(address)
                || test.mapping(named: address.mapping.text)?.declaration.sharing == .private)
    }

    /// Whether huge pages of the page cache can be mapped anywhere: no trackers of stores are modelled beside them.
    var hasHugeCached: Bool { test.mappings.contains { canMapHugeCached($0) } }

    private func isPrivateAnonymous(_ address: Address) -> Bool {
        test.mapping(named: address.mapping.text).map {
            $0.declaration.backing == .anonymous && $0.declaration.sharing == .private
        } ?? false
    }

    /// Whether an address lies in memory that can have huge pages in the page cache, be it mapped page by page.
    private func isHugeCached(_ address: Address) -> Bool {
        test.mapping(named: address.mapping.text).map { mapping in
            canMapHugeCached(mapping) || mapping.file.map { isHugeFile($0) } ?? false
        } ?? false
    }

    private func isOnePage(_ address: Address) -> Bool { range(of: address)?.count == 1 }

    /// Whether pages at an address can be collapsed: private anonymous memory, or shared memory, in which nothing is copied.
    private func canCollapse(_ address: Address) -> Bool {
        test.mapping(named: address.mapping.text).map { mapping in
            isPrivateAnonymous(address)
                || canMapHugeCached(mapping) && !isHugetlb(address) && mapping.declaration.sharing == .shared
        } ?? false
    }

    /// Whether all of huge pages is meant, where there are any: calls refuse parts of pages of hugetlb, or take them for more, and a
    /// VMA that is split splits huge pages.
    private func isWhole(_ address: Address) -> Bool {
        guard isHuge(address), let range = range(of: address) else { return true }
        return range.first % 4 == 0 && range.count % 4 == 0
    }

    /// Whether what a call does to huge pages is modelled.
    func isModelledHuge(_ statement: Statement) -> Bool {
        switch statement.kind {
        case .munmap(let address), .mprotect(let address, _): !isHugetlb(address) || isWhole(address)
        case .mremap(let address): !isHugetlb(address)
        case .mlock(let address): !isHugetlb(address) && (isWhole(address) || isOwn(address))
        case .madvise(let address, let advice):
            switch advice {
            case .free, .cold, .willneed, .mergeable, .unmergeable, .guardInstall, .guardRemove:
                isOwn(address)
            case .hugepage, .nohugepage:
                isPrivateAnonymous(address) || isHugeCached(address) && isWhole(address)
            case .collapse: canCollapse(address) && isWhole(address)
            case .pageout: isOwn(address) || !isHugetlb(address) && isOnePage(address)
            case .remove: !isHugetlb(address) || isWhole(address)
            case .populateRead, .populateWrite: !isHugetlb(address)
            case .dontneed, .dontneedLocked: !isHugetlb(address) || isWhole(address)
            default: isWhole(address) || !isHugetlb(address) && isOwn(address)
            }
        case .userfault(let call, let address):
            !hasHugeCached && (!isHugetlb(address) || isWhole(address) && !call.isAboutMinorFaults)
        case .clearRefs(young: false), .iommuDirty, .look(.softDirty, _), .look(.pagemapScan, _):
            !hasHugeCached
        default: true
        }
    }

    /// Whether what the kernel does by itself is modelled for huge pages.
    func isModelledHuge(_ doing: Doing) -> Bool {
        switch doing {
        case .reclaim(let place):
            !isHugetlb(place.address) && (!isHugeCached(place.address) || isOnePage(place.address))
        case .migrate(let place): !isHugetlb(place.address)
        case .collapse(let place): canCollapse(place.address)
        case .shrink(let place): !isHugetlb(place.address) && isOwn(place.address)
        case .ksmMerge(let first, let second):
            [first, second].allSatisfy { !isHugetlb($0.address) && isOwn($0.address) }
        case .numaScan(let place): !isHuge(place.address) && !isHugeCached(place.address)
        default: true
        }
    }

    /// What is mapped at the start must find its pages in the pool.
    mutating func checkPool(_ count: Int, _ span: Span) {
        let needed = test.test.declarations.reduce(0) { sum, declaration in
            guard case .map(let map) = declaration.kind, map.backing == .hugetlb else { return sum }
            return sum + map.pages / Limits.hugePagePages
        }
        guard needed > count else { return }
        errors.append(
            Diagnostic(
                "'hugepages \(count)' is too small for what is mapped at the start", at: span,
                help: "mappings of hugetlb reserve \(needed)"))
    }
}

extension TestLanguage.UserfaultCall {
    /// Whether it asks for, or answers, faults on what the page cache has.
    fileprivate var isAboutMinorFaults: Bool {
        switch self {
        case .register(let modes): modes.contains(.minor)
        case .continue: true
        default: false
        }
    }
}
