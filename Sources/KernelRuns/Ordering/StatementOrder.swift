import TestLanguage

/// Which statements of a test come before which, whatever the schedule.
///
/// Every statement begins and ends; what is ordered is beginnings and ends. Statements of one actor are a row, and so is
/// the end of a process that somebody kills: it happens some time after the kill.
struct StatementOrder {
    /// A beginning or an end.
    struct Moment: Hashable {
        let row: Int
        let position: Int
    }

    /// A statement in a row.
    struct Step: Hashable {
        let row: Int
        let index: Int

        var begin: Moment { Moment(row: row, position: 2 * index) }
        var end: Moment { Moment(row: row, position: 2 * index + 1) }
    }

    /// How many steps each row has.
    private let lengths: [Int]
    /// What comes before a moment in other rows.
    private var edges: [Moment: [Moment]] = [:]
    /// For each moment, the last position of each row that is certainly over by then; -1 for none.
    private var clocks: [[[Int]]]

    /// Rows whose steps are ordered among themselves only.
    init(lengths: [Int]) {
        self.lengths = lengths
        clocks = lengths.map { length in
            Array(repeating: Array(repeating: -1, count: lengths.count), count: 2 * length)
        }
    }

    /// Says that a moment comes before another one; ``settle()`` draws the conclusions.
    mutating func add(_ first: Moment, before second: Moment) {
        edges[second, default: []].append(first)
    }

    /// Says that all of a row comes before a moment.
    mutating func addWhole(row: Int, before moment: Moment) {
        guard lengths[row] > 0 else { return }
        add(Step(row: row, index: lengths[row] - 1).end, before: moment)
    }

    /// Says that a moment comes before all of a row.
    mutating func add(_ moment: Moment, beforeRow row: Int) {
        guard lengths[row] > 0 else { return }
        add(moment, before: Step(row: row, index: 0).begin)
    }

    /// Draws all conclusions from what was said.
    mutating func settle() {
        var changed = true
        while changed {
            changed = false
            for row in lengths.indices where settle(row: row) { changed = true }
        }
    }

    private mutating func settle(row: Int) -> Bool {
        var changed = false
        var sum = Array(repeating: -1, count: lengths.count)
        for position in 0..<(2 * lengths[row]) {
            for before in edges[Moment(row: row, position: position)] ?? [] {
                let clock = clocks[before.row][before.position]
                for other in sum.indices { sum[other] = max(sum[other], clock[other]) }
                sum[before.row] = max(sum[before.row], before.position)
            }
            sum[row] = max(sum[row], position)
            for other in sum.indices { sum[other] = max(sum[other], clocks[row][position][other]) }
            if clocks[row][position] != sum {
                clocks[row][position] = sum
                changed = true
            }
        }
        return changed
    }

    /// Whether a moment is certainly over when another one comes.
    func comes(_ first: Moment, before second: Moment) -> Bool {
        clocks[second.row][second.position][first.row] >= first.position
    }

    /// Whether what two steps do comes in one order only: one after the other, or one while the other is held up.
    func orders(_ a: Step, _ b: Step) -> Bool {
        comes(a.end, before: b.begin) || comes(b.end, before: a.begin)
            || (comes(a.begin, before: b.begin) && comes(b.end, before: a.end))
            || (comes(b.begin, before: a.begin) && comes(a.end, before: b.end))
    }
}
