import Diagnostics
import Rules

extension Parser {
    /// Parts joined by `or`.
    mutating func parseCondition(of paths: [Path]) throws(Reported) -> Condition {
        guard depth < Parser.deepest else {
            try fail("conditions nest at most \(Parser.deepest) deep", at: current.span)
        }
        depth += 1
        defer { depth -= 1 }
        var parts = [try parseConjunction(of: paths)]
        while takeWord("or") { parts.append(try parseConjunction(of: paths)) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func parseConjunction(of paths: [Path]) throws(Reported) -> Condition {
        var parts = [try parseNegation(of: paths)]
        while takeWord("and") { parts.append(try parseNegation(of: paths)) }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func parseNegation(of paths: [Path]) throws(Reported) -> Condition {
        var negations = 0
        while takeWord("not") { negations += 1 }
        var condition = try parsePart(of: paths)
        for _ in 0..<(negations % 2) { condition = .not(condition) }
        return condition
    }

    /// A condition in brackets, a fact alone, or a comparison.
    private mutating func parsePart(of paths: [Path]) throws(Reported) -> Condition {
        if take("(") {
            let inner = try parseCondition(of: paths)
            try expect(")", "or 'and', 'or' to go on with the condition")
            return inner
        }
        let start = current.span
        let left = try parseSum(of: paths)
        if let comparison = takeComparison() {
            return .comparison(left, comparison, try parseSum(of: paths))
        }
        let span = start.joined(with: behind)
        guard left.facts.count == 1, left.constant == 0, !left.facts[0].isNumber else {
            let text = source.text(in: span)
            try fail("'\(text)' is a number; compare it, as in '\(text) == 1'", at: span)
        }
        return .fact(left.facts[0])
    }

    private mutating func takeComparison() -> Comparison? {
        guard case .sign(let sign) = current.kind,
            let comparison = Comparison.allCases.first(where: { $0.sign == sign })
        else { return nil }
        advance()
        return comparison
    }

    private mutating func parseSum(of paths: [Path]) throws(Reported) -> Sum {
        var sum = Sum()
        var terms = 0
        repeat {
            terms += 1
            guard terms <= Parser.mostTerms else {
                try fail("a sum has at most \(Parser.mostTerms) terms", at: current.span)
            }
            try parseTerm(of: paths, into: &sum)
        } while take("+")
        return sum
    }

    /// Whether a line that begins with the word can go on with a condition; other lines begin a step.
    private static func isTerm(_ text: String) -> Bool {
        text.allSatisfy(\.isNumber) || Fact.allCases.contains { $0.name == text }
    }

    private mutating func parseTerm(of paths: [Path], into sum: inout Sum) throws(Reported) {
        guard case .word(let text) = current.kind, !current.startsLine || Parser.isTerm(text) else {
            try fail("expected a fact or a number", at: here)
        }
        let word = Spanned(text, at: current.span)
        advance()
        if text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            guard let number = Int32(text), number <= 65535 else {
                try fail("a number is at most 65535", at: word.span)
            }
            sum.constant += number
            return
        }
        guard let fact = Fact.allCases.first(where: { $0.name == text }) else {
            try unknown("unknown fact", word, among: paths.flatMap(\.facts).uniqued().map(\.name))
        }
        for path in paths where !path.facts.contains(fact) {
            try fail("'\(path.head)' does not know the fact '\(text)'", at: word.span)
        }
        sum.facts.append(fact)
    }
}
