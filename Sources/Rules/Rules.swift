/// The compiled form of a rule set: what the engine asks wherever releases or proposals decide differently.
///
/// A value without references to anything but its arrays; copying it is cheap, asking it allocates nothing.
public struct Rules: Sendable {
    /// The name of the set.
    public let name: String
    /// The clauses as they were written, for those paths that have one.
    public let clauses: [Path: Clause]
    private let requests: [Request?]
    private let clauseBehaviours: [UInt64]
    @usableFromInline let mechanisms: [MechanismValue]
    @usableFromInline let code: [Instruction]

    /// Compiles a set. A mechanism that is not named has its standard value.
    ///
    /// - Parameter clauses: each must end in a choice without a condition; one that does not decides nothing (nil)
    ///   where no step matches.
    public init(
        name: String, mechanisms: [Mechanism: MechanismValue] = [:], clauses: [Path: Clause] = [:],
        requests: [Interface: Request] = [:]
    ) {
        self.name = name
        self.clauses = clauses
        self.requests = Interface.allCases.map { requests[$0] }
        self.mechanisms = Mechanism.allCases.map { mechanisms[$0] ?? $0.standard }
        var assembler = Assembler()
        for path in Path.allCases {
            if let clause = clauses[path] { assembler.add(clause, for: path) }
        }
        code = assembler.code
        clauseBehaviours = Path.allCases.map { clauses[$0]?.behaviour ?? 0 }
    }

    /// The hash of the clause of a path; 0 where the set has none. Clauses that differ only in the order of what
    /// `and`, `or` and `+` join, or in steps that cannot matter, have the same.
    public func behaviour(of path: Path) -> UInt64 {
        clauseBehaviours[Int(path.rawValue)]
    }

    /// The value of a mechanism.
    @inlinable
    public subscript(mechanism: Mechanism) -> MechanismValue {
        mechanisms[Int(mechanism.rawValue)]
    }

    /// The flags with which an interface asks for its references; nil where the set does not say.
    public func request(for interface: Interface) -> Request? {
        requests[Int(interface.rawValue)]
    }

    /// Whether the set has a clause for a path.
    @inlinable
    public func has(_ path: Path) -> Bool {
        if case .entry(0) = code[Int(path.rawValue)] { return false }
        return true
    }

    /// Walks the clause of a path; the first step that matches wins. `RuleTables.decide` is the same thing, and faster.
    ///
    /// Facts are read lazily, only those asked for, in the order in which the clause asks.
    ///
    /// - Parameter step: 0, or the `next` of the action that was done before.
    /// - Returns: nil where the set has no clause for the path.
    public func decide<F: FactSource>(_ path: Path, _ facts: F, from step: Int = 0) -> Decision? {
        let tables = RuleTables(self)
        defer { tables.deallocate() }
        return tables.decide(path, facts, from: step)
    }
}
