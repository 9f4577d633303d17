import TestSupport
import Testing
import VirtualMemory

/// Huge pages that one entry maps, what splits them, and the pool of hugetlb.
@Suite struct HugePageTests {
    private func run(_ body: String, _ rules: String, _ map: String = "anonymous private huge = 1") throws
        -> Playthrough
    {
        try Playthrough("map x: \(map)\nprocess p {\n\(body)\n}\n", rules).finish()
    }

    @Test(arguments: ["mapcount", "refcount", "exclusive", "linux-7.2"])
    func oneEntryCountsOnce(_ rules: String) throws {
        let run = try run("n = page_count(x[2])\nm = mapcount(x[2])\nh = huge(x[3])", rules)
        #expect(try run.number("p:n") == 1)
        #expect(try run.number("p:m") == 1)
        #expect(try run.number("p:h") == 1)
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: ["mapcount", "refcount", "exclusive", "linux-7.2"])
    func manyEntriesCountEach(_ rules: String) throws {
        let run = try run(
            "madvise(x[3], MADV_DONTNEED)\nn = page_count(x[0])\nm = mapcount(x[0])\nh = huge(x[0])\nr = *x[3]",
            rules)
        #expect(try run.number("p:n") == 3)
        #expect(try run.number("p:m") == 1)
        #expect(try run.number("p:h") == 0)
        #expect(try run.number("p:r") == 0)
        #expect(run.broken.isEmpty)
    }

    /// Every page of a huge page has a name of its own, which splitting does not change.
    @Test func pagesHaveNamesOfTheirOwn() throws {
        let run = try run(
            "a = frame(x[0])\nb = frame(x[1])\nmprotect(x[0], PROT_READ)\nc = frame(x[1])\nreclaim(x[0])\nd = frame(x[1])",
            "exclusive")
        #expect(try run.register("p:a") != run.register("p:b"))
        #expect(try run.register("p:b") == run.register("p:c"))
        #expect(try run.register("p:b") == run.register("p:d"))
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: [("refcount", 3), ("exclusive", 3), ("linux-6.18", 3)])
    func pinsOfAHugePageCountOneReference(_ rules: String, _ count: Int) throws {
        let run = try run(
            "b = io_uring_register(x[0])\nc = io_uring_register(x[1])\nn = page_count(x[2])\ny = pinned(x[2])",
            rules)
        #expect(try run.number("p:n") == count)
        #expect(try run.number("p:y") == 1)
        #expect(run.broken.isEmpty)
    }

    /// An entry that is split between the two parts of a count is counted in neither (c444eb564fb1).
    @Test(arguments: [("mapcount", false), ("huge-mapcount-in-parts", true)])
    func mappingsAreCountedWhileAnEntryIsSplit(_ rules: String, _ isBroken: Bool) throws {
        let text = """
            map x: anonymous private huge = 1
            process p {
                fork c {
                    madvise(x[3], MADV_DONTNEED)
                    r = *x[0]
                }
                *x[0] = 2
            }
            """
        let run = try Playthrough(text, rules)
        #expect(try run.run("p", through: "page_trans_huge_mapcount") == isBroken)
        try run.run("c")
        try run.finish()
        #expect(run.broken.contains(Violation(.isolation)) == isBroken)
    }

    /// Where memory does not suffice for a huge page, a small one does.
    @Test func smallPagesServeWhereMemoryIsShort() throws {
        let text = "frames 3\nmap x: anonymous private huge\nprocess p {\n*x[1] = 2\nh = huge(x[1])\n}\n"
        let run = try Playthrough(text, "linux-6.12").finish()
        #expect(try run.number("p:h") == 0)
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: [("linux-5.10", -22), ("linux-6.1", -22), ("linux-6.12", -22), ("linux-6.18", 0)])
    func sharedPagesAreCollapsed(_ rules: String, _ result: Int) throws {
        let text = """
            map a[4]: anonymous private = 1
            process p {
                fork c {
                }
                r = madvise(a, MADV_COLLAPSE)
            }
            """
        let run = try Playthrough(text, rules).finish()
        #expect(try run.number("p:r") == result)
        #expect(run.broken.isEmpty)
    }

    /// What was reserved and not taken goes back to the pool with the mapping.
    @Test func reservationsComeBack() throws {
        let text = """
            hugepages 1
            map x: hugetlb private
            process p {
                munmap(x)
                map y: hugetlb private
                *y[0] = 3
                r = *y[0]
            }
            """
        let run = try Playthrough(text, "linux-6.12").finish()
        #expect(try run.number("p:r") == 3)
        #expect(run.broken.isEmpty)
    }

    @Test func theOwnerTakesTheLastPage() throws {
        let text = """
            hugepages 1
            map x: hugetlb private = 1
            process p {
                fork c {
                    await e
                    r = *x[0]
                }
                *x[0] = 2
                signal e
                s = *x[0]
            }
            """
        let run = try Playthrough(text, "linux-6.12").finish()
        #expect(try run.number("p:s") == 2)
        #expect(run.broken.isEmpty)
    }
}
