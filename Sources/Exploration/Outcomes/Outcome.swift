import TestLanguage
import VirtualMemory

/// One value of an outcome.
public enum OutcomeValue: Hashable, Sendable, Comparable {
    /// Nothing: a register that was never written, or memory that is not there.
    case absent
    /// A word of memory, a count, a negative errno, or a fact as 0 or 1.
    case number(Int)
    /// The zero page.
    case zeroPage
    /// A frame: f1, f2, … in the order of the registers in the text.
    case frame(Int)
    /// What became of an actor that did not reach its end.
    case blocked
    /// What became of a process that a signal ended.
    case killed

    /// As reports write it.
    public var text: String {
        switch self {
        case .absent: "-"
        case .number(let number): "\(number)"
        case .zeroPage: "zero"
        case .frame(let number): "f\(number)"
        case .blocked: "blocked"
        case .killed: "killed"
        }
    }
}

/// A way in which a test can end.
public struct Outcome: Hashable, Sendable, Comparable {
    /// One value for each of the test's columns.
    public let values: [OutcomeValue]

    /// By the values, column by column.
    public static func < (a: Outcome, b: Outcome) -> Bool {
        a.values.lexicographicallyPrecedes(b.values)
    }
}

/// What is recorded of an end: registers in the order of the text, what became of the actors, and what the condition asks.
public struct OutcomeColumns: Sendable {
    /// What stands in a column.
    public enum Column: Hashable, Sendable {
        /// A register, by its index.
        case register(Int)
        /// An actor, by its index: absent unless it is blocked or was killed.
        case actor(Int)
        /// The final content of a word.
        case content(process: Int, page: Int, word: Int)
        /// A fact, by its place among the test's facts.
        case fact(Fact)
        /// How many copies were made.
        case copies
    }

    /// The columns, in order.
    public let columns: [Column]
    /// Their titles: `child:seen`, `parent:*x`, `same(parent:x, child:x)`.
    public let titles: [String]
    let indices: [Column: Int]

    /// The columns of a test.
    public init(_ lowered: LoweredTest) {
        let test = lowered.test
        var columns: [Column] = test.registers.map { .register($0.index) }
        var titles = test.registers.map { test.title(of: $0) }
        for actor in test.actors {
            columns.append(.actor(actor.index))
            titles.append(actor.name.text)
        }
        if let condition = test.test.condition {
            condition.formula.visitColumns(lowered) { column, title in
                guard !columns.contains(column) else { return }
                columns.append(column)
                titles.append(title)
            }
        }
        self.columns = columns
        self.titles = titles
        indices = Dictionary(uniqueKeysWithValues: zip(columns, columns.indices))
    }
}

extension Formula {
    fileprivate func visitColumns(
        _ lowered: LoweredTest, _ visit: (OutcomeColumns.Column, String) -> Void
    ) {
        switch kind {
        case .and(let parts), .or(let parts):
            for part in parts { part.visitColumns(lowered, visit) }
        case .not(let inner): inner.visitColumns(lowered, visit)
        case .comparison(let left, _, let right):
            for operand in [left, right] {
                if let column = operand.column(lowered) { visit(column, "\(operand)") }
            }
        case .fact(let fact):
            switch fact {
            case .killed, .blocked: break
            default: visit(.fact(fact), "\(fact)")
            }
        }
    }
}

extension Operand {
    /// The column that an operand reads; nil for a constant.
    func column(_ lowered: LoweredTest) -> OutcomeColumns.Column? {
        let test = lowered.test
        switch kind {
        case .register(let actor, let name):
            return test.actor(named: actor.text)
                .flatMap { test.register(named: name.text, of: $0.index) }
                .map { .register($0.index) }
        case .content(let process, let location):
            guard let actor = test.actor(named: process.text),
                let pages = lowered.pages(of: location.address)
            else { return nil }
            return .content(
                process: lowered.processes[actor.index], page: Int(pages.first), word: location.word)
        case .copies: return .copies
        case .number, .error, .zeroFrame, .file: return nil
        }
    }
}
