import Rules
import Testing

@testable import RuleLanguage

/// Conditions made at random, asked in two ways: by the compiled program, and straight from their form.
struct RandomClauses {
    var generator: SplitMix
    let facts: [Fact] = [.pageCount, .pageMapcount, .swapCount, .exclusive, .ksm, .lru, .swapCache]

    mutating func condition(depth: Int) -> Condition {
        switch Int.random(in: 0..<(depth > 0 ? 6 : 2), using: &generator) {
        case 0: .fact(facts[Int.random(in: 3..<7, using: &generator)])
        case 1:
            .comparison(
                sum(), Comparison.allCases[Int.random(in: 0..<6, using: &generator)], sum())
        case 2: .not(condition(depth: depth - 1))
        case 3, 4: .all(parts(depth: depth))
        default: .any(parts(depth: depth))
        }
    }

    mutating func parts(depth: Int) -> [Condition] {
        (0..<Int.random(in: 0...3, using: &generator)).map { _ in condition(depth: depth - 1) }
    }

    mutating func sum() -> Sum {
        Sum(
            (0..<Int.random(in: 0...2, using: &generator)).map { _ in
                facts[Int.random(in: 0..<7, using: &generator)]
            },
            Int32.random(in: 0...3, using: &generator))
    }

    mutating func assignment() -> Facts {
        var values: [Fact: Int] = [:]
        for fact in facts { values[fact] = Int.random(in: 0...(fact.isNumber ? 4 : 1), using: &generator) }
        return Facts(values: values)
    }
}

extension Condition {
    func holds(_ facts: Facts) -> Bool {
        switch self {
        case .fact(let fact): facts.value(of: fact) != 0
        case .comparison(let left, let comparison, let right):
            comparison.holds(left.value(facts), right.value(facts))
        case .not(let inner): !inner.holds(facts)
        case .all(let parts): parts.allSatisfy { $0.holds(facts) }
        case .any(let parts): parts.contains { $0.holds(facts) }
        }
    }
}

extension Sum {
    func value(_ source: Facts) -> Int { facts.map { source.value(of: $0) }.reduce(Int(constant), +) }
}

/// Facts that remember which were asked for.
final class AskedFacts: FactSource {
    var values: [Fact: Int]
    var asked: [Fact] = []

    init(_ values: [Fact: Int]) { self.values = values }

    func value(of fact: Fact) -> Int {
        asked.append(fact)
        return values[fact] ?? 0
    }
}

@Suite struct CompiledClauseTests {
    @Test func decideAsTheirFormSays() {
        var random = RandomClauses(generator: SplitMix(state: 1))
        for _ in 0..<2000 {
            let steps: [Clause.Step] = [
                .init(.choice(.reuse), when: random.condition(depth: 3)),
                .init(.action(.drainLRU, otherwise: nil), when: random.condition(depth: 2)),
                .init(.choice(.copy)),
            ]
            let rules = Rules(name: "r", clauses: [.writeFaultAnonymous: Clause(steps)])
            let facts = random.assignment()
            let expected: Decision =
                steps[0].condition?.holds(facts) == true
                ? .choice(.reuse)
                : steps[1].condition?.holds(facts) == true
                    ? .action(.drainLRU, next: 2, otherwise: nil) : .choice(.copy)
            #expect(rules.decide(.writeFaultAnonymous, facts) == expected, "\(steps)")
            #expect(rules.decide(.writeFaultAnonymous, facts, from: 2) == .choice(.copy))
        }
    }

    /// Conditions of one hash decide alike; and what is printed reads as the same condition.
    @Test func canonicalFormsKeepTheMeaning() throws {
        var random = RandomClauses(generator: SplitMix(state: 2))
        var known: [UInt64: Condition] = [:]
        for _ in 0..<3000 {
            let condition = random.condition(depth: 2)
            let clause = Clause([.init(.choice(.reuse), when: condition), .init(.choice(.copy))])
            let other = known[clause.behaviour, default: condition]
            known[clause.behaviour] = condition
            for _ in 0..<8 {
                let facts = random.assignment()
                #expect(condition.holds(facts) == other.holds(facts), "\(condition.text) | \(other.text)")
            }
        }
        #expect(known.count < 3000)
    }

    @Test func printedConditionsReadTheSame() throws {
        var random = RandomClauses(generator: SplitMix(state: 3))
        for _ in 0..<300 {
            let condition = random.condition(depth: 3)
            guard condition.isWritable else { continue }
            let text = "rules a\non write_fault of anonymous:\n copy when \(condition.text)\n reuse\n"
            let again = try #require(try parse(text).clauses[0].steps[0].value.condition)
            for _ in 0..<8 {
                let facts = random.assignment()
                #expect(condition.holds(facts) == again.holds(facts), "\(condition.text)")
            }
        }
    }

    @Test func askOnlyForWhatTheyNeed() {
        let clause = Clause([
            .init(.choice(.reuse), when: .all([.fact(.exclusive), .fact(.ksm)])),
            .init(
                .choice(.copy),
                when: .any([.fact(.lru), .comparison(Sum([.pageCount]), .greater, Sum([], 1))])),
            .init(.choice(.reuse)),
        ])
        let rules = Rules(name: "r", clauses: [.writeFaultAnonymous: clause])
        let facts = AskedFacts([.lru: 1])
        #expect(rules.decide(.writeFaultAnonymous, facts) == .choice(.copy))
        #expect(facts.asked == [.exclusive, .lru])
    }

    @Test func breakingCOWIsSatisfiedByAWritableEntry() {
        let clause = Clause([
            .init(.action(.breakCOW, otherwise: nil), when: .fact(.vmaCow)), .init(.choice(.take)),
        ])
        let rules = Rules(name: "r", clauses: [.getRead: clause])
        #expect(
            rules.decide(.getRead, Facts(values: [.vmaCow: 1])) == .action(.breakCOW, next: 0, otherwise: nil)
        )
        #expect(rules.decide(.getRead, Facts(values: [.vmaCow: 1, .pteWritable: 1])) == .choice(.take))
        #expect(rules.decide(.getRead, Facts(values: [:])) == .choice(.take))
        #expect(rules.decide(.pinRead, Facts(values: [:])) == nil)
        #expect(rules.has(.getRead) && !rules.has(.pinRead))
    }

    @Test func vocabularyFitsIntoWords() {
        #expect(Path.allCases.count <= 64 && Mechanism.allCases.count <= 64 && Fact.allCases.count <= 64)
        for mechanism in Mechanism.allCases {
            #expect(
                mechanism.values.count >= 2 && mechanism.values.contains(mechanism.standard),
                "\(mechanism.name)")
        }
        let names =
            Fact.allCases.map(\.name) + Choice.allCases.map(\.name) + Action.allCases.map(\.name)
            + ["when", "else", "then", "and", "or", "not", "of"] + Parser.keywords
        #expect(Set(names).count == names.count)
        #expect(Set(Path.allCases.map(\.head)).count == Path.allCases.count)
    }

    @Test func requestsSayWhichFlagsAreSet() {
        let rdma = Request(isPin: true, access: .write, longterm: true, force: true)
        #expect(rdma.flags(askedToWrite: true) == (true, false))
        #expect(rdma.flags(askedToWrite: false) == (true, true))
        let memory = Request(isPin: false, access: .asAsked, force: true)
        #expect(memory.flags(askedToWrite: true) == (true, true))
        #expect(memory.flags(askedToWrite: false) == (false, true))
    }
}

extension Condition {
    /// Whether the language can say it: it has no empty joins, and a fact alone is no sum.
    var isWritable: Bool {
        switch self {
        case .fact, .comparison: true
        case .not(let inner): inner.isWritable
        case .all(let parts), .any(let parts): !parts.isEmpty && parts.allSatisfy(\.isWritable)
        }
    }
}
