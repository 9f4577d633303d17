import Rules

/// Walks a clause to its end on facts that stay as they are, unless an action changes them as the real one would.
struct DecisionWalk {
    /// What the walk came to: the actions that were done, then the choice.
    private(set) var trace: [String] = []
    private(set) var choice: Choice?

    /// - Parameter lock: whether the page lock can be had.
    init(_ rules: Rules, _ path: Path, _ given: [Fact: Int], lock: Bool = true) {
        var facts = Facts(values: given)
        var step = 0
        for _ in 0..<20 {
            switch rules.decide(path, facts, from: step) {
            case nil: return
            case .choice(let decided):
                choice = decided
                trace.append(decided.name)
                return
            case .action(let action, let next, let otherwise):
                trace.append(action.name)
                step = next
                if action == .lockPage, !lock, let otherwise {
                    choice = otherwise
                    trace.append(otherwise.name)
                    return
                }
                DecisionWalk.apply(action, to: &facts)
            }
        }
    }

    private static func apply(_ action: Action, to facts: inout Facts) {
        switch action {
        case .lockPage: break
        case .drainLRU:
            facts.values[.lru] = 1
            facts.values[.pageCount, default: 0] -= 1
        case .freeSwapCache:
            guard facts.value(of: .swapCache) == 1, facts.value(of: .writeback) == 0 else { return }
            guard facts.value(of: .swapCount) <= (facts.value(of: .pageMapcount) == 0 ? 1 : 0) else { return }
            facts.values[.swapCache] = 0
            facts.values[.pageCount, default: 0] -= 1
        case .breakCOW:
            facts.values[.pteWritable] = facts.value(of: .vmaWrite)
            facts.values[.pteDirty] = 1
            facts.values[.follCOW] = 1
            facts.values[.exclusive] = 1
            facts.values[.anonymous] = 1
        case .unshare:
            facts.values[.exclusive] = 1
            facts.values[.anonymous] = 1
            facts.values[.pageMapcount] = 1
        }
    }
}
