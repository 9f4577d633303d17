import Diagnostics

/// Cuts the text of a test into tokens. What is no token is reported and left out.
struct Lexer {
    private let bytes: [UInt8]
    private var offset = 0
    private var startsLine = true
    private(set) var tokens: [Token] = []
    private(set) var diagnostics: [Diagnostic] = []

    init(_ source: SourceText) {
        bytes = source.bytes
        while next() {}
        tokens.append(Token(kind: .end, span: Span(offset, offset), startsLine: true))
    }

    private mutating func next() -> Bool {
        skipBlanks()
        guard offset < bytes.count else { return false }
        let start = offset
        switch bytes[start] {
        case let byte where byte.isWordStart:
            take(while: \.isWordPart)
            add(.word, from: start)
        case let byte where byte.isDigit:
            take(while: \.isDigit)
            let digitsEnd = offset
            take(while: \.isWordPart)
            add(offset == digitsEnd ? .number : .digitsAndLetters, from: start)
        case UInt8(ascii: "\""):
            string(from: start)
        default:
            symbol(from: start)
        }
        return true
    }

    private mutating func skipBlanks() {
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\n"):
                startsLine = true
                offset += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                offset += 1
            case UInt8(ascii: "#"):
                take { $0 != UInt8(ascii: "\n") }
            default:
                return
            }
        }
    }

    private mutating func take(while condition: (UInt8) -> Bool) {
        while offset < bytes.count, condition(bytes[offset]) { offset += 1 }
    }

    private mutating func add(_ kind: Token.Kind, from start: Int) {
        tokens.append(Token(kind: kind, span: Span(start, offset), startsLine: startsLine))
        startsLine = false
    }

    private mutating func string(from start: Int) {
        offset += 1
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") {
            if bytes[offset] == UInt8(ascii: "\"") {
                offset += 1
                return add(.string, from: start)
            }
            let escapes = bytes[offset] == UInt8(ascii: "\\") && offset + 1 < bytes.count
            offset += escapes && bytes[offset + 1] != UInt8(ascii: "\n") ? 2 : 1
        }
        diagnostics.append(
            Diagnostic("the text has no closing '\"' on its line", at: Span(start, offset)))
    }

    private mutating func symbol(from start: Int) {
        if let symbol = Token.Symbol(bytes[start], start + 1 < bytes.count ? bytes[start + 1] : 0) {
            offset += symbol.length
            return add(.symbol(symbol), from: start)
        }
        take { !$0.isKnown }
        if offset == start { offset += 1 }
        let text = String(decoding: bytes[start..<offset].prefix(40), as: UTF8.self)
        let shown = text.unicodeScalars.map {
            $0.properties.isWhitespace || $0.value < 0x20 ? "\u{FFFD}" : "\($0)"
        }
        diagnostics.append(
            Diagnostic("unexpected character '\(shown.joined())'", at: Span(start, offset)))
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

    fileprivate var isWordStart: Bool {
        (self | 0x20) >= UInt8(ascii: "a") && (self | 0x20) <= UInt8(ascii: "z") || self == UInt8(ascii: "_")
    }

    fileprivate var isWordPart: Bool { isWordStart || isDigit }

    /// Whether it can stand in a test outside of texts and comments.
    fileprivate var isKnown: Bool {
        isWordPart || self == UInt8(ascii: " ") || (self >= 9 && self <= 13)
            || "\"#{}()[],:;=<>!|&*.-".utf8.contains(self)
    }
}
