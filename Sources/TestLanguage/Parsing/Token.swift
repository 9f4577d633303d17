import Diagnostics

/// A piece of a test's text.
struct Token: Sendable {
    let kind: Kind
    let span: Span
    /// Whether it is the first of its line: statements end there.
    let startsLine: Bool

    enum Kind: Sendable, Equatable {
        case word
        /// Digits.
        case number
        /// Digits with letters behind them: part of a name such as `5.18rc1`, or a mistake.
        case digitsAndLetters
        /// Text in quotes, with its quotes.
        case string
        case symbol(Symbol)
        case end
    }

    enum Symbol: String, Sendable, CaseIterable {
        case andAnd = "&&"
        case orOr = "||"
        case equal = "=="
        case notEqual = "!="
        case lessOrEqual = "<="
        case greaterOrEqual = ">="
        case openBrace = "{"
        case closeBrace = "}"
        case openBracket = "("
        case closeBracket = ")"
        case openSquare = "["
        case closeSquare = "]"
        case comma = ","
        case colon = ":"
        case semicolon = ";"
        case assign = "="
        case less = "<"
        case greater = ">"
        case not = "!"
        case bar = "|"
        case star = "*"
        case dot = "."
        case minus = "-"
    }
}
