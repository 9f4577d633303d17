import TestSupport
import Testing
import VirtualMemory

/// vfork and exec.
@Suite struct ExecTests {
    @Test func theChildOfAVforkHasItsParentsMemoryAndFilesOfItsOwn() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                h = vmsplice(x)
                vfork c {
                    *x = 2
                    close(h)
                    signal e
                    exit
                }
                r = *x
                s = read(h)
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p")
        #expect(try run.register("p:r") == .unwritten)
        try run.run("c", through: "signal")
        #expect(try run.facts("p:x") == "count 2, mapcount 1, writable dirty")
        try run.run("p")
        #expect(try run.register("p:r") == .unwritten)
        try run.finish()
        #expect(try run.number("p:r") == 2)
        #expect(try run.number("p:s") == 2)
        #expect(try run.space("c").life == .dead)
        #expect(run.broken.isEmpty)
    }

    @Test func execLeavesTheParentItsMemoryAndGoesOnWithNone() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                vfork c {
                    exec
                    map y: anonymous private
                    *y = 3
                }
                *x = 2
            }
            """
        let run = try Playthrough(text, "exclusive").finish()
        #expect(try run.facts("p:x") == "count 1, mapcount 1, exclusive, writable dirty")
        #expect(try run.facts("c:y") == "count 1, mapcount 1, exclusive, writable dirty")
        #expect(try run.facts("p:y") == "nothing")
        #expect(try run.words("c:y") == [3])
    }

    @Test func execGivesUpMemoryAndMarksAndKeepsReferences() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                h = io_uring_register(x)
                exec
                r = dma_read(h)
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.facts("p:x") == "nothing")
        #expect(try run.space("p").hasPinned == 0)
        #expect(try run.target("p:h")?.count == 1024)
        #expect(try run.number("p:r") == 1)
        #expect(run.view.framesInUse == 1)
        #expect(run.broken.isEmpty)
    }

    @Test func execEndsOtherThreads() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                thread t {
                    await never
                    r = *x
                }
                fork c {
                    await e
                    signal never
                }
                exec
                signal e
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.register("t:r") == .unwritten)
        #expect(run.log.contains("t exit_mm"))
        #expect(try run.space("p").life == .live)
    }

    @Test func aParentThatIsKilledWaitsForItsVfork() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                vfork c {
                    await e
                    *x = 2
                    exit
                }
                *x = 3
            }
            process q {
                kill(p)
                signal e
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p")
        try run.run("q")
        try run.run("p")
        #expect(try run.space("p").life == .live)
        try run.finish()
        #expect(try run.space("p").life == .dead)
        #expect(try run.space("c").life == .dead)
        #expect(!(try run.space("c").isKilled))
        #expect(run.broken.isEmpty)
    }
}
