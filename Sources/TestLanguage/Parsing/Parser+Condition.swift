import Diagnostics

extension Parser {
    mutating func condition(_ quantifier: Condition.Quantifier) throws(Failure) -> Condition {
        let start = token.span.start
        advance()
        // A formula may go on over several lines, for it cannot end before an operator or inside of brackets.
        brackets += 1
        let formula = try formula()
        brackets -= 1
        return Condition(quantifier, formula, at: place(from: start))
    }

    /// `F || F`
    private mutating func formula() throws(Failure) -> Formula {
        try chain(.orOr, Formula.Kind.or) { parser throws(Failure) in
            try parser.chain(.andAnd, Formula.Kind.and) { parser throws(Failure) in try parser.unary() }
        }
    }

    private mutating func chain(
        _ symbol: Token.Symbol, _ join: ([Formula]) -> Formula.Kind,
        _ part: (inout Parser) throws(Failure) -> Formula
    ) throws(Failure) -> Formula {
        let start = token.span.start
        var parts = [try part(&self)]
        while take(symbol) { parts.append(try part(&self)) }
        return parts.count == 1 ? parts[0] : Formula(join(parts), at: place(from: start))
    }

    private mutating func unary() throws(Failure) -> Formula {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= Limits.nesting else {
            throw fail("brackets are nested too deeply: \(Limits.nesting) at most", at: token.span)
        }
        let start = token.span.start
        if take(.not) {
            let isFact = token.kind == .word && isSymbol(.openBracket, ahead: 1)
            guard isFact || isSymbol(.not) || isSymbol(.openBracket) else {
                throw failExpecting("'(' or a fact behind '!'", help: "write '!(a == b)' or 'a != b'")
            }
            return Formula(.not(try unary()), at: place(from: start))
        }
        if take(.openBracket) {
            let formula = try formula()
            try expect(.closeBracket)
            return formula
        }
        return try atom()
    }

    private mutating func atom() throws(Failure) -> Formula {
        let start = token.span.start
        if token.kind == .word, isSymbol(.openBracket, ahead: 1) {
            return Formula(.fact(try fact()), at: place(from: start))
        }
        let left = try operand()
        guard let comparison = comparison() else {
            let help = isSymbol(.assign) ? "'==' compares" : nil
            throw failExpecting("'==' or another comparison", help: help)
        }
        advance()
        let right = try operand()
        return Formula(.comparison(left, comparison, right), at: place(from: start))
    }

    private func comparison() -> Comparison? {
        guard case .symbol(let symbol) = token.kind else { return nil }
        return Comparison(rawValue: symbol.rawValue)
    }

    // MARK: Operands

    private mutating func operand() throws(Failure) -> Operand {
        let start = token.span.start
        let kind = try operandKind()
        return Operand(kind, at: place(from: start))
    }

    private mutating func operandKind() throws(Failure) -> Operand.Kind {
        if token.kind == .number { return .number(try value()) }
        if isSymbol(.minus) { return .error(try errorNumber()) }
        guard token.kind == .word else {
            throw failExpecting("a value, such as 'P:r', 'P:*x', 'file F' or a number")
        }
        if isSymbol(.colon, ahead: 1) { return try ofActor() }
        if isWord("file"), token(ahead: 1).kind == .word {
            advance()
            return .file(try fileLocation())
        }
        switch text(token) {
        case "zero":
            advance()
            return .zeroFrame
        case "copies":
            advance()
            return .copies
        default:
            let word = shown(token)
            throw fail(
                "expected a value, not '\(word)'", at: token.span,
                help: "a register is written 'P:\(word)', what is stored at the end 'P:*\(word)'")
        }
    }

    /// `P:r`, `P:*x`
    private mutating func ofActor() throws(Failure) -> Operand.Kind {
        let actor = try name("a process or a thread")
        advance()
        if take(.star) { return .content(process: actor, try location()) }
        return .register(actor: actor, try name("a register, or '*' and an address"))
    }

    private mutating func errorNumber() throws(Failure) -> ErrorNumber {
        let minus = token.span
        advance()
        if token.kind == .number {
            throw fail(
                "expected the name of an error, as in '-EFAULT'", at: minus.joined(with: token.span))
        }
        guard token.kind == .word else { throw failExpecting("the name of an error, as in '-EFAULT'") }
        guard let number = ErrorNumber.allCases.first(where: { $0.name == text(token) }) else {
            throw failUnknown("error", token, among: ErrorNumber.allCases.map(\.name))
        }
        advance()
        return number
    }

    // MARK: Facts

    static let facts = [
        "killed", "blocked", "forked", "same", "moved", "mapped", "young", "soft_dirty", "coherent",
    ]

    private mutating func fact() throws(Failure) -> Fact {
        let word = token
        advance()
        advance()
        let fact: Fact
        switch text(word) {
        case "killed": fact = .killed(try name("a process or a thread"))
        case "blocked": fact = .blocked(try name("a process or a thread"))
        case "forked": fact = .forked(try name("a child"))
        case "same":
            let first = try processAddress()
            try expect(.comma)
            fact = .same(first, try processAddress())
        case "moved": fact = .moved(try processAddress())
        case "mapped": fact = .mapped(try processAddress())
        case "young": fact = .young(try processAddress())
        case "soft_dirty": fact = .softDirty(try processAddress())
        case "coherent": fact = try coherent()
        default: throw failUnknown("fact", word, among: Parser.facts)
        }
        try expect(.closeBracket)
        return fact
    }

    private mutating func coherent() throws(Failure) -> Fact {
        let first = try name("the name of a reference")
        guard take(.colon) else { return .coherent(process: nil, first) }
        return .coherent(process: first, try name("the name of a reference"))
    }
}
