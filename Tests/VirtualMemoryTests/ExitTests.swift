import TestSupport
import Testing
import VirtualMemory

/// The end of threads and processes.
@Suite struct ExitTests {
    @Test(arguments: ["refcount", "exclusive"])
    func exitGivesEverythingBack(_ rules: String) throws {
        let text = """
            map x: anonymous private = 1
            map a[4]: anonymous private = 2
            process p {
                h = io_uring_register(a)
                exit
            }
            """
        let run = try Playthrough(text, rules).finish()
        #expect(try run.space("p").life == .dead)
        #expect(run.view.framesInUse == 0)
        #expect(run.view.isKilled(0) == false)
        #expect(run.broken.isEmpty)
    }

    @Test func memoryGoesBeforeFilesAndTheParentHearsLast() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                    h = pin(x, write)
                    exit
                }
                wait c
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p")
        try run.run("c", through: "exit_mmap")
        #expect(try #require(try run.target("c:h")).description == "count 1024, mapcount 0")
        #expect(try run.step("p") == .blocked(.program))
        try run.run("c", through: "exit_files")
        #expect(try run.step("p") == .blocked(.program))
        try run.run("c", through: "exit_notify")
        #expect(try run.step("p") == .taken)
        #expect(run.view.framesInUse == 3 - 1)
    }

    @Test func whatAChildInheritedOutlivesTheParent() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                h = io_uring_register(x)
                fork c {
                    await gone
                    dma_write(h, 5)
                    r = dma_read(h)
                }
                exit
            }
            process q {
                await late
                signal gone
            }
            process s {
                signal late
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p")
        #expect(try #require(try run.target("c:h")).description == "count 1024, mapcount 0")
        try run.finish()
        #expect(try run.number("c:r") == 5)
        #expect(run.broken.isEmpty)
    }

    @Test func exitEndsEveryThreadAtItsNextInstruction() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                thread t {
                    a = *x
                    await never
                    b = *x
                }
                exit
            }
            process q {
                await late
                signal never
            }
            process s {
                await later
                signal late
                signal later
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p", through: "clone")
        try run.run("t")
        #expect(run.view.thread(1) == .running(statement: 1))
        try run.finish()
        #expect(run.view.thread(1) == .gone)
        #expect(try run.register("t:b") == .unwritten)
        #expect(run.view.framesInUse == 0)
    }

    @Test func aSystemCallIsFinishedBeforeTheThreadEnds() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                thread t {
                    h = get(x, write, slow)
                    after = present(x)
                }
                exit
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p", through: "clone")
        try run.run("t", through: "mmap_read_lock")
        try run.finish()
        #expect(try run.number("t:h") == 0)
        #expect(try run.register("t:after") == .unwritten)
        #expect(run.view.framesInUse == 0)
        #expect(run.broken.isEmpty)
    }

    @Test func killEndsAnIdleProcessToo() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                }
                await idle
                e = kill(c)
                wait c
                *x = 2
            }
            process q {
                signal idle
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p")
        try run.run("c")
        #expect(run.view.thread(1) == .finished)
        try run.finish()
        #expect(try run.number("p:e") == 0)
        #expect(run.view.isKilled(1))
        #expect(try run.facts("p:x") == "count 1, mapcount 1, writable dirty")
        #expect(run.broken.isEmpty)
    }

    @Test func thereIsNobodyToKillBehindAFailedFork() throws {
        let text = """
            frames 2
            map x: anonymous private = 1
            process p {
                fork c {
                }
                e = kill(c)
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.number("p:e") == -3)
    }

    @Test func waitReturnsAtOnceWhenForkFailed() throws {
        let text = """
            frames 2
            map x: anonymous private = 1
            process p {
                fork c {
                    exit
                }
                wait c
                r = *x
            }
            """
        #expect(try Playthrough(text, "refcount").finish().number("p:r") == 1)
    }

    @Test func aProcessThatIsKilledByAFaultGivesEverythingBack() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                    munmap(x)
                    r = *x
                }
            }
            """
        let run = try Playthrough(text, "exclusive").finish()
        #expect(run.view.isKilled(1))
        #expect(try run.space("c").life == .dead)
        #expect(run.view.framesInUse == 2)
    }
}
