import RuleLanguage
import Rules
import Testing

/// The walk that explains a decision comes to the decision that the compiled form comes to.
@Suite struct ClauseWalkTests {
    @Test func walksAgreeWithTheCompiledForm() throws {
        for set in try Shipped.get().sets {
            for (path, clause) in set.rules.clauses {
                for seed in 0..<40 as Range<UInt64> {
                    let facts = ScatteredFacts(seed: seed)
                    let walk = try #require(clause.walk(facts))
                    let decision = set.rules.decide(path, facts)
                    switch clause.steps[walk.step].effect {
                    case .choice(let choice): #expect(decision == .choice(choice), "\(set.name) \(path.head)")
                    case .action(let action, let otherwise):
                        #expect(
                            decision
                                == .action(
                                    action, next: action.startsAnew ? 0 : walk.step + 1, otherwise: otherwise),
                            "\(set.name) \(path.head)")
                    }
                }
            }
        }
    }

    @Test func factsAreReadNoFurtherThanNeededAndEachOnce() throws {
        let clause = Clause([
            .init(.choice(.copy), when: .all([.fact(.exclusive), .fact(.ksm)])),
            .init(.choice(.reuse), when: .any([.not(.fact(.exclusive)), .fact(.file)])),
            .init(.choice(.copy)),
        ])
        let walk = try #require(clause.walk(Facts(values: [:])))
        #expect(walk.step == 1)
        #expect(walk.facts == [.init(fact: .exclusive, value: 0)])
        #expect(clause.walk(Facts(values: [:]), from: 2)?.facts == [])
    }
}

/// Facts without rhyme or reason, the same for the same seed.
private struct ScatteredFacts: FactSource {
    let seed: UInt64

    func value(of fact: Fact) -> Int {
        let mixed = seed &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(fact.rawValue) &* 0xC2B2_AE3D_27D4_EB4F
        return Int(mixed &* 0xBF58_476D_1CE4_E5B9 >> 40 & (fact.isNumber ? 3 : 1))
    }
}
