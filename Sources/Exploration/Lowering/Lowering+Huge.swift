import Diagnostics
import TestLanguage
import VirtualMemory

// Huge pages: whether a test has any, and what of them is modelled.
extension Lowering {
    /// Whether huge pages can come about, or are looked for.
    var hasHugePages: Bool {
        if test.mappings.contains(where: { $0.declaration.isHuge }) { return true }
        let isDone = test.test.declarations.contains { declaration in
            if case .background(.collapse) = declaration.kind { true } else { false }
        }
        return isDone
            || test.actors.contains { actor in
                actor.block.statements.contains { statement in
                    switch statement.kind {
                    case .madvise(_, .hugepage), .madvise(_, .collapse), .kernel(.collapse): true
                    default: false
                    }
                }
            }
    }

    /// Whether a mapping has room for whole huge pages: it is declared with one, or the test wants one there.
    func isMadeForHugePages(_ mapping: ResolvedTest.Mapping) -> Bool {
        mapping.declaration.isHuge
            || test.actors.contains { actor in
                actor.block.statements.contains { statement in
                    switch statement.kind {
                    case .kernel(.collapse(let place)): place.address.mapping.text == mapping.name.text
                    case .madvise(let address, .collapse), .madvise(let address, .hugepage):
                        address.mapping.text == mapping.name.text
                    default: false
                    }
                }
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

    /// Whether an address lies in memory of the process's own, if huge pages can be mapped there at all.
    private func isPrivateHuge(_ address: Address) -> Bool {
        !isHuge(address) || test.mapping(named: address.mapping.text)?.declaration.sharing == .private
    }

    private func isPrivateAnonymous(_ address: Address) -> Bool {
        test.mapping(named: address.mapping.text).map {
            $0.declaration.backing == .anonymous && $0.declaration.sharing == .private
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
        case .mlock(let address): !isHugetlb(address) && (isWhole(address) || isPrivateHuge(address))
        case .madvise(let address, let advice):
            switch advice {
            case .free, .cold, .willneed, .mergeable, .unmergeable, .guardInstall, .guardRemove, .pageout:
                isPrivateHuge(address)
            case .hugepage, .nohugepage: isPrivateAnonymous(address)
            case .collapse: isPrivateAnonymous(address) && isWhole(address)
            case .populateRead, .populateWrite: !isHugetlb(address)
            case .dontneed, .dontneedLocked: !isHugetlb(address) || isWhole(address)
            default: isWhole(address) || !isHugetlb(address) && isPrivateHuge(address)
            }
        case .userfault(_, let address): isPrivateHuge(address) && (!isHugetlb(address) || isWhole(address))
        default: true
        }
    }

    /// Whether what the kernel does by itself is modelled for huge pages.
    func isModelledHuge(_ doing: Doing) -> Bool {
        switch doing {
        case .reclaim(let place), .migrate(let place), .shrink(let place): !isHugetlb(place.address)
        case .collapse(let place): isPrivateAnonymous(place.address)
        case .ksmMerge(let first, let second): !isHugetlb(first.address) && !isHugetlb(second.address)
        case .numaScan(let place): !isHuge(place.address)
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
