import TestSupport
import Testing
import VirtualMemory

/// Transfers with O_DIRECT, and references that are passed on.
@Suite struct DirectIOTests {
    @Test(arguments: [
        ("mapcount", "count 2, mapcount 1, writable dirty", false),
        ("exclusive", "count 2, mapcount 1, exclusive, writable dirty", false),
        ("vma-lock", "count 1025, mapcount 1, exclusive, writable dirty", true),
    ])
    func aDirectReadIsAGetAndLaterAPin(_ rules: String, _ facts: String, _ isPin: Bool) throws {
        let text = "map x: anonymous private = 1\nprocess p {\nd = direct_read(x)\nsignal e\n}"
        let run = try Playthrough(text, rules).finish()
        #expect(try run.facts("p:x") == facts)
        #expect(try run.space("p").hasPinned == (isPin ? 1 : 0))
    }

    @Test func thePageIsLetGoWhenTheLastDataHaveArrived() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                d = direct_read(x)
                complete(d.1, 5)
                signal half
                complete(d.2, 6)
                e = close(d)
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p", through: "signal")
        #expect(try run.facts("p:x") == "count 2, mapcount 1, writable dirty")
        try run.finish()
        #expect(try run.facts("p:x") == "count 1, mapcount 1, writable dirty")
        #expect(try run.words("p:x") == [1, 5, 6])
        #expect(try run.number("p:e") == 0)
        #expect(run.broken.isEmpty)
    }

    @Test func aDirectWriteStaysQueuedUntilItIsClosed() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                d = direct_write(x)
                *x = 2
                a = fetch(d)
                b = fetch(d)
                close(d)
                c = fetch(d)
            }
            """
        let run = try Playthrough(text, "linux-6.12").finish()
        #expect(try run.number("p:a") == 2)
        #expect(try run.number("p:b") == 2)
        #expect(try run.number("p:c") == -9)
        #expect(try run.facts("p:x") == "count 1, mapcount 1, exclusive, writable dirty")
    }

    @Test func whatIsSentOutlivesItsSender() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                    await e
                    r = read(h)
                    s = close(h)
                }
                h = vmsplice(x)
                send(h, c)
                wrong = send(h, c)
                close(h)
                signal e
                after = send(h, c)
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.number("c:r") == 1)
        #expect(try run.number("c:s") == 0)
        #expect(try run.number("p:wrong") == 0)
        #expect(try run.number("p:after") == -9)
        #expect(run.broken.isEmpty)
    }

    @Test func nothingIsSentToAProcessThatIsOver() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                    exit
                }
                wait c
                h = vmsplice(x)
                e = send(h, c)
                close(h)
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.number("p:e") == 0)
        #expect(try run.facts("p:x") == "count 1, mapcount 1, read-only dirty")
    }
}
