/// Lays steps out in columns: number, who, statement, what happens; below it, indented, what changed.
struct StepText {
    let paint: Paint
    let width: Int
    private let numberWidth: Int
    private let actorWidth: Int
    private let statementWidth: Int
    private let names: TestNames

    init(_ steps: [ExplainedStep], names: TestNames, paint: Paint, width: Int) {
        self.paint = paint
        self.width = width
        self.names = names
        numberWidth = max(2, "\(steps.count)".count)
        actorWidth = min(12, steps.map { names.actor($0.thread).count }.max() ?? 0)
        statementWidth = min(24, steps.map { StepText.statement($0).count }.max() ?? 0)
    }

    private static func statement(_ step: ExplainedStep) -> String {
        (step.isResumed ? "… " : "") + step.statement + (step.isUnfinished ? " …" : "")
    }

    private var doingColumn: Int { numberWidth + 2 + actorWidth + 2 + statementWidth + 2 }
    private var detailColumn: Int { numberWidth + 4 }

    /// The lines of a step.
    ///
    /// - Parameter previous: the step before it: what it has in common with it is not said again.
    func lines(_ number: Int, _ step: ExplainedStep, after previous: ExplainedStep?) -> [String] {
        header(number, step, after: previous) + details(step)
    }

    private func header(_ number: Int, _ step: ExplainedStep, after previous: ExplainedStep?) -> [String] {
        let statement = StepText.statement(step)
        let isSame =
            previous.map { $0.thread == step.thread && $0.statement == step.statement && !step.isResumed }
            ?? false
        let padding = String(repeating: " ", count: max(0, numberWidth - "\(number)".count))
        let actor = names.actor(step.thread)
        var line =
            padding + paint.strong("\(number)") + "  " + paint.strong(actor)
            + String(repeating: " ", count: max(0, actorWidth - actor.count)) + "  "
        let text = !isSame ? statement : step.isUnfinished ? "…" : ""
        let doing = step.doing.isEmpty ? [] : step.doing.wrapped(to: width - doingColumn)
        line += paint.statement(text)
        guard let first = doing.first else { return [line.trimmedAtEnd] }
        var lines: [String] = []
        if text.count <= statementWidth {
            line += String(repeating: " ", count: statementWidth - text.count) + "  " + first
            lines.append(line)
        } else {
            lines = [line, String(repeating: " ", count: doingColumn) + first]
        }
        return lines + doing.dropFirst().map { String(repeating: " ", count: doingColumn) + $0 }
    }

    private func details(_ step: ExplainedStep) -> [String] {
        var rows: [(subject: String, text: String)] = step.rules.map { ("rule", $0) }
        rows += step.changes.map { ($0.subject, $0.text) }
        rows += step.notes.map { ("note", $0) }
        if !step.held.isEmpty { rows.append(("holds", listed(step.held))) }
        let column = min(30, rows.map(\.subject.count).max() ?? 0)
        var lines = rows.flatMap { row($0.subject, $0.text, column) }
        for broken in step.broken {
            lines += row(
                "!", "\(BrokenText.title(broken.violation)) is broken: \(broken.reason)", 1, isBad: true)
        }
        return lines
    }

    private func row(_ subject: String, _ text: String, _ column: Int, isBad: Bool = false) -> [String] {
        let margin = String(repeating: " ", count: detailColumn)
        let indent = margin + String(repeating: " ", count: column + 2)
        let lines = text.wrapped(to: width - indent.count)
        let head =
            margin + (isBad ? paint.bad(subject) : paint.subject(subject))
            + String(repeating: " ", count: max(0, column - subject.count)) + "  "
        return lines.enumerated().map { index, line in
            let body = isBad ? paint.bad(line) : subject == "rule" ? paint.dim(line) : line
            return (index == 0 ? head : indent) + body
        }
    }
}

extension String {
    /// Without spaces at its end.
    var trimmedAtEnd: String {
        var text = self
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }
}
