/// The tables of a rule set in memory of their own, for whoever asks them at every step: nothing is counted when they are asked.
///
/// Whoever makes them gives them back.
public struct RuleTables: @unchecked Sendable {
    @usableFromInline let code: UnsafePointer<Instruction>
    @usableFromInline let count: Int
    @usableFromInline let mechanisms: UnsafePointer<MechanismValue>

    /// Copies the tables of a set.
    public init(_ rules: Rules) {
        code = RuleTables.copy(rules.code)
        count = rules.code.count
        mechanisms = RuleTables.copy(rules.mechanisms)
    }

    /// Gives the memory back.
    public func deallocate() {
        code.deallocate()
        mechanisms.deallocate()
    }

    /// The value of a mechanism.
    @inlinable
    public subscript(mechanism: Mechanism) -> MechanismValue {
        mechanisms[Int(mechanism.rawValue)]
    }

    /// Walks the clause of a path; the first step that matches wins.
    ///
    /// Facts are read lazily, only those asked for, in the order in which the clause asks.
    ///
    /// - Parameter step: 0, or the `next` of the action that was done before.
    /// - Returns: nil where the set has no clause for the path.
    @inlinable
    public func decide<F: FactSource>(_ path: Path, _ facts: F, from step: Int = 0) -> Decision? {
        guard case .entry(let table) = code[Int(path.rawValue)], table != 0,
            case .entry(let first) = code[Int(table) + step], first != 0
        else { return nil }
        var position = Int(first)
        var sum = 0
        while position < count {
            switch code[position] {
            case .add(let fact): sum += facts.value(of: fact)
            case .subtract(let fact): sum -= facts.value(of: fact)
            case .unless(let comparison, let constant, let target):
                if !comparison.holds(sum, Int(constant)) { position = Int(target) - 1 }
                sum = 0
            case .jumpIf(let fact, let target):
                if facts.value(of: fact) != 0 { position = Int(target) - 1 }
            case .jumpUnless(let fact, let target):
                if facts.value(of: fact) == 0 { position = Int(target) - 1 }
            case .jump(let target): position = Int(target) - 1
            case .choice(let choice): return .choice(choice)
            case .action(let action, let next, let otherwise):
                return .action(action, next: Int(next), otherwise: otherwise)
            case .entry: return nil
            }
            position += 1
        }
        return nil
    }

    /// The elements are numbers and cases: giving the memory back is all that is owed to them.
    private static func copy<Element>(_ elements: [Element]) -> UnsafePointer<Element> {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
        memory.initialize(from: elements, count: elements.count)
        return UnsafePointer(memory)
    }
}
