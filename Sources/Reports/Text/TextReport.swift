import Exploration
import RuleLanguage
import TestLanguage
import VirtualMemory

/// Results as text for people, no wider than 100 columns but for schedules and names that are wider.
///
/// One line a test; then what is not as expected, in full; then the matrix of rule sets against guarantees; then a line
/// that sums up. The same results give the same text.
public struct TextReport {
    let results: CheckResults
    let palette: Palette
    let options: Options

    /// What to print.
    public struct Options: Sendable {
        /// Every outcome and every broken guarantee, also where all is as expected.
        public var showsEverything: Bool
        /// The matrix of rule sets against guarantees.
        public var showsMatrix: Bool

        /// Makes options.
        public init(showsEverything: Bool = false, showsMatrix: Bool = true) {
            self.showsEverything = showsEverything
            self.showsMatrix = showsMatrix
        }
    }

    /// Makes a report.
    public init(
        _ results: CheckResults, palette: Palette = Palette(isColored: false), options: Options = Options()
    ) {
        self.results = results
        self.palette = palette
        self.options = options
    }

    /// The text, each line ended by a line break; empty where nothing was checked.
    public var text: String {
        guard !results.reports.isEmpty, !results.ruleSets.isEmpty else { return "" }
        var lines = TestTable(results: results, palette: palette).lines
        for reports in results.reports {
            let details = TestDetails(
                reports: reports, palette: palette, showsEverything: options.showsEverything)
            if details.isWorthwhile { lines += [""] + details.lines }
        }
        if options.showsMatrix {
            lines += [""] + GuaranteeMatrix(results).lines(palette)
        }
        return (lines + [""] + summary).map { $0 + "\n" }.joined()
    }

    private var summary: [String] {
        let all = Array(results.reports.joined())
        let differing = all.filter { $0.isDecided && !$0.isExpected }.count
        let undecided = all.filter { !$0.isDecided && !$0.isUnusable }.count
        let unusable = all.filter(\.isUnusable).count
        var parts: [String] = []
        if differing > 0 { parts.append(palette.bad("\(differing) not as expected")) }
        if undecided > 0 { parts.append(palette.unsure("\(undecided) undecided")) }
        if unusable > 0 { parts.append(palette.bad("\(unusable) could not be run")) }
        let head =
            Layout.count(results.reports.count, "test") + " under "
            + Layout.count(results.ruleSets.count, "rule set") + ": "
        let verdict =
            parts.isEmpty
            ? palette.good("all as expected")
            : "of \(Layout.count(all.count, "result")) " + parts.joined(separator: ", ")
        let interrupt = results.isInterrupted ? palette.unsure("interrupted; ") : ""
        return [interrupt + head + verdict + "; \(results.states) states"]
    }
}
