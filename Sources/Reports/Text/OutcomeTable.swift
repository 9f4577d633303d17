import Exploration

/// Outcomes as a table, those columns left out that are empty in all of them.
struct ValueTable {
    /// One outcome.
    struct Row {
        /// What stands before it, one column wide.
        let mark: String
        /// One text for each column; nil where there is nothing.
        let texts: [String?]
        /// What stands behind it.
        var note = ""
    }

    let titles: [String]
    let rows: [Row]

    /// More outcomes than these are only counted.
    private let most = 24

    init(titles: [String], rows: [Row]) {
        self.titles = titles
        self.rows = rows
    }

    var lines: [String] {
        guard !rows.isEmpty else { return [] }
        let columns = titles.indices.filter { column in rows.contains { $0.texts[column] != nil } }
        let widths = columns.map { column in
            rows.reduce(titles[column].count) { max($0, ($1.texts[column] ?? "-").count) }
        }
        let notes = rows.reduce(0) { max($0, $1.note.count) }
        let width = zip(columns, widths).reduce(6 + notes) { $0 + $1.1 + 2 }
        let fits = width <= Layout.width
        var lines = fits && !columns.isEmpty ? ["      " + line(titles, columns, widths)] : []
        for row in rows.prefix(most) {
            let texts = row.texts.map { $0 ?? "-" }
            let note = row.note.isEmpty ? "" : "  " + row.note
            if fits {
                let text = columns.isEmpty ? "(no register)" : line(texts, columns, widths)
                lines.append("    \(row.mark) \(text)\(note)")
            } else {
                let words =
                    columns.map { "\(titles[$0])=\(texts[$0]);" } + (row.note.isEmpty ? [] : [row.note])
                lines += Layout.wrap(words, first: "    \(row.mark) ", rest: "        ")
            }
        }
        if rows.count > most { lines.append("      and \(rows.count - most) more outcomes") }
        return lines
    }

    private func line(_ texts: [String], _ columns: [Int], _ widths: [Int]) -> String {
        zip(columns, widths).map { Layout.right(texts[$0], $1) }.joined(separator: "  ")
    }
}

/// The outcomes of one result as a table; those that make the condition fail are marked with `!`, where nothing does those
/// that satisfy its formula with `*`.
struct OutcomeTable {
    let report: TestReport
    let palette: Palette

    var lines: [String] {
        ValueTable(
            titles: report.columns.titles,
            rows: report.outcomes.map { outcome in
                ValueTable.Row(mark: mark(outcome), texts: outcome.outcome.values.map(\.textOfSomething))
            }
        ).lines
    }

    private func mark(_ outcome: ReportedOutcome) -> String {
        if report.isDecisive(outcome) { return palette.bad("!") }
        return report.verdict != .fails && outcome.satisfies == true ? "*" : " "
    }
}

extension OutcomeValue {
    /// Its text; nil for what is absent.
    var textOfSomething: String? { self == .absent ? nil : text }
}
