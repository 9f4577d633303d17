import TestSupport
import Testing
import VirtualMemory

/// Who tracks stores to huge pages, and the advice that splits them or makes them light.
@Suite struct HugeTrackingTests {
    private func run(_ body: String, _ rules: String, _ map: String = "anonymous private huge = 1") throws
        -> Playthrough
    {
        try Playthrough("map x: \(map)\nprocess p {\n\(body)\n}\n", rules).finish()
    }

    private func numbers(_ run: Playthrough, _ names: String...) throws -> [Int?] {
        try names.map { try run.number("p:\($0)") }
    }

    // MARK: Soft-dirty

    @Test(arguments: ["mapcount", "refcount", "exclusive", "linux-7.2"])
    func aStoreMakesAllOfAHugePageSoftDirty(_ rules: String) throws {
        let run = try run(
            "clear_refs()\na = soft_dirty(x[1])\n*x[0] = 2\nb = soft_dirty(x[1])\nh = huge(x[1])", rules)
        #expect(try numbers(run, "a", "b", "h") == [0, 1, 1])
        #expect(run.broken.isEmpty)
    }

    /// What a split leaves soft-dirty that nobody wrote: from 6.2 on, what was dirty.
    @Test(arguments: [("refcount", 0), ("linux-6.1", 0), ("exclusive-unshare", 1), ("linux-7.2", 1)])
    func aSplitMakesDirtyPagesSoftDirty(_ rules: String, _ other: Int) throws {
        let run = try run(
            "clear_refs()\nmprotect(x[3], PROT_READ)\na = soft_dirty(x[0])\n*x[0] = 2\nb = soft_dirty(x[0])",
            rules)
        #expect(try numbers(run, "a", "b") == [other, 1])
    }

    @Test(arguments: [("linux-5.10", 0), ("linux-6.1", 1), ("linux-6.12", 1), ("linux-7.2", 1)])
    func aHugePageThatMoves(_ rules: String, _ expected: Int) throws {
        let run = try run("clear_refs()\nmigrate(x[0])\ns = soft_dirty(x[2])\nh = huge(x[2])", rules)
        #expect(try numbers(run, "s", "h") == [expected, 1])
    }

    /// A folio is split by migration entries, which 6.1 alone makes soft-dirty.
    @Test(arguments: [("linux-5.10", 0), ("linux-6.1", 1), ("linux-6.12", 0)])
    func aHugePageThatIsSplitForSwap(_ rules: String, _ expected: Int) throws {
        let run = try run("clear_refs()\nreclaim(x[0])\na = soft_dirty(x[0])\nb = soft_dirty(x[1])", rules)
        #expect(try numbers(run, "a", "b") == [expected, expected])
    }

    @Test func apageTableMovesAsItIs() throws {
        #expect(try run("clear_refs()\nmremap(x)\ns = soft_dirty(x[1])", "linux-6.12").number("p:s") == 1)
        let split = "madvise(x[3], MADV_DONTNEED)\nclear_refs()\nmremap(x)\ns = soft_dirty(x[1])"
        #expect(try run(split, "linux-6.12").number("p:s") == 0)
        let small = try Playthrough(
            "map a[4]: anonymous private = 1\nprocess p {\nclear_refs()\nmremap(a)\ns = soft_dirty(a[1])\n}\n",
            "linux-6.12"
        ).finish()
        #expect(try small.number("p:s") == 1)
    }

    @Test func hugetlbIsNotTracked() throws {
        let run = try run(
            "a = soft_dirty(x[0])\nclear_refs()\n*x[0] = 2\nb = soft_dirty(x[0])", "linux-7.2",
            "hugetlb private = 1")
        #expect(try numbers(run, "a", "b") == [1, 0])
        #expect(run.broken.contains { $0.guarantee == .tracking })
    }

    @Test(arguments: ["refcount", "linux-7.2"])
    func noPinKeepsAHugePageWritable(_ rules: String) throws {
        let run = try run(
            "b = io_uring_register(x[0])\nclear_refs()\na = soft_dirty(x[0])\ndma_write(b, 3)\nc = soft_dirty(x[0])",
            rules)
        #expect(try numbers(run, "a", "c") == [0, 0])
        #expect(run.broken.contains { $0.guarantee == .tracking })
    }

    // MARK: userfaultfd

    @Test func protectionOfAPartSplits() throws {
        let run = try run(
            "uffd_register(x, wp)\na = huge(x[0])\nuffd_writeprotect(x)\nb = huge(x[0])\nuffd_resolve(x[1])\n*x[1] = 2\nc = huge(x[0])\nd = poll_fault(x)",
            "linux-6.12")
        #expect(try numbers(run, "a", "b", "c", "d") == [1, 1, 0, 0])
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: [("linux-5.10", false), ("linux-6.1", true), ("linux-7.2", true)])
    func protectionOfAHugePageThatMoves(_ rules: String, _ isKept: Bool) throws {
        let run = try run(
            "uffd_register(x, wp)\nuffd_writeprotect(x)\nmigrate(x[0])\n*x[0] = 2\nr = *x[0]", rules)
        #expect(try run.number("p:r") == (isKept ? nil : 2))
        #expect(run.broken.isEmpty == isKept)
    }

    @Test func aResolvedStoreLeavesTheOthersProtected() throws {
        let run = try run(
            "uffd_register(x, wp, async)\nuffd_writeprotect(x)\n*x[0] = 2\na = pagemap_scan(x[0])\nb = pagemap_scan(x[1])",
            "vma-lock")
        #expect(try numbers(run, "a", "b") == [1, 0])
        #expect(run.broken.isEmpty)
    }

    @Test func whatIsWatchedIsNotCollapsed() throws {
        let hole =
            "madvise(x[3], MADV_DONTNEED)\nuffd_register(x, missing)\ne = madvise(x, MADV_COLLAPSE)\nh = huge(x[0])"
        #expect(try numbers(run(hole, "linux-6.12"), "e", "h") == [-16, 0])
        let protected =
            "mprotect(x[3], PROT_READ)\nmprotect(x[3], PROT_READ | PROT_WRITE)\nuffd_register(x, wp)\n"
            + "uffd_writeprotect(x[1])\ne = madvise(x, MADV_COLLAPSE)\nuffd_resolve(x)\nf = madvise(x, MADV_COLLAPSE)"
        #expect(try numbers(run(protected, "linux-6.12"), "e", "f") == [-22, 0])
    }

    @Test(arguments: [("linux-5.10", -22, 2), ("linux-6.1", 0, nil), ("linux-7.2", 0, nil)])
    func aMarkerProtectsHugetlb(_ rules: String, _ error: Int, _ value: Int?) throws {
        for body in ["", "*x[0] = 1\n"] {
            let run = try run(
                "\(body)e = uffd_register(x, wp)\nuffd_writeprotect(x)\nmadvise(x, MADV_DONTNEED)\n*x[0] = 2\nr = *x[0]",
                rules,
                "hugetlb private")
            #expect(try numbers(run, "e", "r") == [error, value])
            #expect(run.broken.isEmpty)
        }
    }

    // MARK: VMAs that are split

    @Test(arguments: [
        ("mlock(x[0])", 0), ("mlock(x)", 1), ("madvise(x[0], MADV_DONTFORK)", 0),
        ("madvise(x[0], MADV_DOFORK)", 1),
        ("madvise(x[1], MADV_NOHUGEPAGE)", 0), ("madvise(x[1], MADV_HUGEPAGE)", 1),
        ("uffd_register(x[0], wp)", 0),
        ("mprotect(x[0], PROT_READ | PROT_WRITE)", 1), ("mprotect(x[0], PROT_READ)", 0),
        ("madvise(x[0], MADV_WILLNEED)", 1), ("madvise(x[0], MADV_COLD)", 0), ("madvise(x, MADV_COLD)", 1),
        ("madvise(x, MADV_FREE)", 1), ("madvise(x[1], MADV_FREE)", 0),
        ("p = vmsplice(x[0])\nmadvise(x[1], MADV_FREE)", 1),
        ("madvise(x[0], MADV_GUARD_INSTALL)", 0), ("p = vmsplice(x[0])\nmadvise(x[1], MADV_COLD)", 1),
    ])
    func whatSplitsAHugePage(_ body: String, _ whole: Int) throws {
        let run = try run("\(body)\nh = huge(x[2])\nr = *x[2]", "linux-7.2")
        #expect(try numbers(run, "h", "r") == [whole, 1])
        #expect(run.broken.isEmpty)
    }

    // MARK: Given up, merged, out of use

    @Test func whatWasGivenUpGoesPageByPage() throws {
        let run = try run(
            "madvise(x, MADV_FREE)\nreclaim(x[0])\nreclaim(x[1])\na = *x[0]\nb = *x[1]\nc = *x[2]",
            "linux-6.12")
        #expect(try numbers(run, "a", "b", "c") == [0, 0, 1])
        let stored = try self.run(
            "madvise(x, MADV_FREE)\n*x[1] = 2\nreclaim(x)\na = *x[0]\nb = *x[1]", "linux-6.12")
        #expect(try numbers(stored, "a", "b") == [1, 2])
        #expect(stored.broken.isEmpty)
    }

    /// What a device stored to one page is not lost with another.
    @Test(arguments: [(0, true), (1, false)])
    func aDevicesStoreIsThatOfItsPage(_ page: Int, _ isLost: Bool) throws {
        let run = try run(
            "h = io_uring_register(x[0])\nmadvise(x, MADV_FREE)\ndma_write(h, 3)\nclose(h)\nreclaim(x[\(page)])\nr = *x[\(page)]",
            "linux-6.12")
        #expect(try run.number("p:r") == 0)
        #expect(run.broken.contains { $0.guarantee == .durability } == isLost)
    }

    @Test func aHugePageInUseIsPassedOver() throws {
        let run = try run(
            "clear_refs(young)\nr = *x[1]\nshrink(x[0])\na = swapped(x[0])\nb = huge(x[0])\nshrink(x[0])\nc = swapped(x[0])",
            "linux-6.12")
        #expect(try numbers(run, "a", "b", "c") == [0, 1, 1])
    }

    @Test(arguments: [("x[0], y", 0), ("x[0], x[1]", -11), ("x[1], x[2]", 0)])
    func mergingSplits(_ pages: String, _ expected: Int) throws {
        let text =
            "map x: anonymous private huge = 1\nmap y: anonymous private = 7\nprocess p {\n*x[0] = 7\n"
            + "e = ksm_merge(\(pages))\nh = huge(x[0])\nr = *x[2]\n}\n"
        let run = try Playthrough(text, "linux-6.12").finish()
        #expect(try numbers(run, "e", "h", "r") == [expected, expected == 0 ? 0 : 1, 1])
        #expect(run.broken.isEmpty)
    }

    @Test func adviceThatIsNotForHugetlb() throws {
        let advice = ["COLD", "FREE", "WILLNEED", "MERGEABLE", "GUARD_INSTALL", "DONTNEED_LOCKED"]
        let body = advice.enumerated().map { "r\($0) = madvise(x, MADV_\($1))" }.joined(separator: "\n")
        let run = try run(body, "linux-6.12", "hugetlb private = 1")
        #expect(try numbers(run, "r0", "r1", "r2", "r3", "r4", "r5") == [-22, -22, 0, 0, -22, 0])
    }
}
