import Diagnostics
import Rules

/// A rule set, joined with what it extends: what it says, where that stands, and its compiled form.
public struct RuleSet: Sendable {
    /// What its own text says.
    public let syntax: RuleSetSyntax
    /// Its own text.
    public let source: SourceText
    /// The sets that it extends, the nearest first.
    public let bases: [String]
    /// The compiled form, with everything that it extends.
    public let rules: Rules
    /// Where each clause comes from.
    public let clauseOrigins: [Path: Origin]
    /// Where the value of each mechanism comes from, for those that any text sets.
    public let mechanismOrigins: [Mechanism: Origin]
    /// Where the request of each interface comes from.
    public let interfaceOrigins: [Interface: Origin]
    /// What is probably not meant, with places in `source`.
    public let warnings: [Diagnostic]

    /// Where something that a set says stands.
    public struct Origin: Hashable, Sendable {
        /// The set whose text says it.
        public var set: String
        /// The name of that text.
        public var file: String
        /// The line, from 1.
        public var line: Int
        /// For a clause: the line of each step, from 1.
        public var stepLines: [Int] = []
    }

    /// The name.
    public var name: String { syntax.name.value }
    /// The sentence that says what the set is; empty where its text has none.
    public var description: String { syntax.description?.value ?? "" }
    /// The kernels that decide so. They are not inherited.
    public var kernels: [KernelRange] { syntax.kernels.map(\.value) }
    /// The commits that brought it. They are not inherited.
    public var changes: [Change] { syntax.changes.map(\.value) }
    /// The messages that argue for it. They are not inherited.
    public var arguments: [Argument] { syntax.arguments.map(\.value) }
    /// The hash of the behaviour, 16 digits: equal for sets that decide alike everywhere, whatever their names.
    public var hash: String {
        let digits = String(rules.behaviour, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Joins a text with the set that it extends; nil where it extends none.
    init(_ syntax: RuleSetSyntax, source: SourceText, base: RuleSet?, warnings: [Diagnostic]) {
        self.syntax = syntax
        self.source = source
        bases = base.map { [$0.name] + $0.bases } ?? []
        var joined = Joined(base)
        let origin = { (span: Span) in
            Origin(set: syntax.name.value, file: source.name, line: source.position(at: span.start).line)
        }
        for clause in syntax.clauses {
            for path in clause.paths {
                var place = origin(path.span)
                place.stepLines = clause.steps.map { source.position(at: $0.span.start).line }
                joined.clauses[path.value] = clause.clause
                joined.clauseOrigins[path.value] = place
            }
        }
        for setting in syntax.mechanisms {
            joined.mechanisms[setting.value.mechanism] = setting.value.value
            joined.mechanismOrigins[setting.value.mechanism] = origin(setting.span)
        }
        for setting in syntax.interfaces {
            joined.requests[setting.value.interface] = setting.value.request
            joined.interfaceOrigins[setting.value.interface] = origin(setting.span)
        }
        clauseOrigins = joined.clauseOrigins
        mechanismOrigins = joined.mechanismOrigins
        interfaceOrigins = joined.interfaceOrigins
        rules = Rules(
            name: syntax.name.value, mechanisms: joined.mechanisms, clauses: joined.clauses,
            requests: joined.requests)
        self.warnings = warnings + RuleSet.warnings(of: syntax, in: rules)
    }

    /// What a set and all that it extends say, as far as they have been joined.
    private struct Joined {
        var clauses: [Path: Clause]
        var mechanisms: [Mechanism: MechanismValue] = [:]
        var requests: [Interface: Request] = [:]
        var clauseOrigins: [Path: Origin]
        var mechanismOrigins: [Mechanism: Origin]
        var interfaceOrigins: [Interface: Origin]

        init(_ base: RuleSet?) {
            clauses = base?.rules.clauses ?? [:]
            clauseOrigins = base?.clauseOrigins ?? [:]
            mechanismOrigins = base?.mechanismOrigins ?? [:]
            interfaceOrigins = base?.interfaceOrigins ?? [:]
            for mechanism in mechanismOrigins.keys { mechanisms[mechanism] = base?.rules[mechanism] }
            for interface in interfaceOrigins.keys {
                requests[interface] = base?.rules.request(for: interface)
            }
        }
    }
}
