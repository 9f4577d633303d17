import Diagnostics
import Rules

extension Parser {
    // MARK: Heads

    mutating func parseClause(into syntax: inout RuleSetSyntax) throws(Reported) {
        var paths: [Spanned<Path>] = []
        repeat { paths += try parseHeadItem() } while take(",")
        try expect(":", "behind the head of a clause")
        try checkNew(paths, in: syntax)
        let known = paths.map(\.value)
        let mistakes = diagnostics.count
        let steps = parseSteps(of: known)
        guard steps.count <= Parser.mostSteps else {
            try fail("a clause has at most \(Parser.mostSteps) steps", at: steps[Parser.mostSteps].span)
        }
        if diagnostics.count == mistakes {
            check(steps, of: known, head: paths[0].span.joined(with: paths[paths.count - 1].span))
        }
        syntax.clauses.append(ClauseSyntax(paths: paths, steps: steps))
    }

    /// A path has one clause.
    private mutating func checkNew(_ paths: [Spanned<Path>], in syntax: RuleSetSyntax) throws(Reported) {
        var seen: [Path: Span] = [:]
        for path in syntax.clauses.flatMap(\.paths) + paths {
            guard let first = seen.updateValue(path.span, forKey: path.value) else { continue }
            report(
                "'\(path.value.head)' has a clause already", at: path.span,
                notes: [.init("it is here", at: first)])
            throw Reported()
        }
    }

    /// An operation with its subjects, or with what stands in brackets.
    private mutating func parseHeadItem() throws(Reported) -> [Spanned<Path>] {
        let name = try expectWord("an operation, 'write_fault' or 'fork', say")
        let paths = Path.allCases.filter { $0.operation == name.value }
        guard let first = paths.first else {
            try unknown("unknown operation", name, among: Path.allCases.map(\.operation).uniqued())
        }
        if first.access != nil { return [try parseAccess(of: name, among: paths)] }
        guard first.subject != nil else {
            if !current.startsLine, current.kind == .word("of") {
                try fail("'\(name.value)' is one path, without 'of'", at: current.span)
            }
            return [Spanned(first, at: name.span)]
        }
        guard !current.startsLine, takeWord("of") else {
            let subjects = paths.compactMap(\.subject)
            try fail(
                "expected 'of' and a kind of page behind '\(name.value)': \(listed(subjects, "or"))", at: here
            )
        }
        return try parseSubjects(of: name, among: paths)
    }

    private mutating func parseAccess(
        of name: Spanned<String>, among paths: [Path]
    ) throws(Reported) -> Spanned<Path> {
        try expect("(", "and 'read' or 'write' behind '\(name.value)'")
        let word = try expectWord("'read' or 'write'")
        guard let path = paths.first(where: { $0.access == word.value }) else {
            try unknown("expected 'read' or 'write', not", word, among: ["read", "write"])
        }
        try expect(")", "behind '\(word.value)'")
        return Spanned(path, at: name.span.joined(with: behind))
    }

    private mutating func parseSubjects(
        of name: Spanned<String>, among paths: [Path]
    ) throws(Reported) -> [Spanned<Path>] {
        var found: [Spanned<Path>] = []
        while true {
            let word = try expectWord("a kind of page")
            guard let path = paths.first(where: { $0.subject == word.value }) else {
                let subjects = paths.compactMap(\.subject)
                try unknown("'\(name.value)' knows no kind of page", word, among: subjects)
            }
            let start = found.isEmpty ? name.span : word.span
            found.append(Spanned(path, at: start.joined(with: word.span)))
            guard current.kind == .sign(","), !nextIsOperation else { return found }
            advance()
        }
    }

    /// Whether another operation follows behind the comma.
    private var nextIsOperation: Bool {
        guard case .word(let word) = following.kind else { return false }
        return Path.allCases.contains { $0.operation == word }
            && !Path.allCases.contains { $0.subject == word }
    }

    // MARK: Steps

    private mutating func parseSteps(of paths: [Path]) -> [Spanned<Clause.Step>] {
        var steps: [Spanned<Clause.Step>] = []
        while current.kind != .end, !beginsStatement, diagnostics.count < Parser.mostDiagnostics,
            steps.count <= Parser.mostSteps
        {
            do throws(Reported) {
                if !steps.isEmpty { try expectEndOfLine("the end of the line; each step begins one") }
                try parseStep(of: paths, into: &steps)
            } catch {
                while current.kind != .end, !current.startsLine { advance() }
            }
        }
        return steps
    }

    private mutating func parseStep(
        of paths: [Path], into steps: inout [Spanned<Clause.Step>]
    ) throws(Reported) {
        guard case .word(let word) = current.kind else {
            try fail("expected a choice or an action", at: current.span)
        }
        let start = current.span
        if let action = Action.allCases.first(where: { $0.name == word }) {
            advance()
            try parseAction(action, from: start, of: paths, into: &steps)
        } else {
            let choice = try parseChoice(of: paths)
            let condition = try parseWhen(of: paths)
            let step = Clause.Step(.choice(choice), when: condition)
            steps.append(Spanned(step, at: start.joined(with: behind)))
        }
    }

    private mutating func parseAction(
        _ action: Action, from start: Span, of paths: [Path], into steps: inout [Spanned<Clause.Step>]
    ) throws(Reported) {
        for path in paths where !path.actions.contains(action) {
            let names = path.actions.map(\.name)
            let known = names.isEmpty ? "; it has none" : "; its actions are \(listed(names, "and"))"
            try fail("'\(action.name)' is no action of '\(path.head)'\(known)", at: start)
        }
        var condition = try parseWhen(of: paths)
        var otherwise: Choice?
        if !current.startsLine, takeWord("else") {
            otherwise = try parseChoice(of: paths)
            if condition == nil { condition = try parseWhen(of: paths) }
        }
        let step = Clause.Step(.action(action, otherwise: otherwise), when: condition)
        steps.append(Spanned(step, at: start.joined(with: behind)))
        if action == .unshare, condition == nil {
            report("'unshare' needs a condition, or the clause starts anew for ever", at: start)
        }
        guard !current.startsLine, takeWord("then") else { return }
        let place = current.span
        let choice = try parseChoice(of: paths)
        steps.append(Spanned(Clause.Step(.choice(choice)), at: place.joined(with: behind)))
    }

    /// A choice that all the paths know.
    private mutating func parseChoice(of paths: [Path]) throws(Reported) -> Choice {
        var word = try expectStepWord()
        if !current.startsLine, take("(") {
            let argument = try expectWord("a word in the brackets")
            try expect(")", "behind '\(argument.value)'")
            word = Spanned("\(word.value)(\(argument.value))", at: word.span.joined(with: behind))
        }
        let known = paths.flatMap(\.choices).uniqued()
        guard let choice = Choice.allCases.first(where: { $0.name == word.value }) else {
            try unknown(
                "expected a choice or an action of '\(paths[0].head)', not", word,
                among: known.map(\.name) + paths.flatMap(\.actions).uniqued().map(\.name))
        }
        for path in paths where !path.choices.contains(choice) {
            let names = listed(path.choices.map(\.name), "and")
            try fail(
                "'\(choice.name)' is no choice of '\(path.head)'; its choices are \(names)", at: word.span)
        }
        return choice
    }

    private mutating func expectStepWord() throws(Reported) -> Spanned<String> {
        guard case .word(let text) = current.kind else { try fail("expected a choice", at: here) }
        defer { advance() }
        return Spanned(text, at: current.span)
    }

    private mutating func parseWhen(of paths: [Path]) throws(Reported) -> Condition? {
        guard !current.startsLine, takeWord("when") else { return nil }
        return try parseCondition(of: paths)
    }

    // MARK: What a clause as a whole must be

    private mutating func check(_ steps: [Spanned<Clause.Step>], of paths: [Path], head: Span) {
        guard let last = steps.last else {
            let names = listed(paths[0].choices.map(\.name), "or")
            return report("the clause has no step; it must at least have a choice: \(names)", at: head)
        }
        let ends = steps.firstIndex { step in
            if case .choice = step.value.effect { step.value.condition == nil } else { false }
        }
        guard let ends else {
            return report("a clause must end in a choice without a condition", at: last.span)
        }
        if ends + 1 < steps.count {
            warn("this step is never reached", at: steps[ends + 1].span)
        }
    }
}

extension Array where Element: Hashable {
    /// Each element once, in the order of its first appearance.
    func uniqued() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
