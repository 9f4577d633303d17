import TestLanguage

/// Says whether an outcome satisfies a test's condition.
///
/// Of an outcome that was measured, some values may not be observable: then the formula is true, false, or not known.
public struct ConditionEvaluator: Sendable {
    let test: ResolvedTest
    let columns: OutcomeColumns
    let formula: Formula

    /// Makes an evaluator of a formula of a test's condition, or of a part of one.
    public init(test: ResolvedTest, columns: OutcomeColumns, formula: Formula) {
        self.test = test
        self.columns = columns
        self.formula = formula
    }

    /// Whether the formula is true of an outcome.
    public func isSatisfied(by outcome: Outcome) -> Bool { truth(of: outcome.values) ?? false }

    /// Whether the formula is true of values, one for each column.
    ///
    /// - Parameter values: nil where a value cannot be observed.
    /// - Returns: nil where it depends on what cannot be observed.
    public func truth(of values: [OutcomeValue?]) -> Bool? { truth(formula, values) }

    private func truth(_ formula: Formula, _ values: [OutcomeValue?]) -> Bool? {
        switch formula.kind {
        case .and(let parts):
            let truths = parts.map { truth($0, values) }
            return truths.contains(false) ? false : truths.contains(nil) ? nil : true
        case .or(let parts):
            let truths = parts.map { truth($0, values) }
            return truths.contains(true) ? true : truths.contains(nil) ? nil : false
        case .not(let inner): return truth(inner, values).map { !$0 }
        case .comparison(let left, let comparison, let right):
            let pair = (value(left, values), value(right, values))
            // What is absent decides, whatever the other one may be.
            if pair.0 == .some(.absent) || pair.1 == .some(.absent) { return false }
            guard let first = pair.0, let second = pair.1 else { return nil }
            return compare(first, comparison, second)
        case .fact(.killed(let name)): return end(of: name, values).map { $0 == .killed }
        case .fact(.blocked(let name)): return end(of: name, values).map { $0 == .blocked }
        case .fact(let fact): return value(.fact(fact), values).map { $0 == .number(1) }
        }
    }

    private func value(_ column: OutcomeColumns.Column, _ values: [OutcomeValue?]) -> OutcomeValue? {
        guard let index = columns.indices[column] else { return .absent }
        return values[index]
    }

    private func end(of name: Name, _ values: [OutcomeValue?]) -> OutcomeValue? {
        guard let actor = test.actor(named: name.text) else { return .absent }
        return value(.actor(actor.index), values)
    }

    private func value(_ operand: Operand, _ values: [OutcomeValue?]) -> OutcomeValue? {
        switch operand.kind {
        case .number(let number): return .number(Int(number))
        case .error(let error): return .number(-error.rawValue)
        case .zeroFrame: return .zeroPage
        case .register, .content, .file, .copies:
            guard let column = operand.column(test) else { return .absent }
            return value(column, values)
        }
    }

    private func compare(_ left: OutcomeValue, _ comparison: Comparison, _ right: OutcomeValue) -> Bool {
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
