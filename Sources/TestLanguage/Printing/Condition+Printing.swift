extension Condition: CustomStringConvertible {
    /// One line, without its end.
    public var description: String { "\(quantifier.rawValue) \(formula)" }
}

extension Formula: CustomStringConvertible {
    /// The formula, with no more brackets than it needs to be read back the same.
    public var description: String {
        switch kind {
        case .or(let parts): parts.map { $0.printed(tighterThan: 0) }.joined(separator: " || ")
        case .and(let parts): parts.map { $0.printed(tighterThan: 1) }.joined(separator: " && ")
        case .not(let part): "!" + part.printed(tighterThan: 2)
        case .comparison(let left, let comparison, let right): "\(left) \(comparison.rawValue) \(right)"
        case .fact(let fact): "\(fact)"
        }
    }

    /// How tightly its operator binds; 0 the least.
    private var tightness: Int {
        switch kind {
        case .or: 0
        case .and: 1
        case .comparison: 2
        case .not, .fact: 3
        }
    }

    private func printed(tighterThan limit: Int) -> String {
        tightness > limit ? description : "(\(description))"
    }
}

extension Operand: CustomStringConvertible {
    /// The operand as text.
    public var description: String {
        switch kind {
        case .number(let number): "\(number)"
        case .error(let number): "-\(number.name)"
        case .zeroFrame: "zero"
        case .register(let actor, let name): "\(actor):\(name)"
        case .content(let process, let location): "\(process):*\(location)"
        case .file(let location): "file \(location)"
        case .copies: "copies"
        }
    }
}

extension Fact: CustomStringConvertible {
    /// The fact as text.
    public var description: String {
        switch self {
        case .killed(let actor): "killed(\(actor))"
        case .blocked(let actor): "blocked(\(actor))"
        case .forked(let child): "forked(\(child))"
        case .same(let first, let second): "same(\(first), \(second))"
        case .moved(let address): "moved(\(address))"
        case .mapped(let address): "mapped(\(address))"
        case .young(let address): "young(\(address))"
        case .softDirty(let address): "soft_dirty(\(address))"
        case .coherent(let process, let handle): "coherent(\(process.map { "\($0):" } ?? "")\(handle))"
        }
    }
}
