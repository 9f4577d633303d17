import TestSupport
import Testing
import VirtualMemory

/// `frames`, `memcg` and `memcg_limit`: every allocation can fail, and all that was taken is counted.
@Suite struct LimitTests {
    /// Page tables count as frames.
    @Test(arguments: [(1, true), (2, false)])
    func aFirstStoreNeedsATableAndAPage(_ frames: Int, _ isKilled: Bool) throws {
        let text = "frames \(frames)\nmap x: anonymous private\nprocess p {\n*x = 1\n}"
        let run = try Playthrough(text, "refcount").finish()
        #expect(run.view.isKilled(0) == isKilled)
        #expect(run.view.framesInUse == (isKilled ? 0 : 2))
        #expect(run.broken.isEmpty)
    }

    @Test func whatIsFreedCanBeTakenAgain() throws {
        let text = """
            frames 2
            map x: anonymous private = 1
            process p {
                madvise(x, MADV_DONTNEED)
                *x = 2
                madvise(x, MADV_DONTNEED)
                *x = 3
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.words("p:x") == [3])
        #expect(run.view.framesInUse == 2)
    }

    @Test func aCopyThatFindsNoMemoryEndsTheProcess() throws {
        let text = """
            frames 3
            map x: anonymous private = 1
            process p {
                fork c {
                }
                *x = 2
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(run.view.isKilled(0))
        #expect(try run.facts("c:x") == "count 1, mapcount 1, read-only dirty")
        #expect(run.view.framesInUse == 2)
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: ["pin(x, write)", "get(x, write, slow)", "pin(x, read)"])
    func aReferenceThatNeedsACopyAndFindsNoMemoryFails(_ call: String) throws {
        let text = """
            frames 3
            map x: anonymous private = 1
            process p {
                fork c {
                }
                h = \(call)
            }
            """
        let run = try Playthrough(text, "exclusive").finish()
        #expect(try run.number("p:h") == -12)
        #expect(try run.facts("p:x") == "count 2, mapcount 2, read-only dirty")
        #expect(run.broken.isEmpty)
    }

    @Test func pagesAreChargedToWhomTheyAreMappedAndUnchargedWhenFreed() throws {
        let text = """
            memcg p 10
            map x[2]: anonymous private = 1
            process p {
                fork c {
                    *x[0] = 2
                    signal e
                }
                await e
                munmap(x[0])
            }
            """
        let run = try Playthrough(text, "refcount")
        #expect(try run.space("p").charged == 2)
        try run.finish()
        // The child's copy is the child's; what both map stays charged to whom it was charged first.
        #expect(try run.space("p").charged == 1)
        #expect(try run.space("c").charged == 1)
    }

    @Test func aChargeAboveTheLimitFails() throws {
        let text = """
            memcg p 1
            map x[2]: anonymous private
            process p {
                *x[0] = 1
                *x[1] = 2
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(run.view.isKilled(0))
        #expect(try run.space("p").charged == 0)
    }

    @Test func theLimitCanChangeOnTheWay() throws {
        let text = """
            memcg p 1
            map x[2]: anonymous private
            process p {
                *x[0] = 1
                memcg_limit(p, 2)
                *x[1] = 2
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(!run.view.isKilled(0))
        #expect(try run.space("p").charged == 2)
    }

    @Test func theSetUpIsChargedToo() throws {
        let text =
            "memcg p 2\nmap x[2]: anonymous private = 1\nmap y: anonymous private\nprocess p {\n*y = 1\n}"
        let run = try Playthrough(text, "refcount").finish()
        #expect(run.view.isKilled(0))
    }
}
