import Diagnostics
import Rules

/// Thrown where a statement or a step cannot go on; what was wrong has been reported.
struct Reported: Error {}

/// Reads the text of one rule set. Goes on behind mistakes, so that several are reported in one go.
struct Parser {
    /// Conditions may nest this deep.
    static let deepest = 50
    /// More mistakes than this are not told.
    static let mostDiagnostics = 50
    /// A clause may have this many steps.
    static let mostSteps = 64
    /// A comparison may have this many terms on a side.
    static let mostTerms = 16

    let source: SourceText
    private let tokens: [Token]
    private var index = 0
    var diagnostics: [Diagnostic]
    var depth = 0

    init(_ source: SourceText) {
        let lexer = Lexer(source)
        self.source = source
        tokens = lexer.tokens
        diagnostics = lexer.diagnostics
    }

    // MARK: Tokens

    /// The token that is to be read next; there is always one.
    var current: Token { tokens[min(index, tokens.count - 1)] }

    /// The token after that.
    var following: Token { tokens[min(index + 1, tokens.count - 1)] }

    /// The place behind the last token that was read.
    var behind: Span {
        let end = index > 0 ? tokens[index - 1].span.end : 0
        return Span(end, end)
    }

    /// Where something is missing: here, or at the end of the line before.
    var here: Span { current.startsLine && index > 0 ? behind : current.span }

    mutating func advance() { index = min(index + 1, tokens.count - 1) }

    /// Reads a sign, if it is the next.
    mutating func take(_ sign: String) -> Bool {
        guard current.kind == .sign(sign) else { return false }
        advance()
        return true
    }

    /// Reads a certain word, if it is the next.
    mutating func takeWord(_ word: String) -> Bool {
        guard current.kind == .word(word) else { return false }
        advance()
        return true
    }

    /// Reads a sign that must stand here.
    mutating func expect(_ sign: String, _ context: String) throws(Reported) {
        guard !take(sign) else { return }
        try fail("expected '\(sign)' \(context)", at: here)
    }

    /// Reads a word that must stand on this line.
    mutating func expectWord(_ what: String) throws(Reported) -> Spanned<String> {
        guard case .word(let text) = current.kind, !current.startsLine || index == 0 else {
            try fail("expected \(what)", at: here)
        }
        defer { advance() }
        return Spanned(text, at: current.span)
    }

    /// Reads a string that must stand on this line.
    mutating func expectString(_ what: String) throws(Reported) -> Spanned<String> {
        guard case .string(let text) = current.kind, !current.startsLine else {
            try fail("expected \(what), in '\"'", at: here)
        }
        defer { advance() }
        return Spanned(text, at: current.span)
    }

    /// The next token must begin a line.
    mutating func expectEndOfLine(_ what: String) throws(Reported) {
        guard !current.startsLine else { return }
        try fail("expected \(what)", at: current.span)
    }

    // MARK: Mistakes

    mutating func report(_ message: String, at span: Span, help: String? = nil, notes: [Diagnostic.Note] = [])
    {
        diagnostics.append(Diagnostic(message, at: span, help: help, notes: notes))
    }

    mutating func warn(_ message: String, at span: Span) {
        diagnostics.append(Diagnostic(message, severity: .warning, at: span))
    }

    mutating func fail(_ message: String, at span: Span, help: String? = nil) throws(Reported) -> Never {
        report(message, at: span, help: help)
        throw Reported()
    }

    /// Fails with the name that was probably meant, or else with those that there are.
    mutating func unknown(
        _ what: String, _ name: Spanned<String>, among known: [String]
    ) throws(Reported) -> Never {
        let help =
            nearestName(to: name.value, among: known).map { "did you mean '\($0)'?" }
            ?? (known.count <= 12 ? "there is \(listed(known, "and"))" : nil)
        try fail("\(what) '\(name.value)'", at: name.span, help: help)
    }

    // MARK: The file

    /// The statements that a line can begin with.
    static let keywords = ["rules", "kernels", "change", "argued", "mechanism", "on", "interface"]

    var beginsStatement: Bool {
        guard current.startsLine, case .word(let word) = current.kind else { return false }
        return Parser.keywords.contains(word)
    }

    /// Goes to the next line that begins a statement.
    private mutating func skipToStatement() {
        while current.kind != .end, !beginsStatement { advance() }
    }

    /// Reads everything.
    ///
    /// - Returns: nil where not even the name could be read.
    mutating func parse() -> RuleSetSyntax? {
        var syntax: RuleSetSyntax?
        do throws(Reported) {
            syntax = try parseHeading()
        } catch {
            skipToStatement()
        }
        var rest = syntax ?? RuleSetSyntax(name: Spanned("", at: Span(0, 0)))
        while current.kind != .end, diagnostics.count < Parser.mostDiagnostics {
            let start = index
            do throws(Reported) {
                try parseStatement(into: &rest)
            } catch {
                if index == start { advance() }
                skipToStatement()
            }
        }
        return syntax == nil ? nil : rest
    }

    private mutating func parseHeading() throws(Reported) -> RuleSetSyntax {
        guard takeWord("rules") else {
            try fail("expected 'rules NAME' before everything else", at: current.span)
        }
        var syntax = RuleSetSyntax(name: try expectWord("the name of the rule set"))
        if !current.startsLine, takeWord("extends") {
            syntax.base = try expectWord("the name of the rule set that is extended")
        }
        try expectEndOfLine("'extends' or the end of the line")
        return syntax
    }

    private mutating func parseStatement(into syntax: inout RuleSetSyntax) throws(Reported) {
        if case .string(let text) = current.kind {
            return try parseDescription(text, into: &syntax)
        }
        guard case .word(let text) = current.kind else {
            try fail("expected a statement: \(listed(Parser.keywords, "or"))", at: current.span)
        }
        let keyword = Spanned(text, at: current.span)
        guard Parser.keywords.contains(text) else {
            try unknown("a line cannot begin with", keyword, among: Parser.keywords)
        }
        advance()
        switch text {
        case "kernels": try parseKernels(into: &syntax)
        case "change": try parseChange(from: keyword.span, into: &syntax)
        case "argued": try parseArgument(from: keyword.span, into: &syntax)
        case "mechanism": try parseMechanism(from: keyword.span, into: &syntax)
        case "interface": try parseInterface(from: keyword.span, into: &syntax)
        case "on": try parseClause(into: &syntax)
        default: try fail("a file has one rule set", at: keyword.span)
        }
        try expectEndOfLine("the end of the line")
    }

    private mutating func parseDescription(
        _ text: String, into syntax: inout RuleSetSyntax
    ) throws(Reported) {
        let span = current.span
        advance()
        if let first = syntax.description {
            report(
                "a rule set has one description", at: span,
                notes: [.init("the first is here", at: first.span)])
        } else {
            syntax.description = Spanned(text, at: span)
        }
        try expectEndOfLine("the end of the line")
    }
}

/// Names in quotes, the last two joined by a word.
func listed(_ names: [String], _ joint: String) -> String {
    let quoted = names.map { "'\($0)'" }
    guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "" }
    return quoted.dropLast().joined(separator: ", ") + " \(joint) " + last
}
