import Exploration
import TestLanguage

/// The names and values of one result as readers of herd7's logs take them.
struct HerdNames {
    private let report: TestReport
    private let names: [String]

    init(_ report: TestReport) {
        self.report = report
        names = report.columns.titles.map(HerdNames.name)
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
    func state(_ outcome: Outcome) -> String {
        names.indices.map { "\(names[$0])=\(value($0, outcome));" }.joined(separator: " ")
    }

    private func value(_ column: Int, _ outcome: Outcome) -> String {
        let value = outcome.values[column]
        guard value == .absent else { return value.text }
        if case .actor = report.columns.columns[column] { return "ended" }
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
        report.columns.titles.firstIndex(of: "\(operand)")
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
        let evaluator = ConditionEvaluator(
            test: report.test.test, columns: report.columns, formula: comparison)
        let columns = operands.compactMap(column)
        var cases: [String] = []
        for reported in report.outcomes where evaluator.isSatisfied(by: reported.outcome) {
            let text = columns.map { "\(names[$0])=\(value($0, reported.outcome))" }.joined(
                separator: " /\\ ")
            if !cases.contains(text) { cases.append(text) }
        }
        return cases.isEmpty ? "false" : "(\(cases.joined(separator: " \\/ ")))"
    }
}
