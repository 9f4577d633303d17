import Exploration
import TestLanguage

/// One line a test: under how many rule sets its condition holds and fails, how many states there are at the most, and
/// which guarantees some rule set breaks.
struct TestTable {
    let results: CheckResults
    let palette: Palette

    private let numberWidth = 7
    private let statesWidth = 10

    var lines: [String] {
        var lines = [header]
        var folder: String?
        for reports in results.reports {
            guard let first = reports.first else { continue }
            let here = first.test.folder
            if here != folder {
                folder = here
                lines.append(palette.strong(here))
            }
            lines.append(line(reports, first.test))
        }
        return lines
    }

    private var nameWidth: Int {
        let names = results.reports.compactMap { $0.first?.test.name.count }
        return max(names.max() ?? 0, 4)
    }

    private var header: String {
        let head =
            "  " + Layout.left("test", nameWidth) + Layout.right("holds", numberWidth)
            + Layout.right("fails", numberWidth) + Layout.right("states", statesWidth) + "  "
        return palette.faint(head + "breaks, under some")
    }

    private func line(_ reports: [TestReport], _ test: LoweredTest) -> String {
        let holds = reports.filter { $0.verdict == .holds }.count
        let fails = reports.filter { $0.verdict == .fails }.count
        let hasCondition = test.test.test.condition != nil
        let states = reports.map(\.states).max() ?? 0
        let numbers =
            hasCondition
            ? Layout.right("\(holds)", numberWidth)
                + Layout.right(fails == 0 ? "." : "\(fails)", numberWidth)
            : Layout.right("none", numberWidth) + Layout.right(".", numberWidth)
        let used = 2 + nameWidth + 2 * numberWidth + statesWidth + 2
        let line =
            mark(reports) + Layout.left(test.name, nameWidth) + numbers
            + Layout.right("\(states)", statesWidth) + "  " + broken(reports, room: Layout.width - used)
        return String(line.reversed().drop { $0 == " " }.reversed())
    }

    private func mark(_ reports: [TestReport]) -> String {
        if reports.contains(where: { $0.isUnusable || ($0.isDecided && !$0.isExpected) }) {
            return palette.bad("!") + " "
        }
        return reports.contains { !$0.isDecided } ? palette.unsure("?") + " " : "  "
    }

    /// As many names as there is room for, and how many more.
    private func broken(_ reports: [TestReport], room: Int) -> String {
        let names = Set(reports.flatMap(\.brokenGuarantees)).sorted().map(\.name)
        for shown in stride(from: names.count, through: 0, by: -1) {
            let more = shown < names.count ? [shown == 0 ? "\(names.count)" : "+\(names.count - shown)"] : []
            let text = (names.prefix(shown) + more).joined(separator: " ")
            if text.count <= room { return text }
        }
        return ""
    }
}

extension LoweredTest {
    /// The test's name.
    var name: String { test.test.name.text }

    /// The path of its file.
    var path: String { source.name }

    /// The file as an argument of a command.
    var argument: String { path == "<standard input>" ? "-" : path.quotedForShell }

    /// The folder of its file; the file's own name where there is none.
    var folder: String {
        guard let slash = path.lastIndex(of: "/") else { return path }
        return String(path[..<slash])
    }
}
