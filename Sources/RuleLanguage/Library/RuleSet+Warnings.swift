import Diagnostics
import Rules

extension RuleSet {
    /// What a text's own clauses ask or do in vain, as the mechanisms of the whole set stand.
    static func warnings(of syntax: RuleSetSyntax, in rules: Rules) -> [Diagnostic] {
        syntax.clauses.flatMap { clause in
            clause.steps.flatMap { step in
                RuleSet.vain(step.value, in: rules).map { Diagnostic($0, severity: .warning, at: step.span) }
            }
        }
    }

    private static func vain(_ step: Clause.Step, in rules: Rules) -> [String] {
        var messages: [String] = []
        let facts = Set(step.condition?.facts ?? [])
        for fact in Fact.allCases where facts.contains(fact) {
            guard let need = fact.need, !need.values.contains(rules[need.mechanism]) else { continue }
            let values = listed(need.values.map(\.name), "or")
            messages.append(
                "'\(fact.name)' is never true: the mechanism '\(need.mechanism.name)' is not \(values)")
        }
        if case .action(.unshare, _) = step.effect, !rules.has(.unshareAnonymous) {
            messages.append(
                "'unshare' has no clause: the set does not say what happens 'on unshare of anonymous'")
        }
        return messages
    }
}

extension Fact {
    /// The mechanism that makes the fact possible, and the values with which it does; nil where none has to.
    public var need: (mechanism: Mechanism, values: [MechanismValue])? {
        switch self {
        case .exclusive: (.anonExclusive, [.yes])
        case .pteSwpExclusive: (.swapEntryExclusive, [.yes])
        case .vmaHasPinned: (.hasPinned, [.vma])
        case .mmHasPinned: (.hasPinned, [.flag, .count, .vma])
        case .mmOptedOut: (.cowOptOut, [.honoured])
        default: nil
        }
    }
}

extension Condition {
    /// The facts that the condition asks for.
    public var facts: [Fact] {
        switch self {
        case .fact(let fact): [fact]
        case .comparison(let left, _, let right): left.facts + right.facts
        case .not(let inner): inner.facts
        case .all(let parts), .any(let parts): parts.flatMap(\.facts)
        }
    }
}
