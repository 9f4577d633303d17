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

    enum Symbol: String, Sendable {
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

        /// The symbol that begins with a byte, with the next one where both together are one.
        init?(_ byte: UInt8, _ next: UInt8) {
            let isDoubled = next == byte
            let hasEqual = next == UInt8(ascii: "=")
            switch byte {
            case UInt8(ascii: "{"): self = .openBrace
            case UInt8(ascii: "}"): self = .closeBrace
            case UInt8(ascii: "("): self = .openBracket
            case UInt8(ascii: ")"): self = .closeBracket
            case UInt8(ascii: "["): self = .openSquare
            case UInt8(ascii: "]"): self = .closeSquare
            case UInt8(ascii: ","): self = .comma
            case UInt8(ascii: ":"): self = .colon
            case UInt8(ascii: ";"): self = .semicolon
            case UInt8(ascii: "*"): self = .star
            case UInt8(ascii: "."): self = .dot
            case UInt8(ascii: "-"): self = .minus
            case UInt8(ascii: "="): self = hasEqual ? .equal : .assign
            case UInt8(ascii: "<"): self = hasEqual ? .lessOrEqual : .less
            case UInt8(ascii: ">"): self = hasEqual ? .greaterOrEqual : .greater
            case UInt8(ascii: "!"): self = hasEqual ? .notEqual : .not
            case UInt8(ascii: "|"): self = isDoubled ? .orOr : .bar
            case UInt8(ascii: "&") where isDoubled: self = .andAnd
            default: return nil
            }
        }

        /// Its bytes.
        var length: Int {
            switch self {
            case .andAnd, .orOr, .equal, .notEqual, .lessOrEqual, .greaterOrEqual: 2
            default: 1
            }
        }
    }
}
