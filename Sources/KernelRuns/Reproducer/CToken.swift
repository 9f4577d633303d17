/// A word of a C text, as far as declarations have to be told apart.
struct CToken: Hashable {
    /// What kind of word.
    enum Kind: Hashable {
        case identifier, literal, punctuation, comment
        /// A whole preprocessor line, with the lines that continue it.
        case directive
    }

    let kind: Kind
    let text: String
    /// Where it stands, in bytes of the text.
    let range: Range<Int>
    /// Line breaks between the word before it and this one.
    let lineBreaks: Int

    /// Whether the word is this one.
    func `is`(_ text: String) -> Bool { kind != .comment && kind != .literal && self.text == text }
}

/// Splits a C text into words. Anything is split somehow: a text that is no C gives words that mean nothing.
struct CScanner {
    private let bytes: [UInt8]
    private var place = 0
    private var lineBreaks = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    /// The words of a text, comments and preprocessor lines included.
    static func tokens(of text: String) -> [CToken] {
        var scanner = CScanner(text)
        var tokens: [CToken] = []
        while let token = scanner.next() { tokens.append(token) }
        return tokens
    }

    private mutating func next() -> CToken? {
        lineBreaks = 0
        while place < bytes.count, isSpace(bytes[place]) {
            if bytes[place] == UInt8(ascii: "\n") { lineBreaks += 1 }
            place += 1
        }
        guard place < bytes.count else { return nil }
        let start = place
        let kind = skip()
        return CToken(
            kind: kind, text: String(decoding: bytes[start..<place], as: UTF8.self), range: start..<place,
            lineBreaks: lineBreaks)
    }

    private mutating func skip() -> CToken.Kind {
        switch bytes[place] {
        case UInt8(ascii: "#") where lineBreaks > 0 || place == 0:
            skipLine()
            return .directive
        case UInt8(ascii: "/") where byte(after: 1) == UInt8(ascii: "*"):
            skipComment()
            return .comment
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            skipQuoted()
            return .literal
        case let first where isWord(first):
            while place < bytes.count, isWord(bytes[place]) { place += 1 }
            return isDigit(first) ? .literal : .identifier
        case UInt8(ascii: "-") where byte(after: 1) == UInt8(ascii: ">"):
            place += 2
            return .punctuation
        default:
            place += 1
            return .punctuation
        }
    }

    private func byte(after distance: Int) -> UInt8? {
        place + distance < bytes.count ? bytes[place + distance] : nil
    }

    private mutating func skipLine() {
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "\n"), bytes[place - 1] != UInt8(ascii: "\\") { return }
            place += 1
        }
    }

    private mutating func skipComment() {
        place += 2
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "*"), byte(after: 1) == UInt8(ascii: "/") {
                place += 2
                return
            }
            place += 1
        }
    }

    private mutating func skipQuoted() {
        let quote = bytes[place]
        place += 1
        while place < bytes.count, bytes[place] != quote {
            place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        place = min(place + 1, bytes.count)
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
    private func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    private func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
    }
}
