import Diagnostics
import RuleLanguage
import Rules
import TestSupport
import Testing

@testable import KernelRuns

@Suite struct CompositionTests {
    private func made(_ composition: Composition) throws -> RuleSet {
        try #require(try ShippedRules.library().sets(of: [composition]).first)
    }

    @Test func oneAspectComesFromTheDonor() throws {
        let (base, donor) = (try ShippedRules.set("vma-lock"), try ShippedRules.set("refcount"))
        let set = try made(Composition(base).taking(.fork, from: donor))
        #expect(set.behaves(as: donor, in: .fork))
        for aspect in Aspect.allCases where aspect != .fork { #expect(set.behaves(as: base, in: aspect)) }
    }

    @Test func anAspectThatIsAlikeIsNoChange() throws {
        let (base, donor) = (try ShippedRules.set("exclusive-unshare"), try ShippedRules.set("exclusive"))
        let composition = Composition(base).taking(.fork, from: donor)
        #expect(composition.changed.isEmpty)
        #expect(try made(composition).name == "exclusive-unshare")
    }

    @Test func marksThatClausesAskForAreKept() throws {
        let (base, donor) = (try ShippedRules.set("refcount"), try ShippedRules.set("exclusive"))
        let set = try made(Composition(base).taking(.writeFaults, from: donor))
        #expect(base.rules[.anonExclusive] == .no)
        #expect(set.rules[.anonExclusive] == .yes)
        #expect(set.warnings.isEmpty)
        #expect(set.rules[.swapEntryExclusive] == .no)
    }

    @Test(arguments: Aspect.allCases)
    func everyTwoSetsCanBeJoined(in aspect: Aspect) throws {
        let sets = try ShippedRules.sets().filter { $0.kind != .proposal }
        let all = sets.flatMap { base in sets.map { Composition(base).taking(aspect, from: $0) } }
        #expect(try ShippedRules.library().sets(of: all).count == all.count)
    }
}
