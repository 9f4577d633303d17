import TestSupport
import Testing
import VirtualMemory

/// Soft-dirty bits, PAGEMAP_SCAN, and the IOMMU's dirty bits.
@Suite struct TrackingTests {
    private func run(_ body: String, _ rules: String, _ declarations: String = "") throws -> Playthrough {
        try Playthrough(
            "map x: anonymous private = 1\n\(declarations)\nprocess p {\n\(body)\n}\n", rules
        ).finish()
    }

    @Test func aStoreSetsTheBitThatClearRefsTook() throws {
        let run = try run(
            "a = soft_dirty(x)\nclear_refs()\nb = soft_dirty(x)\n*x = 2\nc = soft_dirty(x)", "refcount")
        #expect(try ["a", "b", "c"].map { try run.number("p:\($0)") } == [1, 0, 1])
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: [
        ("clear_refs()\nmremap(x)", 1), ("clear_refs()\nr = *x", 0), ("clear_refs()\nreclaim(x)\nr = *x", 0),
        ("clear_refs()\nmadvise(x, MADV_DONTNEED)\nr = *x", 0), ("munmap(x)", 0),
        ("clear_refs()\nmprotect(x, PROT_READ)\nmprotect(x, PROT_READ | PROT_WRITE)", 0),
        ("clear_refs()\nh = io_uring_register(x)", 1), ("clear_refs()\nh = vfio_map(x, read)", 0),
        ("h = io_uring_register(x)\nclear_refs()", 1),
    ])
    func whatABitGoesThrough(_ body: String, _ expected: Int) throws {
        #expect(try run("\(body)\nseen = soft_dirty(x)", "exclusive").number("p:seen") == expected)
    }

    /// 6.1 alone makes a dirty page soft-dirty where it maps it anew.
    @Test(arguments: [("linux-5.10", 0), ("linux-6.1", 1), ("linux-6.12", 0)])
    func aPageThatMoves(_ rules: String, _ expected: Int) throws {
        #expect(try run("clear_refs()\nmigrate(x)\nseen = soft_dirty(x)", rules).number("p:seen") == expected)
    }

    @Test(arguments: [
        ("protect-fails-pinned", -16), ("protect-fails-referenced", -16), ("protect-skips-pinned", 0),
    ])
    func aCallThatTheRulesRefuse(_ rules: String, _ expected: Int) throws {
        let run = try run("h = io_uring_register(x)\nr = clear_refs()\nafter = soft_dirty(x)", rules)
        #expect(try run.number("p:r") == expected)
        #expect(try run.number("p:after") == 1)
    }

    @Test func anIOMMUKeepsABitForWhatItsDeviceWrites() throws {
        let run = try run(
            "h = vfio_map(x, write, dirty_tracking)\na = iommu_dirty(h)\n*x = 2\nb = iommu_dirty(h)\ndma_write(h, 3)\n"
                + "c = iommu_dirty(h)\nclose(h)\nd = iommu_dirty(h)", "vma-lock")
        #expect(try ["a", "b", "c", "d"].map { try run.number("p:\($0)") } == [0, 0, 1, -9])
    }

    @Test func scanningKnowsWhatIsThereAndNotProtected() throws {
        let run = try run(
            "a = pagemap_scan(y)\nb = pagemap_scan(x)\nuffd_register(x, wp, async)\nuffd_writeprotect(x)\n"
                + "c = pagemap_scan(x)\n*x = 2\nd = pagemap_scan(x)", "vma-lock", "map y: anonymous private")
        #expect(try ["a", "b", "c", "d"].map { try run.number("p:\($0)") } == [0, 1, 0, 1])
        #expect(try self.run("r = pagemap_scan(x)", "linux-6.1").number("p:r") == -25)
    }

    /// What mprotect gives back at once, it does not give to a page whose stores are to be reported.
    @Test(arguments: [("refcount", 0, 0), ("exclusive", 1, 0), ("linux-7.2", 1, 0)])
    func mprotectSparesAWriteFault(_ rules: String, _ before: Int, _ after: Int) throws {
        let cycle = "mprotect(x, PROT_READ)\nmprotect(x, PROT_READ | PROT_WRITE)"
        let run = try run("\(cycle)\na = writable(x)\nclear_refs()\n\(cycle)\nb = writable(x)", rules)
        #expect(try run.number("p:a") == before)
        #expect(try run.number("p:b") == after)
    }
}
