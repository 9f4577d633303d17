import TestSupport
import Testing
import VirtualMemory

/// What references leave behind in the memory that they were taken through, and what devices and pipes do with them.
@Suite struct ReferenceTests {
    // MARK: The mark that something was pinned

    @Test(arguments: [
        ("mapcount", "pin(x, write)", 0, 0), ("refcount", "get(x, write)", 0, 0),
        ("refcount", "pin(x, write)", 1, 1),
        ("refcount", "pin(x, read, slow)", 1, 1), ("has-pinned-count", "pin(x, write)", 1, 0),
        ("has-pinned-vma", "pin(x, write, slow)", 0, 0),
    ])
    func theMarkIsSetAndStaysOrIsCounted(_ rules: String, _ call: String, _ during: Int, _ after: Int) throws
    {
        let text = "map x: anonymous private = 1\nprocess p {\nh = \(call)\nsignal e\nclose(h)\n}"
        let run = try Playthrough(text, rules)
        try run.run("p", through: "signal")
        #expect(try run.space("p").hasPinned == during)
        try run.finish()
        #expect(try run.space("p").hasPinned == after)
    }

    @Test func theMarkIsSetBeforeTheReferenceOrAfterIt() throws {
        let before = try ShippedRules.set("refcount")
        let after = try ShippedRules.extending("refcount", "mechanism has_pinned.set after_reference")
        for (set, isFirst) in [(before, true), (after, false)] {
            let run = try Playthrough(GrabTests.one("pin(x, write)"), set).finish()
            let mark = run.log.firstIndex(of: "p mm_set_has_pinned_flag")
            let grab = run.log.firstIndex(of: "p try_grab_folio")
            #expect((try #require(mark) < #require(grab)) == isFirst)
            #expect(try run.space("p").hasPinned == 1)
        }
    }

    // MARK: Devices and pipes

    @Test func aDeviceWritesOnlyThroughAReferenceForWriting() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                a = rdma_register(x, read)
                b = rdma_register(x, write)
                e = dma_write(a, 5)
                f = dma_write(b.1, 6)
                r = dma_read(a)
                s = dma_read(a.1)
            }
            """
        // Up to 6.1 memory regions for reading were pinned for writing as well.
        let run = try Playthrough(text, "vma-lock").finish()
        #expect(try run.number("p:e") == -13)
        #expect(try run.number("p:f") == 0)
        #expect(try run.number("p:r") == 1)
        #expect(try run.number("p:s") == 6)
    }

    /// Up to 6.1 regions for reading were pinned for writing; then for reading, which nobody looked at again until 7.1.
    @Test(arguments: [
        ("refcount", 0, 0), ("vma-lock", 0, 0), ("linux-6.12", -13, -13), ("linux-7.2", -13, -13),
    ])
    func aRegionIsRegisteredAnew(_ rules: String, _ result: Int, _ written: Int) throws {
        let text = """
            map x: anonymous private = 1
            process p {
                a = rdma_register(x, read)
                refused = dma_write(a, 5)
                again = rdma_reregister(a, write)
                written = dma_write(a, 6)
                back = rdma_reregister(a, read)
                late = dma_write(a, 7)
            }
            """
        let run = try Playthrough(text, rules).finish()
        let names = ["refused", "again", "written", "back", "late"]
        #expect(try names.map { try run.number("p:\($0)") } == [-13, result, written, 0, -13])
        #expect(run.broken.isEmpty)
    }

    @Test func aRegionThatIsClosedIsNotRegisteredAnew() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                a = rdma_register(x, write)
                close(a)
                r = rdma_reregister(a, read)
            }
            """
        #expect(try Playthrough(text, "linux-7.2").finish().number("p:r") == -9)
    }

    @Test func aReferenceIsInheritedAndGoesWithTheLastHolder() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                h = vmsplice(x)
                fork c {
                    munmap(x)
                    await closed
                    r = read(h)
                    signal read
                    close(h)
                }
                close(h)
                e = close(h)
                signal closed
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p")
        try run.run("c", through: "signal")
        #expect(try run.facts("p:x") == "count 2, mapcount 1, read-only dirty")
        try run.finish()
        #expect(try run.number("p:e") == -9)
        #expect(try run.number("c:r") == 1)
        #expect(try run.facts("p:x") == "count 1, mapcount 1, read-only dirty")
        #expect(run.broken.isEmpty)
    }

    @Test func aReferenceTakenAfterTheForkIsNotTheChilds() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                thread t {
                    h = vmsplice(x)
                }
                fork c {
                    r = read(h)
                }
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p")
        try run.run("t")
        try run.finish()
        #expect(try run.number("c:r") == -9)
    }
}
