/// How a clause came to what it says: told from its text, step by step, for explanations. `Rules.decide` comes to the same
/// and is fast.
public struct ClauseWalk: Sendable, Hashable {
    /// The step that matched, from 0.
    public var step: Int
    /// The facts that were asked for on the way, in order, each once.
    public var facts: [FactRead]

    /// A fact with the value that it had.
    public struct FactRead: Sendable, Hashable {
        /// The fact.
        public var fact: Fact
        /// A count, or 0 or 1.
        public var value: Int

        /// Makes one.
        public init(fact: Fact, value: Int) {
            self.fact = fact
            self.value = value
        }
    }
}

extension Clause {
    /// Walks the clause as `Rules.decide` does, and writes down what was asked.
    ///
    /// - Parameter first: the step to begin at.
    /// - Returns: nil where no step matches.
    public func walk(_ source: some FactSource, from first: Int = 0) -> ClauseWalk? {
        var reader = FactReader(source: source)
        for index in steps.indices.dropFirst(first) {
            guard let condition = steps[index].guardingCondition, !reader.isTrue(condition) else {
                return ClauseWalk(step: index, facts: reader.facts)
            }
        }
        return nil
    }
}

/// Evaluates conditions from left to right, no further than needed.
private struct FactReader<Source: FactSource> {
    let source: Source
    var facts: [ClauseWalk.FactRead] = []

    mutating func isTrue(_ condition: Condition) -> Bool {
        switch condition {
        case .fact(let fact): return read(fact) != 0
        case .comparison(let left, let comparison, let right):
            return comparison.holds(value(left), value(right))
        case .not(let inner): return !isTrue(inner)
        case .all(let parts):
            for part in parts where !isTrue(part) { return false }
            return true
        case .any(let parts):
            for part in parts where isTrue(part) { return true }
            return false
        }
    }

    private mutating func value(_ sum: Sum) -> Int {
        var total = Int(sum.constant)
        for fact in sum.facts { total += read(fact) }
        return total
    }

    private mutating func read(_ fact: Fact) -> Int {
        let value = source.value(of: fact)
        if !facts.contains(where: { $0.fact == fact }) { facts.append(.init(fact: fact, value: value)) }
        return value
    }
}
