import Diagnostics

extension Parser {
    /// The words that begin statements which are no calls.
    static let plainWords = [
        "fork", "vfork", "thread", "exit", "exec", "wait", "join", "signal", "await", "map",
    ]

    /// The words that begin statements.
    static let statementWords = plainWords + calls.map(\.name)

    // MARK: Blocks

    mutating func block() throws(Failure) -> Block {
        let open = token.span
        try expect(.openBrace)
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= Limits.nesting else {
            report(Diagnostic("blocks are nested too deeply: \(Limits.nesting) at most", at: open))
            skipBraces()
            return Block([], at: place(from: open.start))
        }
        var statements: [Statement] = []
        while !isSymbol(.closeBrace), !hasTooManyErrors, !blockIsUnclosed {
            if isAtEnd || isTopLevelOnly { break }
            let start = position
            do throws(Failure) {
                statements.append(try statement())
                try endOfLine()
            } catch {
                skipStatement(from: start)
            }
        }
        if !take(.closeBrace), !blockIsUnclosed, !hasTooManyErrors {
            blockIsUnclosed = true
            let note = Diagnostic.Note("it was opened here", at: open)
            throw fail("expected '}' at the end of the block", at: Span(lastEnd, lastEnd), notes: [note])
        }
        return Block(statements, at: place(from: open.start))
    }

    /// Whether something begins here that cannot stand in a block, so that a '}' is missing.
    private var isTopLevelOnly: Bool {
        guard token.startsLine, token.kind == .word, token(ahead: 1).kind == .word else { return false }
        return ["process", "exists", "never", "always", "expect", "background", "test"].contains(text(token))
    }

    /// Goes to the end of a line with a mistake in it. A block that begins there is read for its own mistakes.
    private mutating func skipStatement(from start: Int) {
        brackets = 0
        while !isAtEnd, !isSymbol(.closeBrace), !blockIsUnclosed, position == start || !token.startsLine {
            if isSymbol(.openBrace) {
                _ = try? block()
            } else if take(.semicolon) {
                return
            } else {
                advance()
            }
        }
    }

    /// Goes behind the '}' that closes an open block.
    private mutating func skipBraces() {
        var depth = 1
        while !isAtEnd, depth > 0 {
            if isSymbol(.openBrace) { depth += 1 }
            if isSymbol(.closeBrace) { depth -= 1 }
            advance()
        }
    }

    // MARK: Statements

    private mutating func statement() throws(Failure) -> Statement {
        let start = token
        if isSymbol(.star) { return try store() }
        guard token.kind == .word else {
            throw fail("expected a statement, not '\(shown(start))'", at: start.span)
        }
        var result: Name?
        if isSymbol(.assign, ahead: 1) {
            result = try name("a register", onNewLine: true)
            advance()
            guard !token.startsLine else { throw failExpecting("what to keep in '\(text(start))'") }
        }
        let action = token
        let kind = try kind(of: result)
        try check(result, of: kind, action)
        return Statement(kind, result: result, at: place(from: start.span.start))
    }

    private mutating func store() throws(Failure) -> Statement {
        let start = token.span.start
        advance()
        let location = try location()
        guard !endsLine, take(.assign) else {
            throw failExpecting(
                "'=' and a value", help: "'\(place(from: start).text(source)) = 1' stores, 'r = …' loads")
        }
        return Statement(.store(location, try value()), at: place(from: start))
    }

    private mutating func kind(of result: Name?) throws(Failure) -> Statement.Kind {
        if take(.star) { return .load(try location()) }
        let word = token
        if word.kind == .number, let result {
            throw fail(
                "expected '*' and an address, or a call, not '\(shown(word))'", at: word.span,
                help: "'*\(result.text) = \(shown(word))' stores into the page '\(result.text)'")
        }
        guard word.kind == .word else { throw failExpecting("'*' and an address, or a call") }
        if Parser.plainWords.contains(text(word)) {
            guard !isSymbol(.openBracket, ahead: 1) else {
                let name = text(word)
                throw fail(
                    "'\(name)' has no brackets", at: token(ahead: 1).span, help: Parser.spelling(of: name))
            }
            return try plainStatement()
        }
        let name = text(word)
        if let call = Parser.calls.first(where: { $0.name == name }) {
            return try arguments(of: call)
        }
        if result != nil, !isSymbol(.openBracket, ahead: 1) {
            throw fail(
                "expected '*' and an address, or a call, not '\(shown(word))'", at: word.span,
                help: "'*\(shown(word))' is what is stored at '\(shown(word))'")
        }
        throw failUnknown("statement", word, among: Parser.statementWords)
    }

    private static func spelling(of word: String) -> String {
        switch word {
        case "fork", "vfork": "write '\(word) CHILD { … }'"
        case "thread": "write 'thread NAME { … }'"
        case "exit", "exec": "write '\(word)'"
        case "map": "write 'map NAME: anonymous private'"
        default: "write '\(word) NAME'"
        }
    }

    private mutating func plainStatement() throws(Failure) -> Statement.Kind {
        let word = text(token)
        if word == "map" { return .map(try map()) }
        advance()
        switch word {
        case "fork": return .fork(try name("the child's name"), try block())
        case "vfork": return .vfork(try name("the child's name"), try block())
        case "thread": return .thread(try name("the thread's name"), try block())
        case "exit": return .exit
        case "exec": return .exec
        case "wait": return .wait(try name("a child's name"))
        case "join": return .join(try name("a thread's name"))
        case "signal": return .signal(try name("an event's name"))
        default: return .await(try name("an event's name"))
        }
    }

    // MARK: Results

    private mutating func check(
        _ result: Name?, of kind: Statement.Kind, _ action: Token
    ) throws(Failure) {
        switch (kind.resultRule, result) {
        case (.none, let result?):
            throw fail("'\(text(action))' has no result to keep", at: result.span)
        case (.required, nil):
            let call = text(action)
            let isReference = kind.resultKind == .reference
            throw fail(
                isReference
                    ? "the reference that '\(call)' takes needs a name" : "what '\(call)' gives must be kept",
                at: action.span, help: "write '\(isReference ? "b" : "r") = \(call)(…)'")
        default: break
        }
    }
}

extension Place {
    fileprivate func text(_ source: SourceText) -> String { source.text(in: span) }
}
