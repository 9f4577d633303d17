import Diagnostics

/// Reads a test by recursive descent. A mistake is reported and ends its statement; reading goes on with the next.
struct Parser {
    /// Thrown after a mistake has been reported.
    struct Failure: Error {}

    let source: SourceText
    let tokens: [Token]
    var position = 0
    var diagnostics: [Diagnostic]
    /// Blocks or formulas that are open inside each other.
    var nesting = 0
    /// Brackets of calls and conditions that are open: inside of them a line may end anywhere.
    var brackets = 0
    /// How the call is written that is being read.
    var callHelp: String?
    /// The lines of which the lexer left something out: what else is wrong there may come from that.
    private let spoiledLines: Set<Int>
    /// Set where a block turned out to have no end: those around it then end too, without a word.
    var blockIsUnclosed = false

    init(_ source: SourceText) {
        self.source = source
        let lexer = Lexer(source)
        tokens = lexer.tokens
        diagnostics = Array(lexer.diagnostics.prefix(Limits.errors))
        spoiledLines = Set(diagnostics.map { source.position(at: $0.span?.start ?? 0).line })
    }

    // MARK: Tokens

    var token: Token { tokens[position] }

    func token(ahead distance: Int) -> Token { tokens[min(position + distance, tokens.count - 1)] }

    func text(_ token: Token) -> String { source.text(in: token.span) }

    var isAtEnd: Bool { token.kind == .end }

    /// Whether what stands here is on another line than what it would belong to.
    var endsLine: Bool { token.startsLine && brackets == 0 }

    /// The end of the last token that was taken.
    var lastEnd: Int { position > 0 ? tokens[position - 1].span.end : 0 }

    /// From a start to the last token that was taken.
    func place(from start: Int) -> Place { Place(Span(start, lastEnd)) }

    mutating func advance() {
        if !isAtEnd { position += 1 }
    }

    func isSymbol(_ symbol: Token.Symbol, ahead distance: Int = 0) -> Bool {
        token(ahead: distance).kind == .symbol(symbol)
    }

    func isWord(_ word: String, ahead distance: Int = 0) -> Bool {
        let token = token(ahead: distance)
        return token.kind == .word && text(token) == word
    }

    /// Takes the symbol if it is next.
    mutating func take(_ symbol: Token.Symbol) -> Bool {
        guard isSymbol(symbol) else { return false }
        advance()
        return true
    }

    /// Takes the word if it is next, on the same line.
    mutating func takeWord(_ word: String) -> Bool {
        guard isWord(word), !token.startsLine else { return false }
        advance()
        return true
    }

    // MARK: Mistakes

    var hasTooManyErrors: Bool { diagnostics.count >= Limits.errors }

    mutating func report(_ diagnostic: Diagnostic) {
        guard diagnostics.count < Limits.errors else { return }
        let line = source.position(at: diagnostic.span?.start ?? 0).line
        if !spoiledLines.contains(line) { diagnostics.append(diagnostic) }
    }

    mutating func fail(
        _ message: String, at span: Span, help: String? = nil, notes: [Diagnostic.Note] = []
    ) -> Failure {
        report(Diagnostic(message, at: span, help: help, notes: notes))
        return Failure()
    }

    /// Reports that something else was expected here. Where the line is over, it points behind its end.
    mutating func failExpecting(_ wanted: String, help: String? = nil) -> Failure {
        let help = help ?? callHelp
        if position > 0, token.startsLine {
            return fail("expected \(wanted)", at: Span(lastEnd, lastEnd), help: help)
        }
        if isAtEnd { return fail("expected \(wanted)", at: token.span, help: help) }
        return fail("expected \(wanted), not '\(shown(token))'", at: token.span, help: help)
    }

    /// A token's text, cut where it is long.
    func shown(_ token: Token) -> String {
        let text = text(token)
        return text.utf8.count <= 40 ? text : String(text.prefix(37)) + "…"
    }

    /// Reports a word that is not among those that are known here.
    mutating func failUnknown(
        _ what: String, _ token: Token, among known: [String], list: Bool = false
    ) -> Failure {
        let word = shown(token)
        let nearest = nearestName(to: word, among: known) ?? known.first { $0.hasSuffix("_" + word) }
        var help = nearest.map { "did you mean '\($0)'?" }
        if list, help == nil {
            let names = known.map { "'\($0)'" }.joined(separator: ", ")
            help = known.count == 1 ? "only \(names) is known here" : "one of \(names)"
        }
        return fail("unknown \(what) '\(word)'", at: token.span, help: help)
    }

    // MARK: Small things

    mutating func expect(_ symbol: Token.Symbol, help: String? = nil) throws(Failure) {
        if !take(symbol) { throw failExpecting("'\(symbol.rawValue)'", help: help) }
    }

    mutating func name(_ what: String, onNewLine: Bool = false) throws(Failure) -> Name {
        guard token.kind == .word, onNewLine || !endsLine else { throw failExpecting(what) }
        let name = Name(text(token), at: Place(token.span))
        guard name.text.utf8.count <= 64 else {
            throw fail("a name has 64 letters at most", at: token.span)
        }
        advance()
        return name
    }

    /// A name that may have `-`, `.` and digits anywhere: of a test, of a rule set.
    mutating func longName(_ what: String) throws(Failure) -> Name {
        let start = token.span.start
        var end = start
        if endsLine { throw failExpecting(what) }
        while token.span.start == end, isPartOfLongName(token) {
            end = token.span.end
            advance()
        }
        guard end > start else { throw failExpecting(what) }
        let span = Span(start, end)
        guard end - start <= 128 else { throw fail("a name has 128 letters at most", at: span) }
        return Name(source.text(in: span), at: Place(span))
    }

    private func isPartOfLongName(_ token: Token) -> Bool {
        switch token.kind {
        case .word, .number, .digitsAndLetters, .symbol(.minus), .symbol(.dot): true
        default: false
        }
    }

    mutating func number(_ what: String, _ range: ClosedRange<Int>) throws(Failure) -> Int {
        let wanted = "\(what), \(range.lowerBound) to \(range.upperBound)"
        if isSymbol(.minus), token(ahead: 1).kind == .number, !token.startsLine {
            throw fail("expected \(wanted)", at: token.span.joined(with: token(ahead: 1).span))
        }
        guard token.kind == .number, !endsLine else { throw failExpecting(wanted) }
        guard let number = Int(text(token)), range.contains(number) else {
            throw fail("'\(shown(token))' is out of range: expected \(wanted)", at: token.span)
        }
        advance()
        return number
    }

    mutating func value() throws(Failure) -> UInt16 {
        UInt16(clamping: try number("a value", 0...Limits.value))
    }

    /// A word that stands for one of several things.
    mutating func word<Value: RawRepresentable & CaseIterable>(
        _ wanted: String, as what: String, _: Value.Type
    ) throws(Failure) -> Value where Value.RawValue == String {
        guard token.kind == .word, !endsLine else { throw failExpecting(wanted) }
        guard let value = Value(rawValue: text(token)) else {
            let known = Value.allCases.map(\.rawValue)
            throw failUnknown(what, token, among: known, list: known.count <= 8)
        }
        advance()
        return value
    }
}
