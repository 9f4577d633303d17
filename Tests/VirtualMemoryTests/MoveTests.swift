import TestSupport
import Testing
import VirtualMemory

/// mremap, mlock and MADV_POPULATE_…
@Suite struct MoveTests {
    @Test func movingKeepsCountsAndPinsAndFlushes() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                h = io_uring_register(x)
                r = mremap(x)
            }
            """
        let run = try Playthrough(text, "exclusive")
        let before = try run.facts("p:x")
        try run.run("p", through: "move_ptes", "takes")
        #expect(try run.facts("p:x") == "nothing")
        try run.finish()
        #expect(before == "count 1, mapcount 1, exclusive, writable dirty")
        #expect(try run.facts("p:x") == "count 1025, mapcount 1, exclusive, writable dirty")
        #expect(run.log.contains("p flush_tlb_range"))
        #expect(try run.number("p:r") == 0)
    }

    @Test func whoStillUsesTheOldAddressFindsNothingThere() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                thread t {
                    *x = 2
                }
                mremap(x)
                *x = 3
            }
            """
        let run = try Playthrough(text, "exclusive")
        try run.run("p", through: "clone")
        try run.run("p", through: "mmap_write_unlock")
        try run.run("t", through: "user code", "takes the address")
        #expect(try run.finish().view.isKilled(0))
        let later = try Playthrough(text, "exclusive")
        try later.run("p", through: "user code", "uses the new address")
        #expect(try later.finish().words("p:x") == [2])
    }

    @Test func aPageTableIsNeededAtTheNewAddress() throws {
        let text = """
            map x[4]: anonymous private = 1
            frames 5
            process p {
                r = mremap(x)
            }
            """
        let run = try Playthrough(text, "exclusive").finish()
        #expect(try run.number("p:r") == -12)
        #expect(try run.words("p:x[3]") == [1])
    }

    @Test(arguments: [
        ("munmap(x)", -14), ("munmap(x[1])", -14), ("mprotect(x[1], PROT_READ)", -14),
        ("mprotect(x, PROT_READ)", 0),
    ])
    func onlyOneVMACanBeMoved(_ before: String, _ result: Int) throws {
        let text = "map x[2]: anonymous private = 1\nprocess p {\n\(before)\nr = mremap(x)\n}"
        #expect(try Playthrough(text, "refcount").finish().number("p:r") == result)
    }

    @Test func anotherThreadsOldTranslationIsFlushed() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                thread t {
                    *x = 2
                }
                mremap(x)
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p", through: "clone")
        try run.run("p", through: "move_ptes", "puts")
        #expect(try run.oldTranslations("t", "x").count == 1)
        try run.run("p", through: "flush_tlb_range")
        #expect(try run.oldTranslations("t", "x").isEmpty)
    }

    @Test(arguments: [
        ("map x: anonymous private", "mlock(x)", 0, "count 1, mapcount 1, writable dirty"),
        ("map x: anonymous private readonly", "mlock(x)", 0, "zero page, count 1, mapcount 0, read-only"),
        (
            "map x: anonymous private", "madvise(x, MADV_POPULATE_WRITE)", 0,
            "count 1, mapcount 1, writable dirty"
        ),
        (
            "map x: anonymous private", "madvise(x, MADV_POPULATE_READ)", 0,
            "zero page, count 1, mapcount 0, read-only"
        ),
        ("map x: anonymous private readonly", "madvise(x, MADV_POPULATE_WRITE)", -22, "nothing"),
    ])
    func pagesAreMappedAhead(_ map: String, _ call: String, _ result: Int, _ facts: String) throws {
        let run = try Playthrough("\(map)\nprocess p {\nr = \(call)\n}", "refcount").finish()
        #expect(try run.number("p:r") == result)
        #expect(try run.facts("p:x") == facts)
    }

    @Test func errorsOfMlockAreItsOwn() throws {
        func result(_ before: String, _ limits: String = "") throws -> Int? {
            let text = "\(limits)map x: anonymous private\nprocess p {\n\(before)\nr = mlock(x)\n}"
            return try Playthrough(text, "refcount").finish().number("p:r")
        }
        #expect(try result("munmap(x)") == -12)
        #expect(try result("mprotect(x, PROT_NONE)") == -12)
        #expect(try result("", "frames 1\n") == -11)
    }

    @Test func populatingIsRefusedBeforeThereWasSuchAdvice() throws {
        let text = "map x: anonymous private\nprocess p {\nr = madvise(x, MADV_POPULATE_WRITE)\n}"
        for (rules, result) in [("mapcount", -22), ("linux-5.10", -22), ("refcount", 0), ("linux-6.1", 0)] {
            #expect(try Playthrough(text, rules).finish().number("p:r") == result, "\(rules)")
        }
    }

    @Test func lockedPagesAreNotDiscardedAndLocksAreNotInherited() throws {
        let text = """
            map x[2]: anonymous private = 1
            process p {
                mlock(x[1])
                fork c {
                    r = madvise(x, MADV_DONTNEED)
                }
                r = madvise(x, MADV_DONTNEED)
                a = *x[0]
                b = *x[1]
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.number("c:r") == 0)
        #expect(try run.number("p:r") == -22)
        #expect(try run.number("p:a") == 0)
        #expect(try run.number("p:b") == 1)
    }
}
