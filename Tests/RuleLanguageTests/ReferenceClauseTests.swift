import Rules
import Testing

@testable import RuleLanguage

/// How references come about: not only whether one is taken, but what is done before.
@Suite struct ReferenceClauseTests {
    func trace(_ set: String, _ path: Path, _ facts: [Fact: Int]) throws -> [String] {
        DecisionWalk(try Shipped.get().set(named: set).rules, path, facts).trace
    }

    let shared = DecisionTableTests.shared

    @Test(arguments: [
        ("mapcount", ["take"]), ("mapcount-forced", ["break_cow", "take"]), ("refcount", ["take"]),
        ("exclusive", ["take"]), ("vma-lock", ["take"]),
    ])
    func gettingASharedPageForReading(_ set: String, _ expected: [String]) throws {
        #expect(try trace(set, .getRead, shared) == expected)
    }

    @Test(arguments: [
        ("mapcount", ["take"]), ("mapcount-forced", ["break_cow", "take"]), ("refcount", ["take"]),
        ("refcount-all", ["take"]), ("exclusive", ["unshare", "take"]),
        ("exclusive-unshare", ["unshare", "take"]),
    ])
    func pinningASharedPageForReading(_ set: String, _ expected: [String]) throws {
        #expect(try trace(set, .pinRead, shared) == expected)
    }

    @Test func forcingLeavesSharedMappingsAlone() throws {
        let facts: [Fact: Int] = [.file: 1, .vmaShared: 1]
        #expect(try trace("mapcount-forced", .pinRead, facts) == ["take"])
    }

    @Test func forcingAcceptsWhatItBrokeInAReadOnlyMapping() throws {
        let facts: [Fact: Int] = [.anonymous: 1, .vmaCow: 1]
        #expect(try trace("mapcount-forced", .getRead, facts) == ["break_cow", "take"])
    }

    @Test(arguments: [("exclusive", ["take"]), ("exclusive-unshare", ["unshare", "take"])])
    func pinningTheZeroPageForReadingForLong(_ set: String, _ expected: [String]) throws {
        #expect(try trace(set, .pinRead, [.zero: 1, .vmaCow: 1, .longterm: 1]) == expected)
        #expect(try trace(set, .pinRead, [.zero: 1, .vmaCow: 1]) == ["take"])
        #expect(try trace(set, .pinRead, [.file: 1, .vmaShared: 1, .longterm: 1]) == ["take"])
    }

    @Test func pinningForWritingBreaksCOWOnlyWhereItMust() throws {
        for set in DecisionTableTests.eras {
            #expect(try trace(set, .pinWrite, shared) == ["break_cow", "take"])
            #expect(try trace(set, .pinWrite, [.anonymous: 1, .vmaCow: 1, .pteWritable: 1]) == ["take"])
        }
    }

    /// The later rule does not fall for a page of shmem that is dirty without being this process's own.
    @Test func forcedWritesIntoAReadOnlyMapping() throws {
        let shmem: [Fact: Int] = [.file: 1, .vmaCow: 1, .pteDirty: 1, .follCOW: 1]
        #expect(try trace("refcount-all", .forcedWrite, shmem) == ["take"])
        #expect(try trace("exclusive", .forcedWrite, shmem) == ["break_cow", "take"])
        let own: [Fact: Int] = [.anonymous: 1, .vmaCow: 1, .exclusive: 1]
        #expect(try trace("exclusive", .forcedWrite, own) == ["take"])
        #expect(
            try trace("exclusive", .forcedWrite, own.merging([.vmaSoftDirty: 1]) { $1 }).first == "break_cow")
    }

    @Test(arguments: [
        ("exclusive", Choice.keep), ("exclusive-unshare", .copy), ("linux-6.1", .keep), ("linux-7.2", .copy),
    ])
    func unsharingThePageCache(_ set: String, _ expected: Choice) throws {
        let rules = try Shipped.get().set(named: set).rules
        #expect(DecisionWalk(rules, .unshareFile, [.file: 1]).choice == expected)
        #expect(DecisionWalk(rules, .unshareZero, [.zero: 1]).choice == expected)
        #expect(DecisionWalk(rules, .unshareKSM, [.ksm: 1]).choice == .copy)
    }

    @Test func fastAndSlowOrders() throws {
        let library = try Shipped.get()
        func value(_ set: String, _ mechanism: Mechanism) throws -> MechanismValue {
            try library.set(named: set).rules[mechanism]
        }
        #expect(try value("refcount-5.9", .fastGUPRetry) == .none)
        #expect(try value("refcount", .fastGUPRetry) == .writeProtectSeq)
        #expect(try value("linux-5.10", .fastGUPRetry) == .writeProtectSeq)
        #expect(try value("refcount-5.9", .clearRefsFlush) == .none)
        #expect(try value("linux-7.2", .clearRefsFlush) == .beforeUnlock)
        #expect(try value("mapcount-forced", .faultFlushIfPending) == .no)
        #expect(try value("refcount", .faultFlushIfPending) == .yes)
        #expect(try value("exclusive", .faultLock) == .mmap)
        #expect(try value("vma-lock-6.4", .faultLock) == .vma)
        #expect(try value("vma-lock-6.4", .forkLocks) == .mmap)
        #expect(try value("vma-lock", .forkLocks) == .vma)
        #expect(try value("linux-6.1", .zeroPagePin) == .uncounted)
        #expect(try value("mapcount", .hasPinned) == .none)
        #expect(try value("refcount-5.9", .hasPinned) == .flag)
    }

    @Test func directIOPinsFrom65On() throws {
        let library = try Shipped.get()
        for (set, isPin) in [
            ("refcount", false), ("linux-6.1", false), ("vma-lock-6.4", false), ("vma-lock", true),
        ] {
            let rules = try library.set(named: set).rules
            #expect(rules.request(for: .directRead)?.isPin == isPin)
            #expect(rules.request(for: .directWrite)?.isPin == isPin)
            #expect(rules.request(for: .vmsplice) == Request(isPin: false, access: .read))
        }
    }

    /// Large folios: who maps a folio alone writes in place from 6.15 on.
    @Test func largeFolios() throws {
        let library = try Shipped.get()
        let alone: [Fact: Int] = [
            .anonymous: 1, .lru: 1, .large: 1, .largeMapcount: 4, .pageCount: 4, .pageMapcount: 1,
        ]
        for (set, expected) in [("linux-6.12", Choice.copy), ("linux-6.18", .reuse), ("linux-7.2", .reuse)] {
            let rules = try library.set(named: set).rules
            #expect(DecisionWalk(rules, .writeFaultAnonymous, alone).choice == expected)
            let shared = alone.merging([.mappedShared: 1]) { $1 }
            #expect(DecisionWalk(rules, .writeFaultAnonymous, shared).choice == .copy)
            let pinned = alone.merging([.pageCount: 5]) { $1 }
            #expect(DecisionWalk(rules, .writeFaultAnonymous, pinned).choice == .copy)
        }
    }
}
