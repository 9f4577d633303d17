import TestSupport
import Testing
import VirtualMemory

/// Write faults on a present, read-only entry: what each era decides, and the counts before and after.
@Suite struct WriteFaultTests {
    /// A page that its process is about to store to.
    enum Situation: String, CaseIterable {
        case sharedWithChild, childExited, childUnmapped, ownPipe, pipeOfChild, ownPin, fallenBack

        /// The test, in which `p` stores 2 behind `signal ready`.
        var text: String {
            let body =
                switch self {
                case .sharedWithChild: "fork c {\n}\n"
                case .childExited: "fork c {\nexit\n}\nwait c\n"
                case .childUnmapped: "fork c {\nmunmap(x)\nsignal e\n}\nawait e\n"
                case .ownPipe: "h = vmsplice(x)\nfork c {\nexit\n}\nwait c\n"
                case .pipeOfChild: "fork c {\nh = vmsplice(x)\nmunmap(x)\nsignal e\n}\nawait e\n"
                case .ownPin: "h = get(x, write)\nfork c {\nexit\n}\nwait c\n"
                case .fallenBack: "mprotect(x, PROT_READ)\nmprotect(x, PROT_READ | PROT_WRITE)\n"
                }
            return
                "map x: anonymous private = 1\nprocess p {\n\(body)signal ready\n*x = 2\n}\nexists copies == 1\n"
        }
    }

    /// What a rule set does: in place, or in a copy.
    static let expected: [(rules: String, reuses: Set<Situation>)] = [
        ("textbook", [.childExited, .childUnmapped, .fallenBack]),
        (
            "mapcount",
            [.childExited, .childUnmapped, .ownPipe, .pipeOfChild, .ownPin, .fallenBack]
        ),
        ("mapcount-forced", [.childExited, .childUnmapped, .ownPipe, .pipeOfChild, .ownPin, .fallenBack]),
        ("refcount-5.9", [.childExited, .childUnmapped, .fallenBack]),
        ("refcount", [.childExited, .childUnmapped, .fallenBack]),
        ("refcount-all", [.childExited, .childUnmapped, .fallenBack]),
        ("exclusive", [.childExited, .childUnmapped, .fallenBack]),
        ("exclusive-unshare", [.childExited, .childUnmapped, .fallenBack]),
        ("vma-lock-6.4", [.childExited, .childUnmapped, .fallenBack]),
        ("vma-lock", [.childExited, .childUnmapped, .fallenBack]),
        ("mapcount-again", Set(Situation.allCases).subtracting([.sharedWithChild])),
        ("mapcount-beside-refcount", Set(Situation.allCases).subtracting([.sharedWithChild])),
    ]

    @Test(arguments: expected.map(\.rules), Situation.allCases)
    func reusesOrCopies(_ rules: String, _ situation: Situation) throws {
        let run = try Playthrough(situation.text, rules)
        try run.run("p")
        if run.test.test.actor(named: "c") != nil {
            try run.run("c")
            try run.run("p")
        }
        let reuses = try #require(Self.expected.first { $0.rules == rules }).reuses.contains(situation)
        // The forced break of COW of mapcount-forced is a copy of the child's, not one of this store.
        let own = run.log.filter { $0 == "p wp_page_copy" }.count
        #expect((own == 0) == reuses)
        let exclusive = try ShippedRules.keepsExclusive(rules) ? ", exclusive" : ""
        // Where it was reused, its own references are still there.
        let count = reuses && [.ownPipe, .ownPin].contains(situation) ? 2 : 1
        let others = reuses && situation == .pipeOfChild && rules != "mapcount-forced" ? 1 : 0
        #expect(try run.facts("p:x") == "count \(count + others), mapcount 1\(exclusive), writable dirty")
        #expect(try run.words("p:x") == [2])
    }

    @Test func bothReferencesOfTheOldPageGoAndItsMapping() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                }
                *x = 2
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p", through: "wake_up_new_task")
        #expect(try run.facts("c:x") == "count 2, mapcount 2, read-only dirty")
        try run.run("p", through: "handle_pte_fault")
        // The fault's own reference, taken before the lock is dropped.
        #expect(try run.facts("c:x") == "count 3, mapcount 2, read-only dirty")
        try run.run("p", through: "wp_page_copy", "maps")
        #expect(try run.facts("c:x") == "count 3, mapcount 2, read-only dirty")
        try run.run("p", through: "page_remove_rmap")
        #expect(try run.facts("c:x") == "count 3, mapcount 1, read-only dirty")
        try run.run("p", through: "put_page")
        #expect(try run.facts("c:x") == "count 1, mapcount 1, read-only dirty")
        try run.finish()
        #expect(run.broken.isEmpty)
        #expect(run.view.framesInUse == 4)
    }

    @Test func theEntryIsClearedThenFlushedThenSetThenTheMappingGoes() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                }
                *x = 2
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        let first = try #require(run.log.firstIndex(of: "p wake_up_new_task"))
        #expect(
            run.log[(first + 1)...].filter { $0.hasPrefix("p ") } == [
                "p store", "p mmap_read_lock", "p handle_pte_fault", "p alloc_zeroed_user_highpage_movable",
                "p copy_user_highpage", "p wp_page_copy", "p ptep_clear_flush", "p wp_page_copy",
                "p page_remove_rmap", "p put_page", "p mmap_read_unlock", "p store",
            ])
    }

    /// Two threads fault on one page: the second finds the entry changed and drops its copy.
    @Test func aCopyThatComesTooLateIsDropped() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                }
                thread t {
                    *x = 2
                }
                *x = 3
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p", through: "clone")
        try run.run("p", through: "copy_user_highpage")
        try run.run("t")
        #expect(try run.words("p:x") == [2])
        try run.run("p", through: "wp_page_copy", "takes")
        try run.run("p", through: "wp_page_copy", "drops")
        #expect(try run.facts("p:x") == "count 1, mapcount 1, writable dirty")
        #expect(try run.facts("c:x") == "count 1, mapcount 1, read-only dirty")
        try run.finish()
        #expect(try run.words("p:x") == [3])
        #expect(run.view.framesInUse == 4)
        #expect(run.broken.isEmpty)
    }

    static let bothStore = """
        map x: anonymous private = 1
        process p {
            fork c {
                *x = 2
            }
            *x = 3
        }
        """

    @Test func upTo58AFaultWaitsForThePageLock() throws {
        let run = try Playthrough(Self.bothStore, "mapcount")
        try run.run("p", through: "handle_pte_fault")
        let frame = try #require(try run.page("p:x")).frame
        #expect(run.view.frameFacts(frame).isLocked)
        try run.run("c", through: "handle_pte_fault")
        #expect(try run.facts("p:x") == "count 3, mapcount 2, read-only dirty")
        #expect(try run.step("c") == .blocked(.kernelLock))
        try run.run("p", through: "do_wp_page")
        #expect(!run.view.frameFacts(frame).isLocked)
        try run.run("p")
        // The parent has its copy; the child, which waited, finds itself alone.
        try run.run("c")
        #expect(try run.facts("c:x") == "count 1, mapcount 1, writable dirty")
        #expect(try run.words("c:x") == [2])
        #expect(run.broken.isEmpty)
    }

    @Test func whoWaitedForThePageLockLooksAtTheEntryAgain() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                    thread t {
                        madvise(x, MADV_DONTNEED)
                    }
                    *x.1 = 2
                }
                *x = 3
            }
            """
        let run = try Playthrough(text, "mapcount-forced")
        try run.run("p", through: "handle_pte_fault")
        try run.run("c", through: "clone")
        try run.run("c", through: "handle_pte_fault")
        try run.run("t")
        #expect(try run.step("c") == .blocked(.kernelLock))
        try run.finish()
        #expect(try run.words("c:x") == [0, 2])
        #expect(try run.facts("p:x") == "count 1, mapcount 1, writable dirty")
        #expect(run.broken.isEmpty)
    }

    @Test func since59AFaultThatFindsThePageLockedCopies() throws {
        let set = try ShippedRules.extending(
            "refcount",
            "on write_fault of anonymous:\n    lock_page else copy\n    reuse when page_mapcount == 1\n    copy"
        )
        let run = try Playthrough(Self.bothStore, set)
        try run.run("p", through: "handle_pte_fault")
        try run.run("c")
        #expect(run.log.contains("c wp_page_copy"))
        try run.finish()
        // The child's copy left the page to the parent before the parent decided.
        #expect(!run.log.contains("p wp_page_copy"))
        #expect(try run.facts("p:x") == "count 1, mapcount 1, writable dirty")
        #expect(try run.facts("c:x") == "count 1, mapcount 1, writable dirty")
    }

    /// Word by word: a store that reaches a word already copied is lost with the old page, one that comes before is not.
    @Test(arguments: [(0, true), (1, false)])
    func theCopyIsMadeWordByWord(_ word: Int, _ isLost: Bool) throws {
        let text = """
            map x: anonymous private = 1
            process p {
                h = get(x, write)
                fork c {
                    exit
                }
                wait c
                thread device {
                    dma_write(h.\(word), 5)
                }
                *x.2 = 2
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p")
        try run.run("c")
        try run.run("p", through: "copy_user_highpage")
        try run.run("device")
        try run.finish()
        #expect(try run.words("p:x")[word] == (isLost ? 1 : 5))
        #expect(run.broken.contains(Violation(.durability, through: .get)) == isLost)
    }

    @Test func aFaultTakesThePageAgainWhenItsCopyFindsNoMemory() throws {
        let text = """
            frames 4
            map x: anonymous private = 1
            process p {
                fork c {
                }
                map y: anonymous private
                *y = 4
                *x = 2
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(run.view.isKilled(0))
        #expect(try run.facts("c:x") == "count 1, mapcount 1, read-only dirty")
        #expect(run.broken.isEmpty)
    }
}
