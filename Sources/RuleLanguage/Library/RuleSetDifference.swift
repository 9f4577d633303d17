import Rules

/// Where two rule sets behave differently. What is only written differently is no difference.
public struct RuleSetDifference: Sendable {
    /// The name of the first set.
    public let left: String
    /// The name of the second set.
    public let right: String
    /// Paths with different clauses; nil: that set has no clause.
    public let clauses: [(path: Path, left: Clause?, right: Clause?)]
    /// Mechanisms with different values.
    public let mechanisms: [(mechanism: Mechanism, left: MechanismValue, right: MechanismValue)]
    /// Interfaces that ask differently; nil: that set does not say.
    public let interfaces: [(interface: Interface, left: Request?, right: Request?)]

    /// Compares two sets.
    public init(_ left: RuleSet, _ right: RuleSet) {
        self.left = left.name
        self.right = right.name
        let (a, b) = (left.rules, right.rules)
        clauses = Path.allCases.filter { a.behaviour(of: $0) != b.behaviour(of: $0) }
            .map { ($0, a.clauses[$0], b.clauses[$0]) }
        mechanisms = Mechanism.allCases.filter { a[$0] != b[$0] }.map { ($0, a[$0], b[$0]) }
        interfaces = Interface.allCases.filter { a.request(for: $0) != b.request(for: $0) }
            .map { ($0, a.request(for: $0), b.request(for: $0)) }
    }

    /// Whether the two behave alike everywhere.
    public var isEmpty: Bool { clauses.isEmpty && mechanisms.isEmpty && interfaces.isEmpty }

    /// The differences as text: what only the first set says behind `-`, what only the second says behind `+`.
    public var text: String {
        guard !isEmpty else { return "\(left) and \(right) behave alike\n" }
        var lines = ["--- \(left)", "+++ \(right)"]
        for (mechanism, left, right) in mechanisms {
            lines += ["", "mechanism \(mechanism.name)", "-   \(left.name)", "+   \(right.name)"]
        }
        for group in groupedClauses {
            lines += ["", "on \(Path.heads(of: group.paths)):"]
            lines += RuleSetDifference.marked(group.left, "-") + RuleSetDifference.marked(group.right, "+")
        }
        for (interface, left, right) in interfaces {
            lines += ["", "interface \(interface.name)"]
            lines += ["-   \(left?.text ?? "(not said)")", "+   \(right?.text ?? "(not said)")"]
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func marked(_ clause: Clause?, _ mark: String) -> [String] {
        (clause?.stepTexts ?? ["(no clause)"]).map { "\(mark)   \($0)" }
    }

    /// Neighbours of one operation that differ alike, together.
    private var groupedClauses: [(paths: [Path], left: Clause?, right: Clause?)] {
        var groups: [(paths: [Path], left: Clause?, right: Clause?)] = []
        for (path, left, right) in clauses {
            if let last = groups.last, last.paths[0].operation == path.operation, last.left == left,
                last.right == right
            {
                groups[groups.count - 1].paths.append(path)
            } else {
                groups.append(([path], left, right))
            }
        }
        return groups
    }
}
