import Exploration
import RuleLanguage
import VirtualMemory

/// Puts an explanation together: what is shown and why, the beginning, the steps, the end.
struct ExplanationText {
    let explanation: Explanation
    let level: Level
    let paint: Paint
    let width: Int
    private let steps: [ExplainedStep]

    init(_ explanation: Explanation, level: Level, paint: Paint, width: Int) {
        self.explanation = explanation
        self.level = level
        self.paint = paint
        self.width = width
        steps = StepBuilder(explanation.execution, explanation.ruleSet, level: level).steps()
    }

    private var names: TestNames { explanation.execution.names }
    private var replay: Replay { explanation.execution.replay }

    /// The whole text.
    var text: String {
        let sections = [head, start, stepLines, end]
        return sections.map { $0.map { $0.trimmedAtEnd + "\n" }.joined() }.joined(separator: "\n")
    }

    // MARK: Head

    private var head: [String] {
        let test = names.test.test.test
        var lines = [paint.strong(test.name.text) + " under " + paint.strong(explanation.ruleSet.name)]
        if let summary = test.summary { lines += summary.wrapped(to: width - 4).map { "    " + $0 } }
        return lines + [""] + ("Shown: " + shown + ".").wrapped(to: width)
    }

    private var shown: String {
        let count = explanation.schedule.length
        let sections = "\(count) section\(count == 1 ? "" : "s")"
        let condition = names.test.test.test.condition.map { "'\($0)'" } ?? "the condition"
        switch explanation.reason {
        case .asked: return "the schedule that was asked for, \(sections)"
        case .breaksNever, .breaksAlways: return "a shortest execution that breaks \(condition), \(sections)"
        case .satisfiesExists: return "a shortest execution that satisfies \(condition), \(sections)"
        case .breaks(let violation):
            return "a shortest execution that breaks \(BrokenText.title(violation)), \(sections)"
        case .outcome(of: 1): return "a shortest execution, \(sections); all have the same outcome"
        case .outcome(let count):
            return "a shortest execution to the first of \(count) outcomes, \(sections); "
                + "nothing is broken in any of them"
        }
    }

    // MARK: Start and steps

    private var start: [String] {
        guard let first = explanation.execution.states.first else { return [] }
        let rows = MemoryTable(names: names, state: first).rows()
        return [paint.strong("At the start")] + (rows.isEmpty ? ["    nothing is mapped"] : table(rows))
    }

    private var stepLines: [String] {
        guard !steps.isEmpty else { return [paint.strong(title), "    nobody can go on"] }
        let layout = StepText(steps, names: names, paint: paint, width: width)
        return [paint.strong(title)]
            + steps.indices.flatMap { index in
                layout.lines(index + 1, steps[index], after: index > 0 ? steps[index - 1] : nil)
            }
    }

    private var title: String {
        switch level {
        case .syscalls: "Step by step: what each statement did"
        case .pages: "Step by step: what changed pages and counts"
        case .locks: "Step by step: every section"
        }
    }

    private func table(_ rows: [(subject: String, text: String)]) -> [String] {
        let column = min(30, rows.map(\.subject.count).max() ?? 0)
        return rows.flatMap { row in
            row.text.wrapped(to: width - column - 6).enumerated().map { index, line in
                let subject = index == 0 ? row.subject : ""
                return "    " + paint.subject(subject)
                    + String(repeating: " ", count: max(0, column - subject.count)) + "  " + line
            }
        }
    }

    // MARK: End

    private var end: [String] {
        guard let last = explanation.execution.states.last else { return [] }
        let end = EndText(replay: replay, names: names, state: last)
        var lines = [paint.strong(endTitle)]
        lines += table(
            end.actors + MemoryTable(names: names, state: last).rows()
                + joined(end.contents, "contents") + joined(end.registers, "registers")
                + joined(end.facts, "facts"))
        lines.append("")
        if let condition = end.condition {
            lines += verdict("Condition", condition.text, isBad: condition.isBad)
        }
        lines += brokenLines(end.broken)
        lines += verdict("Schedule", explanation.schedule.description, isBad: false)
        return lines
    }

    private var endTitle: String {
        if replay.end.outcome != nil { return "At the end" }
        if case .breaks = explanation.reason { return "Where it is broken; what follows is not told" }
        return "Where the schedule ends; what follows is not told"
    }

    /// Rows of names and values as one row.
    private func joined(
        _ rows: [(subject: String, text: String)], _ title: String
    ) -> [(subject: String, text: String)] {
        rows.isEmpty ? [] : [(title, rows.map { "\($0.subject) = \($0.text)" }.joined(separator: ", "))]
    }

    private func brokenLines(_ atEnd: [ExplainedStep.Broken]) -> [String] {
        var texts: [String] = []
        for (index, step) in steps.enumerated() {
            for broken in step.broken {
                let text = "\(BrokenText.title(broken.violation)) at step \(index + 1)"
                if !texts.contains(text) { texts.append(text) }
            }
        }
        texts += atEnd.map { "\(BrokenText.title($0.violation)) at the end: \($0.reason)" }
        guard !texts.isEmpty else { return [] }
        return verdict("Broken", texts.joined(separator: "; "), isBad: true)
    }

    private func verdict(_ title: String, _ text: String, isBad: Bool) -> [String] {
        let column = 11
        return text.wrapped(to: width - column).enumerated().map { index, line in
            let head =
                index == 0 ? paint.strong(title.padded(to: column)) : String(repeating: " ", count: column)
            return head + (isBad ? paint.bad(line) : line)
        }
    }
}
