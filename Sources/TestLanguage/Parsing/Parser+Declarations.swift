import Diagnostics

extension Parser {
    mutating func declaration() throws(Failure) -> Declaration {
        let start = token.span.start
        let word = text(token)
        let kind: Declaration.Kind
        switch word {
        case "map": kind = .map(try map())
        case "file": kind = .file(try file(.file))
        case "memfd": kind = .file(try file(.memfd))
        case "background": kind = .background(try background())
        case "frames": kind = .frames(try amount(1))
        case "memcg":
            advance()
            kind = .memcg(try name("a process"), try number("a number of frames", 1...Limits.amount))
        case "hugepages": kind = .hugepages(try amount(0))
        case "swap": kind = .swap(try amount(0))
        case "pin_bias": kind = .pinBias(try amount(2))
        case "test": throw fail("a file has one test", at: token.span)
        default: throw failUnknownDeclaration()
        }
        return Declaration(kind, at: place(from: start))
    }

    private mutating func failUnknownDeclaration() -> Failure {
        let known = Parser.topLevelWords
        if nearestName(to: text(token), among: known) == nil, Parser.statementWords.contains(text(token)) {
            return fail(
                "the statement '\(shown(token))' stands outside of a process", at: token.span,
                help: "write it inside of 'process NAME { … }'")
        }
        return failUnknown("declaration", token, among: known)
    }

    private mutating func amount(_ least: Int) throws(Failure) -> Int {
        advance()
        return try number("a number", least...Limits.amount)
    }

    /// `[PAGES]`
    private mutating func count() throws(Failure) -> Int? {
        guard !token.startsLine, take(.openSquare) else { return nil }
        let count = try number("a number of pages", 1...Limits.pages)
        try expect(.closeSquare)
        return count
    }

    // MARK: Mappings

    mutating func map() throws(Failure) -> MapDeclaration {
        let start = token.span.start
        advance()
        let name = try name("the mapping's name")
        let count = try count()
        try expect(.colon)
        let backing = try backing()
        let sharing = try word("'private' or 'shared'", as: "sharing", Sharing.self)
        let (huge, readonly) = try mapWords()
        let value = take(.assign) ? try value() : nil
        return MapDeclaration(
            name, count: count, backing: backing, sharing: sharing, huge: huge, readonly: readonly,
            value: value, at: place(from: start))
    }

    private mutating func backing() throws(Failure) -> Backing {
        let known = ["anonymous", "file", "memfd", "hugetlb"]
        guard token.kind == .word, !token.startsLine else {
            throw failExpecting("what is behind the mapping: 'anonymous', 'file F', 'memfd F' or 'hugetlb'")
        }
        let backing = token
        switch text(backing) {
        case "anonymous":
            advance()
            return .anonymous
        case "hugetlb":
            advance()
            return .hugetlb
        case "file":
            advance()
            return .file(try name("the file's name"))
        case "memfd":
            advance()
            return .memfd(try name("the memfd's name"))
        default:
            throw failUnknown("backing", backing, among: known, list: true)
        }
    }

    private mutating func mapWords() throws(Failure) -> (huge: Bool, readonly: Bool) {
        var huge = false
        var readonly = false
        while token.kind == .word, !token.startsLine {
            switch text(token) {
            case "huge" where !huge: huge = true
            case "readonly" where !readonly: readonly = true
            case "huge", "readonly": throw fail("'\(shown(token))' stands here twice", at: token.span)
            default: throw failUnknown("word", token, among: ["huge", "readonly"], list: true)
            }
            advance()
        }
        return (huge, readonly)
    }

    // MARK: Files

    private mutating func file(_ kind: FileDeclaration.Kind) throws(Failure) -> FileDeclaration {
        let start = token.span.start
        advance()
        let name = try name("the \(kind.rawValue)'s name")
        let count = try count()
        var values: [UInt16] = []
        if take(.assign) {
            repeat { values.append(try value()) } while take(.comma)
        }
        guard values.count <= count ?? 1 else {
            let pages = count ?? 1
            throw fail(
                "'\(name.text)' has \(pages) page\(pages == 1 ? "" : "s"), but \(values.count) values",
                at: Span(start, lastEnd), help: "write '\(kind.rawValue) \(name.text)[PAGES] = …'")
        }
        return FileDeclaration(kind, name, count: count, values: values, at: place(from: start))
    }

    // MARK: Doings of the kernel

    private mutating func background() throws(Failure) -> Doing {
        advance()
        let word = token
        let known = Parser.doings.map(\.name)
        guard word.kind == .word else { throw failExpecting("something that the kernel does by itself") }
        guard let call = Parser.doings.first(where: { $0.name == text(word) }) else {
            throw failUnknown("doing of the kernel", word, among: known, list: true)
        }
        guard case .kernel(let doing) = try arguments(of: call) else { throw Failure() }
        return doing
    }
}
