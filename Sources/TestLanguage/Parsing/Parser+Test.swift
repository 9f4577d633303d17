import Diagnostics

extension LitmusTest {
    /// Reads a test. Whether it makes sense is another question: see `ResolvedTest`.
    ///
    /// - Throws: all mistakes, up to `Limits.errors`, in the order of their places.
    public init(parsing source: SourceText) throws(DiagnosticsError) {
        if source.bytes.count > Limits.fileBytes {
            let message = "a test has \(Limits.fileBytes >> 20) MiB of text at most"
            throw DiagnosticsError(source: source, diagnostics: [Diagnostic(message, at: nil)])
        }
        var parser = Parser(source)
        let test = parser.test()
        guard let test, parser.diagnostics.isEmpty else {
            let sorted = parser.diagnostics.prefix(Limits.errors)
                .sorted { ($0.span?.start ?? 0) < ($1.span?.start ?? 0) }
            throw DiagnosticsError(source: source, diagnostics: sorted)
        }
        self = test
    }
}

extension Parser {
    /// The words that begin something outside of processes.
    static let topLevelWords = [
        "map", "file", "memfd", "background", "frames", "memcg", "hugepages", "swap", "pin_bias", "process",
        "exists", "never", "always", "expect",
    ]

    /// A whole test; nil after mistakes without which there is none.
    mutating func test() -> LitmusTest? {
        guard var test = try? header() else { return nil }
        if (try? endOfLine()) == nil { skipToTopLevel(from: position) }
        while !isAtEnd, !hasTooManyErrors {
            let start = position
            do throws(Failure) {
                try topLevel(&test)
                try endOfLine()
            } catch {
                skipToTopLevel(from: start)
            }
        }
        if test.processes.isEmpty, diagnostics.isEmpty {
            report(Diagnostic("a test needs a process: 'process NAME { … }'", at: test.name.span))
        }
        return test
    }

    private mutating func header() throws(Failure) -> LitmusTest {
        guard isWord("test") else {
            throw failExpecting("'test NAME' at the beginning")
        }
        advance()
        let name = try longName("the test's name")
        var lines: [String] = []
        while token.kind == .string {
            lines.append(unquoted(token))
            advance()
        }
        return LitmusTest(name: name, summary: lines.isEmpty ? nil : lines.joined(separator: " "))
    }

    /// The content of a text in quotes: `\"` and `\\` stand for `"` and `\`.
    private func unquoted(_ token: Token) -> String {
        var content: [UInt8] = []
        var isEscaped = false
        for byte in source.bytes[token.span.start + 1..<token.span.end - 1] {
            if byte == UInt8(ascii: "\\"), !isEscaped {
                isEscaped = true
            } else {
                content.append(byte)
                isEscaped = false
            }
        }
        return String(decoding: content, as: UTF8.self)
    }

    private mutating func topLevel(_ test: inout LitmusTest) throws(Failure) {
        guard token.kind == .word else {
            if isSymbol(.closeBrace) {
                let stray = token.span
                advance()
                throw fail("this '}' closes nothing", at: stray)
            }
            throw failExpecting("a declaration, a process, a condition or an expectation")
        }
        let word = text(token)
        if let quantifier = Condition.Quantifier(rawValue: word) {
            let condition = try condition(quantifier)
            if let first = test.condition {
                let note = Diagnostic.Note("the first is here", at: first.span)
                throw fail("a test has one condition", at: condition.span, notes: [note])
            }
            test.condition = condition
            return
        }
        switch word {
        case "process":
            test.processes.append(try process())
        case "expect":
            test.expectations.append(try expectation())
        default:
            test.declarations.append(try declaration())
        }
    }

    private mutating func process() throws(Failure) -> ProcessDeclaration {
        let start = token.span.start
        advance()
        let name = try name("the process's name")
        let block = try block()
        return ProcessDeclaration(name, block, at: place(from: start))
    }

    /// A statement or declaration must be followed by a new line, `;` or the end of its block.
    mutating func endOfLine() throws(Failure) {
        if take(.semicolon) || token.startsLine || isSymbol(.closeBrace) || isAtEnd || blockIsUnclosed {
            return
        }
        throw failExpecting("the end of the line")
    }

    /// Goes to the next line that begins something outside of processes.
    private mutating func skipToTopLevel(from start: Int) {
        blockIsUnclosed = false
        brackets = 0
        if position == start { advance() }
        var depth = 0
        while !isAtEnd {
            if token.startsLine, token.kind == .word, depth <= 0, Parser.topLevelWords.contains(text(token)) {
                return
            }
            if isSymbol(.openBrace) { depth += 1 }
            if isSymbol(.closeBrace) { depth -= 1 }
            advance()
        }
    }
}
