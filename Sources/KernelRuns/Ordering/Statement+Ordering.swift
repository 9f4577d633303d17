import TestLanguage

extension ResolvedTest {
    /// All statements, each with the actor that does it.
    var allStatements: [(actor: Int, statement: Statement)] {
        actors.flatMap { actor in actor.block.statements.map { (actor.index, $0) } }
    }
}

extension Declaration {
    /// Whether what is taken first is missing elsewhere.
    var limitsMemory: Bool {
        switch kind {
        case .frames, .memcg, .hugepages, .swap: true
        case .map, .file, .background, .pinBias: false
        }
    }

    /// Whether the kernel may do something of its own accord.
    var isBackground: Bool {
        if case .background = kind { true } else { false }
    }
}

extension Statement {
    /// Whether what is taken first is missing elsewhere from now on.
    var limitsMemory: Bool {
        if case .memcgLimit = kind { true } else { false }
    }

    /// Whether it can make one huge page of neighbours.
    var makesHugePages: Bool {
        switch kind {
        case .kernel(.collapse), .madvise(_, .collapse), .madvise(_, .hugepage): true
        default: false
        }
    }

    /// Whether an access that was fine before it may end its process after it.
    var takesAccessAway: Bool {
        switch kind {
        case .munmap, .mremap, .mprotect, .exec, .madvise(_, .guardInstall), .madvise(_, .remove): true
        default: false
        }
    }

    /// Whether it can take or give back memory.
    var mayAllocateOrFree: Bool {
        switch kind {
        case .signal, .await, .wait, .join, .look, .kill: false
        default: true
        }
    }

    /// The mapping whose pages a statement can be held up at by a userfaultfd, and whether it is by a mere load.
    var faultsOn: (mapping: Name, onlyReads: Bool)? {
        switch kind {
        case .store(let location, _): (location.address.mapping, false)
        case .load(let location): (location.address.mapping, true)
        case .reference(_, let address): (address.mapping, false)
        case .madvise(let address, .populateRead): (address.mapping, true)
        case .madvise(let address, .populateWrite): (address.mapping, false)
        case .remote(_, _, let location): (location.address.mapping, false)
        default: nil
        }
    }
}
