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

/// Huge pages of the page cache: of shared memory, of memfds, and of the pool behind shared mappings.
@Suite struct SharedHugePageTests {
    private func run(_ body: String, _ rules: String, _ map: String = "anonymous shared huge = 1") throws
        -> Playthrough
    {
        try Playthrough("map x: \(map)\nprocess p {\n\(body)\n}\n", rules).finish()
    }

    /// The page cache refers once to a huge page, and so does the one entry.
    @Test(arguments: ["mapcount", "refcount", "exclusive", "linux-7.2"])
    func thePageCacheRefersOnce(_ rules: String) throws {
        let run = try run("n = page_count(x[2])\nm = mapcount(x[2])\nh = huge(x[3])", rules)
        #expect(try run.number("p:n") == 2)
        #expect(try run.number("p:m") == 1)
        #expect(try run.number("p:h") == 1)
        #expect(run.broken.isEmpty)
    }

    /// The one entry of the page cache is not split but goes, and the next access maps all of the page again.
    @Test(arguments: ["mapcount", "linux-7.2"]) func aPartTakesTheEntryAway(_ rules: String) throws {
        let run = try run(
            "madvise(x[3], MADV_DONTNEED)\na = present(x[0])\nr = *x[0]\nb = huge(x[3])\nc = *x[3]", rules)
        #expect(try run.number("p:a") == 0)
        #expect(try run.number("p:r") == 1)
        #expect(try run.number("p:b") == 1)
        #expect(try run.number("p:c") == 1)
        #expect(run.broken.isEmpty)
    }

    /// A hole of one page leaves small pages, of which the others have what they had.
    @Test(arguments: ["mapcount", "linux-7.2"]) func aHoleSplits(_ rules: String) throws {
        let run = try run(
            "f = frame(x[0])\nmadvise(x[3], MADV_REMOVE)\nr = *x[0]\ng = frame(x[0])\nh = huge(x[0])\ns = *x[3]",
            rules)
        #expect(try run.register("p:f") == run.register("p:g"))
        #expect(try run.number("p:h") == 0)
        #expect(try run.number("p:r") == 1)
        #expect(try run.number("p:s") == 0)
        #expect(run.broken.isEmpty)
    }

    /// A pinned huge page cannot be split: the hole is emptied, and the page stays.
    @Test(arguments: ["mapcount", "linux-7.2"]) func aPinKeepsAHoleFromSplitting(_ rules: String) throws {
        let run = try run(
            "b = io_uring_register(x[3])\nmadvise(x[3], MADV_REMOVE)\ns = *x[3]\nh = huge(x[0])\n*x[3] = 7\nd = dma_read(b)",
            rules)
        #expect(try run.number("p:s") == 0)
        #expect(try run.number("p:h") == 1)
        #expect(try run.number("p:d") == 7)
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: [("linux-5.10", -22, 0), ("linux-6.1", 0, 1), ("linux-7.2", 0, 1)])
    func smallPagesAreCollapsed(_ rules: String, _ result: Int, _ isHuge: Int) throws {
        let text = """
            map a[4]: anonymous shared = 1
            process p {
                *a[2] = 3
                r = madvise(a, MADV_COLLAPSE)
                h = huge(a[0])
                s = *a[2]
                n = page_count(a[0])
            }
            """
        let run = try Playthrough(text, rules).finish()
        #expect(try run.number("p:r") == result)
        #expect(try run.number("p:h") == isHuge)
        #expect(try run.number("p:s") == 3)
        #expect(try run.number("p:n") == 2)
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: ["linux-6.1", "linux-7.2"]) func aPinKeepsFromCollapsing(_ rules: String) throws {
        let text = """
            map a[4]: anonymous shared = 1
            process p {
                b = io_uring_register(a[1])
                r = madvise(a, MADV_COLLAPSE)
                *a[1] = 4
                d = dma_read(b)
            }
            """
        let run = try Playthrough(text, rules).finish()
        #expect(try run.number("p:r") == -11)
        #expect(try run.number("p:d") == 4)
        #expect(run.broken.isEmpty)
    }

    /// Where there is a page already, or one in swap, MADV_HUGEPAGE brings no huge page about.
    @Test(arguments: ["*a[3] = 2", "*a[3] = 2\nreclaim(a[3])"]) func aSmallPageKeepsPagesSmall(
        _ before: String
    ) throws {
        let text =
            "map a[4]: anonymous shared\nprocess p {\n\(before)\nmadvise(a, MADV_HUGEPAGE)\n*a[0] = 1\nh = huge(a[0])\nr = *a[3]\n}\n"
        let run = try Playthrough(text, "linux-6.12").finish()
        #expect(try run.number("p:h") == 0)
        #expect(try run.number("p:r") == 2)
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: ["mapcount", "linux-7.2"]) func reclaimTakesOneSmallPage(_ rules: String) throws {
        let run = try run(
            "e = reclaim(x[1])\na = present(x[0])\nr = *x[1]\nh = huge(x[0])\ns = *x[0]", rules)
        #expect(try run.number("p:e") == 0)
        #expect(try run.number("p:a") == 0)
        #expect(try run.number("p:r") == 1)
        #expect(try run.number("p:h") == 0)
        #expect(try run.number("p:s") == 1)
        #expect(run.broken.isEmpty)
    }

    /// The file behind a shared mapping keeps the reservation until the last of its mappings goes.
    @Test func theFileKeepsTheReservation() throws {
        let text = """
            hugepages 1
            map x: hugetlb shared
            process p {
                munmap(x)
                map y: hugetlb shared
                *y[0] = 3
                r = *y[0]
            }
            """
        let run = try Playthrough(text, "linux-6.12").finish()
        #expect(try run.number("p:r") == 3)
        #expect(run.broken.isEmpty)
    }
}
