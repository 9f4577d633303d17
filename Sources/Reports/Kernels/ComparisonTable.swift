import Corpus
import KernelRuns

/// One line a test, by folder, with a cell for each kernel.
struct ComparisonTable {
    let results: KernelResults
    let palette: Palette

    private let longestHead = 12

    var lines: [String] {
        let columns = heads.indices.map { index in
            results.comparisons.reduce(heads[index].count) { max($0, cell($1[index]).text.count) }
        }
        let nameWidth = max(results.tests.map(\.name.count).max() ?? 0, 4)
        var lines = [
            palette.faint(
                "  " + Layout.left("test", nameWidth)
                    + zip(heads, columns).map { "  " + Layout.left($0, $1) }.joined()
            ).trimmed
        ]
        var folder: String?
        for (test, row) in zip(results.tests, results.comparisons) {
            if test.folder != folder {
                folder = test.folder
                lines.append(palette.strong(test.folder))
            }
            let mark =
                row.contains(where: \.isFailure)
                ? palette.bad("!") : row.contains(where: \.isUnknown) ? palette.unsure("?") : " "
            let cells = zip(row, columns).map { comparison, width in
                let (text, paint) = cell(comparison)
                return "  " + paint(text) + String(repeating: " ", count: width - text.count)
            }
            lines.append((mark + " " + Layout.left(test.name, nameWidth) + cells.joined()).trimmed)
        }
        return lines
    }

    /// What stands above the columns: names, the last parts of paths.
    private var heads: [String] {
        results.kernels.map { kernel in
            let last = kernel.label.split(separator: "/").last.map(String.init) ?? kernel.label
            return last.count <= longestHead ? last : String(last.prefix(longestHead - 1)) + "…"
        }
    }

    private func cell(_ comparison: TestComparison) -> (text: String, paint: (String) -> String) {
        switch comparison.result {
        case .agrees: ("agrees", { $0 })
        case .modelAllowsMore(let seen, let allowed): ("\(seen) of \(allowed)", { $0 })
        case .disagrees: ("disagrees", palette.bad)
        case .notRunnable: ("-", palette.faint)
        case .notModelled(.none): ("new", palette.faint)
        case .notModelled(.same): ("as before", { $0 })
        case .notModelled(.other): ("otherwise", palette.bad)
        case .undecided: ("undecided", palette.unsure)
        case .unanswered: ("no answer", palette.bad)
        case .broken: ("broken", palette.unsure)
        }
    }
}

/// What could not run, by reason, and what no kernel lets be seen.
struct SkippedTests {
    let results: KernelResults

    /// More names than these are only counted.
    private let most = 6

    var lines: [String] {
        var reasons: [String] = []
        var names: [String: [String]] = [:]
        for (index, kernel) in results.kernels.enumerated() {
            for (test, row) in zip(results.tests, results.comparisons) {
                guard case .notRunnable(let reason) = row[index].result else { continue }
                let key = "\(kernel.label): \(reason)"
                if names[key] == nil { reasons.append(key) }
                names[key, default: []].append(test.name)
            }
        }
        guard !reasons.isEmpty else { return [] }
        var lines = ["", "not runnable:"]
        for reason in reasons {
            let tests = names[reason] ?? []
            lines += Layout.wrap("\(tests.count) on \(reason)", indent: "  ")
            let more = tests.count > most ? ["and \(tests.count - most) more"] : []
            lines += Layout.wrap(
                Layout.listed(Array(tests.prefix(most))) + more, first: "      ", rest: "      ")
        }
        return lines
    }
}

extension String {
    /// Without spaces at its end.
    fileprivate var trimmed: String { String(reversed().drop { $0 == " " }.reversed()) }
}

extension SelectedTest {
    /// The folder of its file; the file's own name where there is none.
    var folder: String {
        guard let slash = path.lastIndex(of: "/") else { return path }
        return String(path[..<slash])
    }
}
