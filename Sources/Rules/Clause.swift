/// The clause of one path: what is asked, in which order, and what follows.
///
/// A clause that ends in a choice without a condition decides always; `RuleLanguage` lets no other through.
public struct Clause: Sendable, Hashable {
    /// The steps, in their order; the first that matches wins.
    public let steps: [Step]
    /// The hash of what the clause decides. Clauses that differ only in the order of what `and`, `or` and `+` join, or
    /// in steps that cannot matter, have the same.
    public let behaviour: UInt64

    /// Makes a clause.
    public init(_ steps: [Step]) {
        self.steps = steps
        var hash = StableHash()
        hash.feed(Clause.canonical(steps))
        behaviour = hash.value
    }

    /// One line of a clause.
    public struct Step: Sendable, Hashable {
        /// What the step does.
        public var effect: Effect
        /// When it does so; nil: always.
        public var condition: Condition?

        /// Makes a step.
        public init(_ effect: Effect, when condition: Condition? = nil) {
            self.effect = effect
            self.condition = condition
        }
    }

    /// What a step does.
    public enum Effect: Sendable, Hashable {
        /// Ends the decision.
        case choice(Choice)
        /// Does something and goes on; `otherwise` ends the decision where it cannot be done.
        case action(Action, otherwise: Choice?)
    }
}

/// What a step asks.
public indirect enum Condition: Sendable, Hashable {
    /// A fact that is 0 or 1, standing alone.
    case fact(Fact)
    /// Two sums, compared.
    case comparison(Sum, Comparison, Sum)
    /// The opposite.
    case not(Condition)
    /// All of them; true where there are none.
    case all([Condition])
    /// One of them at least; false where there are none.
    case any([Condition])
}

/// Facts and a number, added up.
public struct Sum: Sendable, Hashable {
    /// The facts, as often as they count.
    public var facts: [Fact]
    /// The number.
    public var constant: Int32

    /// Makes a sum.
    public init(_ facts: [Fact] = [], _ constant: Int32 = 0) {
        self.facts = facts
        self.constant = constant
    }
}

/// How two sums are compared.
public enum Comparison: UInt8, CaseIterable, Sendable, Hashable {
    /// `==`
    case equal
    /// `!=`
    case unequal
    /// `<`
    case less
    /// `<=`
    case lessOrEqual
    /// `>`
    case greater
    /// `>=`
    case greaterOrEqual

    /// The sign in the text of a rule set.
    public var sign: String {
        switch self {
        case .equal: "=="
        case .unequal: "!="
        case .less: "<"
        case .lessOrEqual: "<="
        case .greater: ">"
        case .greaterOrEqual: ">="
        }
    }

    /// The comparison that holds exactly where this one does not.
    public var opposite: Comparison {
        switch self {
        case .equal: .unequal
        case .unequal: .equal
        case .less: .greaterOrEqual
        case .lessOrEqual: .greater
        case .greater: .lessOrEqual
        case .greaterOrEqual: .less
        }
    }

    /// Whether it holds between two numbers.
    @inlinable
    public func holds(_ left: Int, _ right: Int) -> Bool {
        switch self {
        case .equal: left == right
        case .unequal: left != right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        }
    }
}
