import TestLanguage

/// Says whether an outcome satisfies a test's condition.
public struct ConditionEvaluator: Sendable {
    let lowered: LoweredTest
    let columns: OutcomeColumns
    let formula: Formula

    /// Makes an evaluator of a formula of a test's condition, or of a part of one.
    public init(lowered: LoweredTest, columns: OutcomeColumns, formula: Formula) {
        self.lowered = lowered
        self.columns = columns
        self.formula = formula
    }

    /// Whether the formula is true of an outcome.
    public func isSatisfied(by outcome: Outcome) -> Bool { isTrue(formula, outcome) }

    private func isTrue(_ formula: Formula, _ outcome: Outcome) -> Bool {
        switch formula.kind {
        case .and(let parts): parts.allSatisfy { isTrue($0, outcome) }
        case .or(let parts): parts.contains { isTrue($0, outcome) }
        case .not(let inner): !isTrue(inner, outcome)
        case .comparison(let left, let comparison, let right):
            compare(value(left, outcome), comparison, value(right, outcome))
        case .fact(.killed(let name)): end(of: name, outcome) == .killed
        case .fact(.blocked(let name)): end(of: name, outcome) == .blocked
        case .fact(let fact): columns.indices[.fact(fact)].map { outcome.values[$0] == .number(1) } ?? false
        }
    }

    private func end(of name: Name, _ outcome: Outcome) -> OutcomeValue {
        guard let actor = lowered.test.actor(named: name.text),
            let index = columns.indices[.actor(actor.index)]
        else { return .absent }
        return outcome.values[index]
    }

    private func value(_ operand: Operand, _ outcome: Outcome) -> OutcomeValue {
        switch operand.kind {
        case .number(let number): .number(Int(number))
        case .error(let error): .number(-error.rawValue)
        case .zeroFrame: .zeroPage
        case .file: .absent
        case .register, .content, .copies:
            operand.column(lowered).flatMap { columns.indices[$0] }.map { outcome.values[$0] } ?? .absent
        }
    }

    /// A comparison with what is absent is false, `!=` too.
    private func compare(_ left: OutcomeValue, _ comparison: Comparison, _ right: OutcomeValue) -> Bool {
        if left == .absent || right == .absent { return false }
        switch comparison {
        case .equal: return left == right
        case .notEqual: return left != right
        default: break
        }
        guard case .number(let a) = left, case .number(let b) = right else { return false }
        switch comparison {
        case .less: return a < b
        case .lessOrEqual: return a <= b
        case .greater: return a > b
        case .greaterOrEqual: return a >= b
        case .equal, .notEqual: return false
        }
    }
}
