import VirtualMemory

extension GuaranteeMatrix {
    private static let cellWidth = 8

    /// The matrix as lines of text; the same results give the same lines.
    ///
    /// Guarantees have longer names than their columns are wide, so that every other one stands a line lower.
    public func lines(_ palette: Palette = Palette(isColored: false)) -> [String] {
        var lines = heads.map(palette.strong)
        for (index, row) in rows.enumerated() {
            if index > 0, rows[index - 1].kind != row.kind { lines.append("") }
            let cells = row.cells.map { cell($0, palette) }.joined()
            lines.append(Layout.left(row.ruleSet, nameWidth) + cells)
        }
        return lines + [""] + legend + [""] + footnotes + scopeLines
    }

    /// Wide enough for the first guarantee's name to end where its column does.
    private var nameWidth: Int { max(rows.map(\.ruleSet.count).max() ?? 0, 8) + 3 }

    private var heads: [String] {
        var upper = Layout.left("", nameWidth)
        var lower = Layout.left("rule set", nameWidth)
        for (index, guarantee) in Guarantee.allCases.enumerated() {
            let end = nameWidth + (index + 1) * Self.cellWidth
            if index % 2 == 0 {
                upper += Layout.right(guarantee.name, end - upper.count)
            } else {
                lower += Layout.right(guarantee.name, end - lower.count)
            }
        }
        return [upper, lower]
    }

    private func cell(_ cell: Cell, _ palette: Palette) -> String {
        switch cell {
        case .kept: return Layout.right(".", Self.cellWidth)
        case .undecided: return palette.unsure(Layout.right("?", Self.cellWidth))
        case .broken(let witness, let isOnlyThroughGet):
            let text = "\(witness + 1)" + (isOnlyThroughGet ? "g" : "")
            return palette.bad(Layout.right(text, Self.cellWidth))
        }
    }

    private var cells: [Cell] { rows.flatMap(\.cells) }

    private var legend: [String] {
        var parts = [".  kept"]
        if !witnesses.isEmpty {
            parts.append("a number: broken, most simply by the test of that number below")
        }
        if cells.contains(where: \.isThroughGet) {
            parts.append("g: only through a GET, for which Linux promises less than for a pin")
        }
        if cells.contains(.undecided) { parts.append("?: not every test was explored to its end") }
        return Layout.wrap(
            parts.joined(separator: ";  ").split(separator: " ", omittingEmptySubsequences: false)
                .map(String.init), first: "", rest: "")
    }

    /// The witnesses in two columns, read downwards.
    private var footnotes: [String] {
        guard !witnesses.isEmpty else { return [] }
        let texts = witnesses.enumerated().map { Layout.right("\($0 + 1)", 3) + "  " + $1.test }
        let half = (texts.count + 1) / 2
        let width = (texts.prefix(half).map(\.count).max() ?? 0) + 2
        let widest = texts.dropFirst(half).map(\.count).max() ?? 0
        guard width + widest <= Layout.width else { return texts + [""] }
        return (0..<half).map { index in
            let other = index + half
            return other < texts.count ? Layout.left(texts[index], width) + texts[other] : texts[index]
        } + [""]
    }

    private var scopeLines: [String] {
        let text =
            "Kept means: in this scope. It is \(Layout.count(scope.tests, "test"))"
            + " with at most \(Layout.count(scope.processes, "process", "processes")),"
            + " \(Layout.count(scope.threads, "thread")), \(Layout.count(scope.pages, "page")) and"
            + " \(Layout.count(scope.frames, "frame")); every interleaving of each,"
            + " on sequentially consistent memory."
            + (scope.tracksWrites
                ? "" : " No test of it tracks writes: tracking is kept for want of a question.")
        return Layout.wrap(text, indent: "")
    }
}

extension GuaranteeMatrix.Cell {
    fileprivate var isThroughGet: Bool {
        if case .broken(_, true) = self { true } else { false }
    }
}
