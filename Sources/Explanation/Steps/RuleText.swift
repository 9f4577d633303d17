import RuleLanguage
import Rules
import VirtualMemory

/// Tells decisions of the rules: what they say, what they saw, and where that stands.
struct RuleText {
    let ruleSet: RuleSet

    /// `write_fault of anonymous: copy when page_count != 1 (page_count is 2; refcount-5.9.rules:21)`
    func text(_ decision: DecisionTrace) -> String {
        guard let clause = ruleSet.rules.clauses[decision.path],
            decision.walk.step < clause.steps.count
        else { return decision.path.head }
        let said = clause.steps[decision.walk.step].text
        let implied = clause.steps[decision.walk.step].condition?.impliedFacts ?? []
        let facts = decision.walk.facts.filter { !implied.contains($0.fact) }.map { text($0) }
        let sources = [listed(facts), place(decision)].filter { !$0.isEmpty }
        return "\(decision.path.head): \(said) (\(sources.joined(separator: "; ")))"
    }

    /// The choice that a decision came to; nil for an action.
    func choice(_ decision: DecisionTrace) -> Choice? {
        guard let clause = ruleSet.rules.clauses[decision.path], decision.walk.step < clause.steps.count,
            case .choice(let choice) = clause.steps[decision.walk.step].effect
        else { return nil }
        return choice
    }

    /// Where the step stands, `refcount.rules:21`.
    private func place(_ decision: DecisionTrace) -> String {
        guard let origin = ruleSet.clauseOrigins[decision.path] else { return "" }
        let lines = origin.stepLines
        let line = decision.walk.step < lines.count ? lines[decision.walk.step] : origin.line
        let file = origin.file.split(separator: "/").last.map(String.init) ?? origin.file
        return "\(file):\(line)"
    }

    /// `page_count is 2`, `not mm.has_pinned`
    private func text(_ read: ClauseWalk.FactRead) -> String {
        if read.fact.isNumber { return "\(read.fact.name) is \(read.value)" }
        return read.value != 0 ? read.fact.name : "not \(read.fact.name)"
    }
}

extension Condition {
    /// Flags whose values are known when the condition is known to be true: it says them itself.
    fileprivate var impliedFacts: Set<Fact> {
        switch self {
        case .fact(let fact), .not(.fact(let fact)): [fact]
        case .all(let parts): parts.reduce(into: []) { $0.formUnion($1.impliedFacts) }
        case .comparison, .not, .any: []
        }
    }
}

extension Clause.Step {
    /// The step on one line, as a rule set says it.
    fileprivate var text: String {
        Clause([self]).stepTexts[0].split(separator: " ").joined(separator: " ")
    }
}
