import Exploration
import TestLanguage

/// The names and values of one result as readers of herd7's logs take them.
struct HerdNames {
    private let test: ResolvedTest
    private let columns: OutcomeColumns
    private let outcomes: [[OutcomeValue?]]
    private let names: [String]

    init(_ report: TestReport) {
        self.init(report.test.test, report.columns, report.outcomes.map(\.outcome.values))
    }

    /// Names for outcomes; values that are nil cannot be seen.
    init(_ test: ResolvedTest, _ columns: OutcomeColumns, _ outcomes: [[OutcomeValue?]]) {
        self.test = test
        self.columns = columns
        self.outcomes = outcomes
        names = columns.titles.map(HerdNames.name)
    }

    /// A title with nothing in it but letters, digits, `_` and `.`: `parent:*x.1` becomes `parent.mem.x.1`.
    static func name(_ title: String) -> String {
        var name = ""
        for character in title {
            switch character {
            case "*": name += "mem."
            case ":", "(", ",", "[": if name.last != "." { name += "." }
            case ")", "]", " ": break
            default: name.append(character)
            }
        }
        return name.first?.isLetter == true ? name : "v" + name
    }

    /// A state: every name with its value.
    func state(_ outcome: Outcome) -> String { state(outcome.values) }

    /// A state: every name with its value, without those that no state shows.
    func state(_ values: [OutcomeValue?]) -> String {
        names.indices.filter { column in outcomes.contains { $0[column] != nil } }
            .map { "\(names[$0])=\(value($0, values));" }.joined(separator: " ")
    }

    private func value(_ column: Int, _ values: [OutcomeValue?]) -> String {
        guard let value = values[column] else { return "unseen" }
        guard value == .absent else { return value.text }
        if case .actor = columns.columns[column] { return "ended" }
        return "none"
    }

    /// A formula. What their language has no comparison for is spelled out with the values that there are.
    func text(of formula: Formula) -> String {
        switch formula.kind {
        case .and(let parts): parts.map(bracketed).joined(separator: " /\\ ")
        case .or(let parts): parts.map(bracketed).joined(separator: " \\/ ")
        case .not(let part): "not (\(text(of: part)))"
        case .fact(.killed(let actor)): "\(HerdNames.name(actor.text))=killed"
        case .fact(.blocked(let actor)): "\(HerdNames.name(actor.text))=blocked"
        case .fact(let fact): "\(HerdNames.name("\(fact)"))=1"
        case .comparison(let left, .equal, let right):
            switch (column(left), constant(right)) {
            case (let column?, let value?): "\(names[column])=\(value)"
            default: spelledOut(formula, [left, right])
            }
        case .comparison(let left, _, let right): spelledOut(formula, [left, right])
        }
    }

    private func bracketed(_ formula: Formula) -> String {
        switch formula.kind {
        case .and, .or: "(\(text(of: formula)))"
        case .not, .fact, .comparison: text(of: formula)
        }
    }

    private func column(_ operand: Operand) -> Int? {
        columns.titles.firstIndex(of: "\(operand)")
    }

    private func constant(_ operand: Operand) -> String? {
        switch operand.kind {
        case .number(let number): "\(number)"
        case .error(let error): "\(-error.rawValue)"
        case .zeroFrame: "zero"
        case .register, .content, .file, .copies: nil
        }
    }

    private func spelledOut(_ comparison: Formula, _ operands: [Operand]) -> String {
        let evaluator = ConditionEvaluator(test: test, columns: columns, formula: comparison)
        let compared = operands.compactMap(column)
        var cases: [String] = []
        for outcome in outcomes where evaluator.truth(of: outcome) == true {
            let text = compared.map { "\(names[$0])=\(value($0, outcome))" }.joined(separator: " /\\ ")
            if !cases.contains(text) { cases.append(text) }
        }
        return cases.isEmpty ? "false" : "(\(cases.joined(separator: " \\/ ")))"
    }
}
