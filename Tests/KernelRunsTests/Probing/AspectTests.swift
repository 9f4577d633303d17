import Rules
import TestSupport
import Testing

@testable import KernelRuns

@Suite struct AspectTests {
    @Test func everythingThatSetsDecideBelongsToOneAspect() {
        let paths = Aspect.allCases.flatMap(\.paths)
        #expect(paths.count == Path.allCases.count)
        #expect(Set(paths) == Set(Path.allCases))
        let mechanisms = Aspect.allCases.flatMap(\.mechanisms) + Aspect.presupposed
        #expect(mechanisms.count == Mechanism.allCases.count)
        #expect(Set(mechanisms) == Set(Mechanism.allCases))
        #expect(Aspect.allCases.flatMap(\.interfaces).count == Interface.allCases.count)
    }

    @Test func whatClausesPresupposeIsNeededByFacts() {
        let needed = Set(Fact.allCases.compactMap(\.need?.mechanism))
        #expect(needed == Set(Aspect.presupposed))
    }

    @Test func namesAreDistinct() {
        #expect(Set(Aspect.allCases.map(\.name)).count == Aspect.allCases.count)
    }

    @Test(arguments: [
        ("map x: hugetlb private = 1\nprocess p { b = io_uring_register(x) }", [Aspect.hugetlb]),
        ("map x: anonymous private = 1\nprocess p { clear_refs(); r = soft_dirty(x) }", [.tracking]),
        ("map x: anonymous private = 1\nprocess p { reclaim(x); r = *x }", [.swapIn, .reclaim]),
        ("map x: anonymous private = 1\nprocess p { r = *x }", []),
    ])
    func testsAreAboutAspects(_ text: String, _ aspects: [Aspect]) throws {
        let test = try Answered(text).test
        let needs = CompiledTest(test).needs
        #expect(Aspect.aspects(of: test, needing: needs) == Set(aspects))
    }
}
