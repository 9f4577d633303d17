extension Clause {
    /// Steps in one fixed form: equal for clauses that differ only in the order of what `and`, `or` and `+` join,
    /// in brackets, in where a comparison has its terms, or in steps that cannot matter.
    static func canonical(_ steps: [Step]) -> String {
        var lines: [(condition: String?, effect: String)] = []
        for step in steps {
            lines.append((step.guardingCondition.map { $0.canonical(negated: false) }, step.effect.canonical))
            if case .choice = step.effect, step.condition == nil { break }
        }
        while lines.count >= 2, lines[lines.count - 1].effect == lines[lines.count - 2].effect,
            lines[lines.count - 1].condition == nil, lines[lines.count - 1].effect.hasPrefix("choice")
        {
            lines[lines.count - 2].condition = nil
            lines.removeLast()
        }
        return lines.map { "\($0.effect) when \($0.condition ?? "always")" }.joined(separator: "\n")
    }
}

extension Clause.Effect {
    fileprivate var canonical: String {
        switch self {
        case .choice(let choice): "choice \(choice.name)"
        case .action(let action, let otherwise): "action \(action.name) else \(otherwise?.name ?? "on")"
        }
    }
}

extension Condition {
    fileprivate func canonical(negated: Bool) -> String {
        switch self {
        case .fact(let fact): (negated ? "not " : "") + fact.name
        case .comparison(let left, let comparison, let right):
            Condition.canonical(left, negated ? comparison.opposite : comparison, right)
        case .not(let inner): inner.canonical(negated: !negated)
        case .all(let parts): Condition.join(parts, negated: negated, all: !negated)
        case .any(let parts): Condition.join(parts, negated: negated, all: negated)
        }
    }

    /// Joined parts, those of inner joins of the same kind among them, each once, in alphabetical order.
    private static func join(_ parts: [Condition], negated: Bool, all: Bool) -> String {
        let texts = flatten(parts, negated: negated, all: all).map {
            $0.condition.canonical(negated: $0.negated)
        }
        let sorted = Set(texts).sorted()
        if sorted.count == 1 { return sorted[0] }
        return (all ? "all" : "any") + "(" + sorted.joined(separator: ", ") + ")"
    }

    private static func flatten(
        _ parts: [Condition], negated: Bool, all: Bool
    ) -> [(condition: Condition, negated: Bool)] {
        parts.flatMap { part -> [(condition: Condition, negated: Bool)] in
            switch part {
            case .not(let inner): flatten([inner], negated: !negated, all: all)
            case .all(let inner) where all != negated: flatten(inner, negated: negated, all: all)
            case .any(let inner) where all == negated: flatten(inner, negated: negated, all: all)
            default: [(part, negated)]
            }
        }
    }

    /// All facts on the left, the number on the right, as `<` or `<=` only where the first fact would be subtracted.
    private static func canonical(_ left: Sum, _ comparison: Comparison, _ right: Sum) -> String {
        var counts: [String: Int] = [:]
        for fact in left.facts { counts[fact.name, default: 0] += 1 }
        for fact in right.facts { counts[fact.name, default: 0] -= 1 }
        var terms = counts.filter { $0.value != 0 }.sorted { $0.key < $1.key }
        var constant = Int(right.constant) - Int(left.constant)
        var comparison = comparison
        if let first = terms.first, first.value < 0 {
            terms = terms.map { ($0.key, -$0.value) }
            constant = -constant
            comparison = comparison.mirrored
        }
        if comparison == .less { (comparison, constant) = (.lessOrEqual, constant - 1) }
        if comparison == .greater { (comparison, constant) = (.greaterOrEqual, constant + 1) }
        let sum = terms.map { "\($0.value)*\($0.key)" }.joined(separator: "+")
        return "\(sum) \(comparison.sign) \(constant)"
    }
}

extension Comparison {
    /// The comparison with its sides exchanged.
    fileprivate var mirrored: Comparison {
        switch self {
        case .equal, .unequal: self
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        }
    }
}
