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

    /// Makes an outcome.
    public init(values: [OutcomeValue]) { self.values = values }

    /// By the values, column by column.
    public static func < (a: Outcome, b: Outcome) -> Bool {
        a.values.lexicographicallyPrecedes(b.values)
    }
}
