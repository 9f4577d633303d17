import Rules

/// A rule set that extends another one and was put together by a program, to be written as a text.
public struct RuleSetChanges: Sendable {
    /// Its name.
    public var name: String
    /// The name of the set that it extends.
    public var base: String
    /// The sentence that says what it is; nil for none.
    public var description: String?
    /// Lines of comment above everything else.
    public var comments: [String] = []
    /// What it changes.
    public var sections: [Section] = []

    /// Changes that belong together.
    public struct Section: Sendable {
        /// Lines of comment above them.
        public var comments: [String] = []
        /// Values of mechanisms, in their order.
        public var mechanisms: [(mechanism: Mechanism, value: MechanismValue)] = []
        /// Clauses of paths, in their order. Neighbours of one operation that share a clause share a head.
        public var clauses: [(path: Path, clause: Clause)] = []
        /// Requests of interfaces, in their order.
        public var requests: [(interface: Interface, request: Request)] = []

        /// Makes a section without changes.
        public init() {}

        /// Whether it changes nothing.
        public var isEmpty: Bool { mechanisms.isEmpty && clauses.isEmpty && requests.isEmpty }
    }

    /// Makes a set that changes nothing yet.
    public init(name: String, extending base: String) {
        self.name = name
        self.base = base
    }

    /// Whether a text could have the name: letters, digits and `_`, with `-` and `.` between them.
    public static func isName(_ text: String) -> Bool {
        let parts = text.split(omittingEmptySubsequences: false) { $0 == "-" || $0 == "." }
        return parts.allSatisfy { part in
            !part.isEmpty && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        } && text.first?.isLetter == true
    }

    /// The text; reading it gives a set with these changes.
    public var text: String {
        var printer = RulePrinter()
        for comment in comments { printer.comment(comment) }
        printer.blank()
        printer.line("rules \(name) extends \(base)")
        if let description { printer.line(RulePrinter.quoted(description)) }
        for section in sections where !section.isEmpty || !section.comments.isEmpty {
            printer.blank()
            for comment in section.comments { printer.comment(comment) }
            RuleSetChanges.write(section, to: &printer)
        }
        return printer.text
    }

    private static func write(_ section: Section, to printer: inout RulePrinter) {
        for (mechanism, value) in section.mechanisms {
            let width = section.mechanisms.map(\.mechanism.name.count).max() ?? 0
            printer.mechanism(mechanism, value, width: width)
        }
        var rest = section.clauses[...]
        var isFirst = section.mechanisms.isEmpty
        while let first = rest.first {
            let group = rest.prefix {
                $0.path.operation == first.path.operation && $0.clause == first.clause
            }
            if !isFirst { printer.blank() }
            isFirst = false
            printer.clause(heads: Path.heads(of: group.map(\.path)), first.clause)
            rest = rest.dropFirst(group.count)
        }
        if !isFirst, !section.requests.isEmpty { printer.blank() }
        for (interface, request) in section.requests {
            let width = section.requests.map(\.interface.name.count).max() ?? 0
            printer.interface(interface, request, width: width)
        }
    }
}
