import Rules

extension RuleSetSyntax {
    /// The text of the set in one fixed form: reading it gives the same set again.
    public var text: String {
        var printer = RulePrinter()
        printer.heading(self)
        let width = mechanisms.map { $0.value.mechanism.name.count }.max() ?? 0
        for setting in mechanisms {
            printer.mechanism(setting.value.mechanism, setting.value.value, width: width)
        }
        printer.blank()
        for clause in clauses {
            printer.clause(heads: Path.heads(of: clause.paths.map(\.value)), clause.clause)
            printer.blank()
        }
        let names = interfaces.map(\.value.interface.name.count).max() ?? 0
        for setting in interfaces {
            printer.interface(setting.value.interface, setting.value.request, width: names)
        }
        return printer.text
    }
}

/// Writes the statements of a rule set.
struct RulePrinter {
    private(set) var lines: [String] = []

    /// What was written, without blank lines at the end.
    var text: String {
        var lines = lines
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { $0 + "\n" }.joined()
    }

    mutating func blank() {
        if lines.last?.isEmpty == false { lines.append("") }
    }

    mutating func line(_ text: String) { lines.append(text) }

    mutating func comment(_ text: String) { line(text.isEmpty ? "#" : "# " + text) }

    /// Everything before the first mechanism.
    mutating func heading(_ syntax: RuleSetSyntax) {
        line("rules \(syntax.name.value)" + (syntax.base.map { " extends \($0.value)" } ?? ""))
        source(syntax)
        blank()
    }

    /// What a set is and where it comes from.
    mutating func source(_ syntax: RuleSetSyntax) {
        if let description = syntax.description { line(RulePrinter.quoted(description.value)) }
        if !syntax.kernels.isEmpty {
            line("kernels " + syntax.kernels.map(\.value.text).joined(separator: ", "))
        }
        for change in syntax.changes {
            line("change \(change.value.commit) \(RulePrinter.quoted(change.value.subject))")
        }
        for argument in syntax.arguments {
            line("argued \(RulePrinter.quoted(argument.value.subject)), \(argument.value.date)")
        }
    }

    mutating func mechanism(
        _ mechanism: Mechanism, _ value: MechanismValue, width: Int, comment: String? = nil
    ) {
        let name = mechanism.name.padded(to: width)
        line(RulePrinter.commented("mechanism \(name)  \(value.name)", comment))
    }

    mutating func interface(_ interface: Interface, _ request: Request, width: Int, comment: String? = nil) {
        let name = interface.name.padded(to: width)
        line(RulePrinter.commented("interface \(name)  \(request.text)", comment))
    }

    mutating func clause(heads: String, _ clause: Clause, comment: String? = nil) {
        if let short = clause.shortText {
            return line(RulePrinter.commented("on \(heads): \(short)", comment))
        }
        line(RulePrinter.commented("on \(heads):", comment))
        for step in clause.stepTexts { line("    " + step) }
    }

    private static func commented(_ text: String, _ comment: String?) -> String {
        guard let comment else { return text }
        return text.padded(to: 54) + "  # " + comment
    }

    static func quoted(_ text: String) -> String {
        let escaped = text.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }
        return "\"" + String(escaped) + "\""
    }
}

extension Path {
    /// The heads of several paths that share a clause, the subjects of one operation behind one `of`.
    static func heads(of paths: [Path]) -> String {
        var items: [(operation: String, text: String)] = []
        for path in paths {
            if let subject = path.subject, let last = items.last, last.operation == path.operation {
                items[items.count - 1].text += ", \(subject)"
            } else {
                items.append((path.subject == nil ? "" : path.operation, path.head))
            }
        }
        return items.map(\.text).joined(separator: ", ")
    }
}

extension Clause {
    /// The clause on one line, where it is short enough for that: a choice, or an action and a choice.
    var shortText: String? {
        guard let last = steps.last, case .choice(let choice) = last.effect, steps.count <= 2,
            steps.allSatisfy({ $0.condition == nil })
        else { return nil }
        guard steps.count == 2 else { return choice.name }
        guard case .action(let action, nil) = steps[0].effect else { return nil }
        return "\(action.name) then \(choice.name)"
    }

    /// The steps, one a line, their conditions aligned.
    public var stepTexts: [String] {
        let width = steps.filter { $0.condition != nil }.map(\.effectText.count).max() ?? 0
        return steps.map { step in
            guard let condition = step.condition else { return step.effectText + step.otherwiseText }
            return step.effectText.padded(to: width) + "  when \(condition.text)" + step.otherwiseText
        }
    }
}

extension Clause.Step {
    /// What the step does, as a rule set says it.
    fileprivate var effectText: String {
        switch effect {
        case .choice(let choice): choice.name
        case .action(let action, _): action.name
        }
    }

    fileprivate var otherwiseText: String {
        guard case .action(_, let otherwise?) = effect else { return "" }
        return " else \(otherwise.name)"
    }
}

extension Request {
    /// The request as a rule set says it: `pin(write, longterm)`.
    public var text: String {
        let access =
            switch access {
            case .read: "read"
            case .write: "write"
            case .asAsked: "read | write"
            }
        let flags = [(longterm, "longterm"), (slow, "slow"), (force, "force")].filter(\.0).map(\.1)
        return (isPin ? "pin(" : "get(") + ([access] + flags).joined(separator: ", ") + ")"
    }
}

extension Condition {
    /// The condition as a rule set says it.
    public var text: String { text(binding: 0) }

    /// With brackets where what stands around binds tighter: 1 inside `or`, 2 inside `and`, 3 behind `not`.
    private func text(binding: Int) -> String {
        switch self {
        case .fact(let fact): return fact.name
        case .comparison(let left, let comparison, let right):
            return "\(left.text) \(comparison.sign) \(right.text)"
        case .not(let inner):
            // `not a == b` would be read alike, but a reader could take it otherwise.
            if case .comparison = inner { return "not (\(inner.text))" }
            return "not " + inner.text(binding: 3)
        case .all(let parts): return Condition.join(parts, " and ", 2, within: binding)
        case .any(let parts): return Condition.join(parts, " or ", 1, within: binding)
        }
    }

    private static func join(_ parts: [Condition], _ joint: String, _ own: Int, within binding: Int) -> String
    {
        guard parts.count != 1 else { return parts[0].text(binding: binding) }
        let text = parts.map { $0.text(binding: own) }.joined(separator: joint)
        return binding >= own ? "(\(text))" : text
    }
}

extension Sum {
    /// The sum as a rule set says it.
    public var text: String {
        let terms = facts.map(\.name) + (constant != 0 || facts.isEmpty ? ["\(constant)"] : [])
        return terms.joined(separator: " + ")
    }
}

extension String {
    /// The string with spaces behind it, up to a width.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - count))
    }
}
