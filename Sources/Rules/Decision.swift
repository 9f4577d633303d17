/// What a clause decides. Which choices a path has is in `Path.choices`.
public enum Choice: UInt8, CaseIterable, Sendable, Hashable {
    /// Give the faulting process a new page (fork: the child, at once).
    case copy
    /// Go on with the page that is mapped, made writable for a write fault.
    case reuse
    /// fork: both processes map the page, neither may write it.
    case share
    /// Take the reference to the page that is mapped.
    case take
    /// Make the entry read-only.
    case protect
    /// Leave this entry out and go on with the next.
    case skip
    /// Give the whole call up with an error.
    case fail
    /// Map the page as the mapping's protection without a write says.
    case map
    /// Map the page writable.
    case mapWritable
    /// Map the page read-only, but marked as this process's own.
    case mapExclusive
    /// Map the page with its young bit set.
    case mapYoung
    /// Map the page with its young bit clear.
    case mapOld
    /// Leave the entry, or the page, as it is.
    case keep
    /// Make the entry writable without a fault.
    case upgrade
    /// Split the huge page's one entry into many and decide for each.
    case split
    /// Allocate a new huge page where the huge zero page was.
    case allocate
    /// Go on and put the page into the swap cache.
    case add
    /// Go on and replace the entry by a swap or a migration entry.
    case unmap
    /// Go on and write the page out.
    case write
    /// Go on and merge the page with its twin.
    case merge
    /// Go on and move the page.
    case move
    /// Throw the page away; the next access finds zeros.
    case discard
    /// Go on and collapse the range to a huge page.
    case collapse

    /// The name in the text of a rule set.
    public var name: String { Choice.names[Int(rawValue)] }

    /// The names of all cases, made once: telling a case's name takes long.
    private static let names = allCases.map { choice in
        switch choice {
        case .mapWritable: "map(writable)"
        case .mapExclusive: "map(exclusive)"
        case .mapYoung: "map(young)"
        case .mapOld: "map(old)"
        default: "\(choice)"
        }
    }
}

/// What a clause has done before it goes on; the facts are read anew afterwards.
public enum Action: UInt8, CaseIterable, Sendable, Hashable {
    /// Lock the page, waiting for it or only trying as the mechanism `page_lock` says.
    case lockPage
    /// Flush this CPU's batch of pages on their way to the LRU lists, each of which holds a reference.
    case drainLRU
    /// Take the page from the swap cache if no swap entry needs it and it is not being written out.
    case freeSwapCache
    /// Fault for writing, then walk the clause anew. It is satisfied where the entry is writable.
    case breakCOW
    /// Fault with FAULT_FLAG_UNSHARE, then walk the clause anew.
    case unshare

    /// The name in the text of a rule set.
    public var name: String {
        switch self {
        case .lockPage: "lock_page"
        case .drainLRU: "drain_lru"
        case .freeSwapCache: "free_swap_cache"
        case .breakCOW: "break_cow"
        case .unshare: "unshare"
        }
    }

    /// Whether the clause is walked from its start again when the action is done.
    public var startsAnew: Bool { self == .breakCOW || self == .unshare }
}

/// What the walk of a clause comes to.
public enum Decision: Sendable, Hashable {
    /// The decision itself.
    case choice(Choice)
    /// Do this, then ask again from the step `next`; where it cannot be done, `otherwise` is the decision, or, where
    /// that is nil, asking goes on at `next` all the same.
    case action(Action, next: Int, otherwise: Choice?)
}
