import Diagnostics

extension Parser {
    /// `expect NAME, …: holds, GUARANTEE broken, …`
    mutating func expectation() throws(Failure) -> Expectation {
        let start = token.span.start
        advance()
        var ruleSets: [Name] = []
        repeat { ruleSets.append(try longName("the name of a rule set")) } while take(.comma)
        try expect(.colon)
        var verdict: (value: Expectation.Verdict, span: Span)?
        var kept: Span?
        var broken: [Guarantee] = []
        repeat {
            let item = token
            guard item.kind == .word, !endsLine else {
                throw failExpecting("'holds', 'fails', 'kept' or 'GUARANTEE broken'")
            }
            if let value = Expectation.Verdict(rawValue: text(item)) {
                if let verdict { throw failTwice("verdict", item.span, verdict.span) }
                verdict = (value, item.span)
                advance()
            } else if text(item) == "kept" {
                kept = item.span
                advance()
            } else {
                broken.append(try brokenGuarantee(broken))
            }
        } while take(.comma)
        if let kept, !broken.isEmpty {
            throw fail("'kept' says that no guarantee breaks, but one is named as broken", at: kept)
        }
        return Expectation(ruleSets, verdict?.value, broken: broken, at: place(from: start))
    }

    private mutating func failTwice(_ what: String, _ second: Span, _ first: Span) -> Failure {
        fail("a second \(what)", at: second, notes: [Diagnostic.Note("the first is here", at: first)])
    }

    private mutating func brokenGuarantee(_ earlier: [Guarantee]) throws(Failure) -> Guarantee {
        let word = token
        let guarantees = Guarantee.allCases.map(\.rawValue)
        guard let guarantee = Guarantee(rawValue: text(word)) else {
            if isWord("broken", ahead: 1) {
                throw failUnknown("guarantee", word, among: guarantees, list: true)
            }
            throw failUnknown("expectation", word, among: ["holds", "fails", "kept"] + guarantees)
        }
        if earlier.contains(guarantee) {
            throw fail("'\(guarantee.rawValue)' stands here twice", at: word.span)
        }
        advance()
        if isWord("kept"), !token.startsLine {
            throw fail(
                "only guarantees that break are named", at: word.span.joined(with: token.span),
                help: "leave it out: all others must be kept")
        }
        guard takeWord("broken") else { throw failExpecting("'broken'") }
        return guarantee
    }
}
