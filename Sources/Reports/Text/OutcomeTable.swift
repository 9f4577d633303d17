import Exploration

/// The outcomes of one result as a table; those that make the condition fail are marked with `!`, where nothing does those
/// that satisfy its formula with `*`.
struct OutcomeTable {
    let report: TestReport
    let palette: Palette

    /// More outcomes than these are only counted.
    private let most = 24

    var lines: [String] {
        guard !report.outcomes.isEmpty else { return [] }
        let columns = report.columns.titles.indices.filter { column in
            report.outcomes.contains { $0.outcome.values[column] != .absent }
        }
        let widths = columns.map { column in
            report.outcomes.reduce(report.columns.titles[column].count) {
                max($0, $1.outcome.values[column].text.count)
            }
        }
        let fits = 6 + zip(columns, widths).reduce(0) { $0 + $1.1 + 2 } <= Layout.width
        var lines = fits && !columns.isEmpty ? ["      " + row(report.columns.titles, columns, widths)] : []
        for outcome in report.outcomes.prefix(most) {
            let texts = outcome.outcome.values.map(\.text)
            lines +=
                fits
                ? [
                    "    \(mark(outcome)) "
                        + (columns.isEmpty ? "(no register)" : row(texts, columns, widths))
                ]
                : wrapped(outcome, columns)
        }
        if report.outcomes.count > most {
            lines.append("      and \(report.outcomes.count - most) more outcomes")
        }
        return lines
    }

    private func mark(_ outcome: ReportedOutcome) -> String {
        if report.isDecisive(outcome) { return palette.bad("!") }
        return report.verdict != .fails && outcome.satisfies == true ? "*" : " "
    }

    private func row(_ texts: [String], _ columns: [Int], _ widths: [Int]) -> String {
        zip(columns, widths).map { Layout.right(texts[$0], $1) }.joined(separator: "  ")
    }

    /// An outcome of a test that has too many registers for a table.
    private func wrapped(_ outcome: ReportedOutcome, _ columns: [Int]) -> [String] {
        let words = columns.map { "\(report.columns.titles[$0])=\(outcome.outcome.values[$0].text);" }
        return Layout.wrap(words, first: "    \(mark(outcome)) ", rest: "        ")
    }
}
