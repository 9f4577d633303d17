import TestSupport
import Testing
import VirtualMemory

/// Loads and stores, where nothing is mapped and where something is.
@Suite struct AccessTests {
    @Test func aLoadOfNothingMapsTheZeroPage() throws {
        let run = try Playthrough("map x: anonymous private\nprocess p { r = *x }", "refcount").finish()
        #expect(try run.number("p:r") == 0)
        #expect(try run.facts("p:x") == "zero page, count 1, mapcount 0, read-only")
        // The page table.
        #expect(run.view.framesInUse == 1)
    }

    @Test(arguments: ["mapcount", "refcount", "exclusive", "vma-lock"])
    func aStoreToNothingMapsAPageOfItsOwn(_ rules: String) throws {
        let run = try Playthrough("map x: anonymous private\nprocess p { *x.1 = 7 }", rules).finish()
        let exclusive = try ShippedRules.keepsExclusive(rules) ? ", exclusive" : ""
        #expect(try run.facts("p:x") == "count 1, mapcount 1\(exclusive), writable dirty")
        #expect(try run.words("p:x") == [0, 7])
        #expect(run.view.framesInUse == 2)
    }

    @Test(arguments: ["mapcount", "refcount", "exclusive", "vma-lock"])
    func aStoreToTheZeroPageCopiesIt(_ rules: String) throws {
        let text = """
            map x: anonymous private
            process p {
                r = *x
                *x.1 = 7
            }
            exists copies == 1
            """
        let run = try Playthrough(text, rules).finish()
        let exclusive = try ShippedRules.keepsExclusive(rules) ? ", exclusive" : ""
        #expect(try run.facts("p:x") == "count 1, mapcount 1\(exclusive), writable dirty")
        #expect(try run.words("p:x") == [0, 7])
        #expect(run.view.frameFacts(MachineView.zeroFrame).references == 1)
        #expect(run.view.copies == 1)
        #expect(run.broken.isEmpty)
    }

    @Test func whatWasWrittenBeforeTheTestIsThereAtTheStart() throws {
        let run = try Playthrough("map x[2]: anonymous private = 5\nprocess p { *x[1].2 = 6 }", "refcount")
        #expect(try run.facts("p:x[0]") == "count 1, mapcount 1, writable dirty")
        try run.finish()
        #expect(try run.words("p:x[0]") == [5, 0, 0])
        #expect(try run.words("p:x[1]") == [5, 0, 6])
        // Two pages and one page table.
        #expect(run.view.framesInUse == 3)
    }

    @Test func pagesOfOneTableNeedOneTable() throws {
        let text = """
            map a[4]: anonymous private
            map x: anonymous private
            process p {
                *a = 1
                *x = 2
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(run.view.framesInUse == 5 + 2)
    }

    @Test(arguments: [
        ("munmap(x)", "r = *x"), ("munmap(x)", "*x = 2"), ("mprotect(x, PROT_NONE)", "r = *x"),
        ("mprotect(x, PROT_NONE)", "*x = 2"), ("mprotect(x, PROT_READ)", "*x = 2"),
    ])
    func anAccessThatIsNotAllowedEndsTheProcess(_ before: String, _ access: String) throws {
        let text = """
            map x: anonymous private = 1
            process p {
                \(before)
                \(access)
                after = present(x)
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(run.view.isKilled(0))
        #expect(try run.register("p:after") == .unwritten)
        #expect(try run.space("p").life == .dead)
        #expect(run.view.framesInUse == 0)
    }

    @Test func aStoreToAReadonlyMappingEndsTheProcess() throws {
        let run = try Playthrough("map x: anonymous private readonly\nprocess p { *x = 1 }", "exclusive")
            .finish()
        #expect(run.view.isKilled(0))
    }

    @Test func aMappingMadeOnTheWayServesLikeOneMadeBefore() throws {
        let text = """
            process p {
                map x: anonymous private
                a = *x
                *x = 3
                b = *x
            }
            """
        let run = try Playthrough(text, "exclusive").finish()
        #expect(try run.number("p:a") == 0)
        #expect(try run.number("p:b") == 3)
    }

    /// The same sections without the explorer's log, one behind the other.
    @Test func aStoreTakesTheLockForItsFaultAndLetsGo() throws {
        let run = try Playthrough("map x: anonymous private\nprocess p { *x = 1 }", "refcount")
        try run.run("p", through: "mmap_read_lock")
        #expect(try run.space("p").readers == 1)
        try run.finish()
        #expect(try run.space("p").readers == 0)
        #expect(
            run.log == [
                "p store", "p mmap_read_lock", "p handle_pte_fault", "p pte_alloc_one", "p pmd_install",
                "p handle_pte_fault", "p alloc_zeroed_user_highpage_movable", "p do_anonymous_page",
                "p mmap_read_unlock", "p store",
            ])
    }

    @Test func withVMALocksAFaultTakesThatOfItsMappingOnceThereIsAnAnonVMA() throws {
        let text = """
            map x[2]: anonymous private
            process p {
                *x[0] = 1
                *x[1] = 2
            }
            """
        let run = try Playthrough(text, "vma-lock")
        try run.run("p", through: "do_anonymous_page")
        #expect(run.log.contains("p mmap_read_lock"))
        let before = run.log.count
        try run.run("p", through: "do_anonymous_page")
        #expect(run.log[before...].contains("p lock_vma_under_rcu"))
        #expect(try run.space("p").readers == 0)
    }
}
