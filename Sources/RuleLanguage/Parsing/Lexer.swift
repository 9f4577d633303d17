import Diagnostics

/// A word, a sign or a string of the text of a rule set.
struct Token: Sendable {
    enum Kind: Sendable, Equatable {
        /// A name, a number, a version, a date: what belongs together without a space.
        case word(String)
        /// The content of a string, without its quotes and escapes.
        case string(String)
        /// One of the signs.
        case sign(String)
        /// Nothing more.
        case end
    }

    var kind: Kind
    var span: Span
    /// Whether the token is the first of its line.
    var startsLine: Bool
}

/// Takes a text apart into tokens. Never fails: what is no token is reported and left out.
struct Lexer {
    private let bytes: [UInt8]
    private var position = 0
    private var startsLine = true
    private(set) var tokens: [Token] = []
    private(set) var diagnostics: [Diagnostic] = []

    /// The longest signs first.
    private static let signs = ["..<", "..", "==", "!=", "<=", ">=", "<", ">", ":", ",", "(", ")", "+", "|"]
        .map { (text: $0, bytes: Array($0.utf8)) }

    init(_ source: SourceText) {
        bytes = source.bytes
        while skipBlanks() { lexOne() }
        tokens.append(Token(kind: .end, span: Span(bytes.count, bytes.count), startsLine: true))
    }

    /// Goes to the next token; false at the end.
    private mutating func skipBlanks() -> Bool {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\n"): startsLine = true
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
            case UInt8(ascii: "#"):
                while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
                continue
            default: return true
            }
            position += 1
        }
        return false
    }

    private mutating func lexOne() {
        let start = position
        if Lexer.isWordByte(bytes[position]) {
            lexWord()
            add(.word(text(from: start)), from: start)
        } else if bytes[position] == UInt8(ascii: "\"") {
            lexString()
        } else if bytes[position...].starts(with: "||".utf8) {
            lexUnknown()
        } else if let sign = Lexer.signs.first(where: { bytes[position...].starts(with: $0.bytes) }) {
            position += sign.bytes.count
            add(.sign(sign.text), from: start)
        } else {
            lexUnknown()
        }
    }

    private mutating func lexWord() {
        while position < bytes.count {
            let byte = bytes[position]
            let joins = byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            let next = position + 1 < bytes.count ? bytes[position + 1] : 0
            guard Lexer.isWordByte(byte) || joins && Lexer.isWordByte(next) else { return }
            position += 1
        }
    }

    private mutating func lexString() {
        let start = position
        var content: [UInt8] = []
        position += 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") {
                add(.string(String(decoding: content, as: UTF8.self)), from: start)
                return
            }
            let next = position < bytes.count ? bytes[position] : 0
            if byte == UInt8(ascii: "\\"), next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\") {
                content.append(next)
                position += 1
            } else {
                content.append(byte)
            }
        }
        diagnostics.append(Diagnostic("a string must end on its line, with '\"'", at: Span(start, position)))
        add(.string(String(decoding: content, as: UTF8.self)), from: start)
    }

    private mutating func lexUnknown() {
        let start = position
        while position < bytes.count, Lexer.isUnknown(bytes[position]) { position += 1 }
        if position == start { position += bytes[position...].starts(with: "||".utf8) ? 2 : 1 }
        let shown = String(decoding: bytes[start..<min(position, start + 40)], as: UTF8.self)
        let (meant, help) = Lexer.meaning(of: shown)
        let span = Span(start, position)
        diagnostics.append(
            Diagnostic("'\(Lexer.visible(shown))' means nothing in a rule set", at: span, help: help))
        if let meant { add(meant, from: start) }
        startsLine = false
    }

    /// What signs of other languages stand for: the token that is read instead, and what to write.
    private static func meaning(of text: String) -> (Token.Kind?, help: String?) {
        switch text {
        case "&", "&&": (.word("and"), "write 'and'")
        case "||": (.word("or"), "write 'or'")
        case "!": (.word("not"), "write 'not'")
        case "=", "===": (.sign("=="), "write '=='")
        case "-": (nil, "there are only sums: write what is subtracted on the other side of the comparison")
        case ";": (nil, "each step has its own line")
        default: (nil, nil)
        }
    }

    /// The text without characters that would disturb a terminal.
    private static func visible(_ text: String) -> String {
        String(
            text.map { $0.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f } ? "\u{FFFD}" : $0 })
    }

    private mutating func add(_ kind: Token.Kind, from start: Int) {
        tokens.append(Token(kind: kind, span: Span(start, position), startsLine: startsLine))
        startsLine = false
    }

    private func text(from start: Int) -> String { String(decoding: bytes[start..<position], as: UTF8.self) }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isUnknown(_ byte: UInt8) -> Bool {
        !isWordByte(byte) && !meaningful.contains(byte)
    }

    /// The bytes other than those of words that begin something known.
    private static let meaningful = Array(" \t\r\n#\":,()+|<>=!.".utf8)
}
