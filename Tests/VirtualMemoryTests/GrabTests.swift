import TestSupport
import Testing
import VirtualMemory

/// get_user_pages and pin_user_pages, slow and fast, what stands behind the interfaces, and what devices do with them.
@Suite struct GrabTests {
    /// Calls that take one reference on `x`, and what each adds to `page_count`.
    static let calls: [(call: String, adds: Int)] = [
        ("get(x, read)", 1), ("get(x, write)", 1), ("get(x, read, slow)", 1), ("get(x, write, slow)", 1),
        ("pin(x, read)", 1024), ("pin(x, write)", 1024), ("pin(x, read, slow)", 1024),
        ("pin(x, write, slow)", 1024),
        ("pin(x, read, longterm)", 1024), ("pin(x, write, longterm)", 1024), ("vmsplice(x)", 1),
        ("io_uring_register(x)", 1024), ("rdma_register(x, read)", 1024), ("rdma_register(x, write)", 1024),
        ("vfio_map(x, read)", 1024), ("vfio_map(x, write)", 1024),
    ]

    @Test(arguments: calls, ["mapcount", "refcount", "exclusive", "vma-lock"])
    func aPageOfItsOwnIsTakenAsItIsAndLetGoAgain(_ taken: (call: String, adds: Int), _ rules: String) throws {
        let text = """
            map x: anonymous private = 1
            process p {
                h = \(taken.call)
                signal taken
                e = close(h)
                f = close(h)
            }
            """
        let run = try Playthrough(text, rules)
        let before = try #require(try run.page("p:x"))
        try run.run("p", through: "signal")
        let exclusive = try ShippedRules.keepsExclusive(rules) ? ", exclusive" : ""
        #expect(
            try run.facts("p:x") == "count \(1 + taken.adds), mapcount 1\(exclusive), writable dirty")
        #expect(try run.target("p:h")?.frame == before.frame)
        try run.finish()
        #expect(try run.facts("p:x") == "count 1, mapcount 1\(exclusive), writable dirty")
        #expect(try run.number("p:e") == 0)
        #expect(try run.number("p:f") == -9)
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: calls.filter { $0.call.contains("slow") == false && $0.adds == 1024 })
    func pinBiasIsThatOfTheTest(_ taken: (call: String, adds: Int)) throws {
        let text = "pin_bias 3\nmap x: anonymous private = 1\nprocess p {\nh = \(taken.call)\n}"
        #expect(try Playthrough(text, "refcount").finish().facts("p:x").hasPrefix("count 4,"))
    }

    @Test(arguments: calls)
    func memoryThatIsNotThereFails(_ taken: (call: String, adds: Int)) throws {
        let text = """
            map x: anonymous private = 1
            process p {
                munmap(x)
                h = \(taken.call)
                signal tried
                close(h)
            }
            """
        let run = try Playthrough(text, "exclusive").finish()
        #expect(try run.number("p:h") == -14)
        #expect(run.view.framesInUse == 1)
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: [
        ("PROT_READ", "get(x, read)", 0), ("PROT_READ", "get(x, write)", -14),
        ("PROT_READ", "pin(x, read)", 0),
        ("PROT_READ", "io_uring_register(x)", -14), ("PROT_NONE", "get(x, read)", -14),
        ("PROT_NONE", "pin(x, write, slow)", -14),
    ])
    func theMappingMustAllowIt(_ protection: String, _ call: String, _ result: Int) throws {
        let text = "map x: anonymous private = 1\nprocess p {\nmprotect(x, \(protection))\nh = \(call)\n}"
        #expect(try Playthrough(text, "exclusive").finish().number("p:h") == result)
    }

    @Test func severalPagesAreTakenTogetherOrNotAtAll() throws {
        let text = """
            map x[3]: anonymous private = 1
            process p {
                a = io_uring_register(x)
                close(a)
                munmap(x[2])
                b = io_uring_register(x)
                c = vmsplice(x)
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.number("p:a") == 0)
        #expect(try run.number("p:b") == -14)
        #expect(try run.number("p:c") == -14)
        #expect(try run.facts("p:x[0]") == "count 1, mapcount 1, writable dirty")
        #expect(try run.facts("p:x[1]") == "count 1, mapcount 1, writable dirty")
        #expect(run.broken.isEmpty)
    }

    // MARK: What must come first

    enum Kind: String, CaseIterable {
        case take = "takes the shared page", copy = "gets a copy first"
    }

    static let onSharedPage: [(rules: String, call: String, kind: Kind)] = [
        ("mapcount", "vmsplice(x)", .take), ("mapcount-forced", "vmsplice(x)", .copy),
        ("refcount", "vmsplice(x)", .take), ("exclusive", "vmsplice(x)", .take),
        ("vma-lock", "vmsplice(x)", .take),
        ("mapcount", "pin(x, read)", .take), ("mapcount-forced", "pin(x, read)", .copy),
        ("refcount", "pin(x, read, longterm)", .take), ("exclusive", "pin(x, read)", .copy),
        ("exclusive", "pin(x, read, slow)", .copy), ("exclusive", "get(x, read, slow)", .take),
        ("vma-lock", "vfio_map(x, read)", .copy), ("unshare-by-mapcount", "vmsplice(x)", .copy),
        ("mapcount", "pin(x, write)", .copy), ("refcount", "get(x, write)", .copy),
        ("exclusive", "get(x, write)", .copy),
        ("textbook", "io_uring_register(x)", .copy),
    ]

    @Test(arguments: onSharedPage)
    func aSharedPage(_ row: (rules: String, call: String, kind: Kind)) throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                }
                h = \(row.call)
            }
            exists copies == 1
            """
        let run = try Playthrough(text, row.rules).finish()
        #expect(run.view.copies == (row.kind == .copy ? 1 : 0))
        let target = try #require(try run.target("p:h"))
        #expect(target.frame == (try run.page("p:x")?.frame))
        #expect((target.frame == (try run.page("c:x")?.frame)) == (row.kind == .take))
        #expect(target.mapcount == (row.kind == .take ? 2 : 1))
        #expect(run.broken.isEmpty)
    }

    @Test func anUnsharedPageIsReadOnlyCleanAndExclusive() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                }
                h = pin(x, read)
                *x = 2
            }
            """
        let run = try Playthrough(text, "exclusive")
        try run.run("p", through: "wp_page_copy", "maps")
        #expect(try run.facts("p:x") == "count 1, mapcount 1, exclusive, read-only")
        try run.finish()
        // Being exclusive it is written in place, pin or no pin.
        #expect(try run.facts("p:x") == "count 1025, mapcount 1, exclusive, writable dirty")
        #expect(try run.facts("c:x") == "count 1, mapcount 1, read-only dirty")
        #expect(run.broken.isEmpty)
    }

    @Test func anUnshareOfAPageThatNobodyElseHasTakesItOver() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                    exit
                }
                wait c
                h = pin(x, read)
            }
            exists copies == 1
            """
        let run = try Playthrough(text, "exclusive").finish()
        #expect(try run.facts("p:x") == "count 1025, mapcount 1, exclusive, read-only dirty")
        #expect(run.view.copies == 0)
        #expect(run.log.contains("p do_wp_page"))
    }

    @Test(arguments: [
        ("refcount", "pin(x, read, longterm)", true, 1025),
        ("exclusive", "pin(x, read, longterm)", true, 1025),
        ("exclusive-unshare", "pin(x, read, longterm)", false, 1),
        ("exclusive-unshare", "pin(x, read)", true, 1025),
        ("vma-lock", "pin(x, read)", true, 1), ("vma-lock", "vfio_map(x, read)", false, 1),
        ("linux-6.1", "pin(x, read)", true, 1), ("refcount", "get(x, read)", true, 2),
    ])
    func theZeroPage(_ rules: String, _ call: String, _ isTaken: Bool, _ count: Int) throws {
        let text = """
            map x: anonymous private
            process p {
                h = \(call)
                signal taken
                close(h)
            }
            """
        let run = try Playthrough(text, rules)
        try run.run("p", through: "signal")
        #expect(try #require(try run.target("p:h")).isZeroPage == isTaken)
        #expect(run.view.frameFacts(MachineView.zeroFrame).references == count)
        try run.finish()
        #expect(run.view.frameFacts(MachineView.zeroFrame).references == 1)
        #expect(run.broken.isEmpty)
    }

    @Test func aReadOnlyMappingsPageIsBrokenFirstIn58() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                }
                mprotect(x, PROT_READ)
                h = vmsplice(x)
            }
            exists copies == 1
            """
        let run = try Playthrough(text, "mapcount-forced").finish()
        #expect(run.view.copies == 1)
        #expect(try run.facts("p:x") == "count 2, mapcount 1, read-only dirty")
        #expect(run.broken.isEmpty)
    }

    // MARK: The paths

    static func one(_ call: String) -> String { "map x: anonymous private = 1\nprocess p {\nh = \(call)\n}" }

    @Test func theSlowPathTakesTheLockAndFollows() throws {
        let run = try Playthrough(Self.one("pin(x, write, slow)"), "refcount").finish()
        #expect(
            run.log == [
                "p mm_set_has_pinned_flag", "p mmap_read_lock", "p follow_page_pte", "p mmap_read_unlock",
            ])
        let forks = try Playthrough(Self.one("get(x, write, slow)"), "refcount").finish()
        #expect(forks.log == ["p mmap_read_lock", "p follow_page_pte", "p mmap_read_unlock"])
    }

    @Test(arguments: [
        ("refcount-5.9", ["p gup_fast_pte_range", "p try_grab_folio", "p gup_fast_pte_range", "p gup_fast"]),
        (
            "refcount",
            ["p gup_fast", "p gup_fast_pte_range", "p try_grab_folio", "p gup_fast_pte_range", "p gup_fast"]
        ),
    ])
    func theFastPathReadsGrabsAndReadsAgain(_ rules: String, _ steps: [String]) throws {
        let run = try Playthrough(Self.one("pin(x, write)"), rules).finish()
        #expect(run.log == ["p mm_set_has_pinned_flag"] + steps)
    }

    @Test func aForkMeanwhileSendsTheFastPathToTheSlowOne() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                thread t {
                    h = pin(x, write)
                }
                fork c {
                }
            }
            """
        for (rules, isSafe) in [("refcount", true), ("refcount-5.9", false)] {
            let run = try Playthrough(text, rules)
            try run.run("p", through: "clone")
            try run.run("t", through: "mm_set_has_pinned_flag")
            if isSafe { try run.run("t", through: "gup_fast") }
            // Fork has looked at the pins and not yet write-protected the entry.
            try run.run("p", through: "pmd_install")
            try run.run("p", through: "copy_present_pte")
            try run.run("t", through: "gup_fast_pte_range", "reads the entry again")
            try run.run("p", through: "wake_up_new_task")
            try run.run("t", through: "gup_fast")
            try run.finish()
            let isShared = try run.target("t:h")?.frame == run.page("c:x")?.frame
            #expect(isShared == !isSafe)
            #expect(run.log.contains("t gup_put_folio") == isSafe)
            #expect(run.broken.isEmpty)
        }
    }

    @Test func anEntryThatChangedMeanwhileUndoesTheGrab() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                thread t {
                    h = get(x, read)
                }
                madvise(x, MADV_DONTNEED)
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p", through: "clone")
        try run.run("t", through: "try_grab_folio")
        #expect(try run.facts("p:x") == "count 2, mapcount 1, writable dirty")
        try run.run("p")
        try run.run("t", through: "gup_put_folio")
        #expect(run.view.framesInUse == 1)
        try run.finish()
        #expect(try #require(try run.target("t:h")).isZeroPage)
        #expect(run.broken.isEmpty)
    }

    @Test func aFreedFrameIsNotGrabbed() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                thread t {
                    h = get(x, read)
                }
                madvise(x, MADV_DONTNEED)
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p", through: "clone")
        try run.run("t", through: "gup_fast_pte_range")
        try run.run("p")
        try run.run("t", through: "try_grab_folio")
        #expect(run.view.framesInUse == 1)
        try run.run("t", through: "mmap_read_lock")
        try run.finish()
        #expect(run.broken.isEmpty)
    }
}
