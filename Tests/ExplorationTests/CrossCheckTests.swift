import RuleLanguage
import Rules
import TestSupport
import Testing
import VirtualMemory

@testable import Exploration

/// The explorer against a search so plain that it can be believed.
@Suite struct CrossCheckTests {
    static let chunks = FullRun.isWanted ? 400 : 30
    static let testsInChunk = 10
    static let stateLimit = FullRun.isWanted ? 60_000 : 4000

    @Test(arguments: 0..<chunks)
    func generatedTests(_ chunk: Int) throws {
        let sets = try ShippedRules.sets()
        var checked = 0
        var seed = UInt64(chunk) << 32
        while checked < Self.testsInChunk {
            seed += 1
            let text = RandomTest(seed: seed).text
            let test = try LoweredTest(text: text)
            let set = sets[Int(seed &+ UInt64(chunk)) % sets.count]
            if try CrossCheck(test, set, limit: Self.stateLimit).runIfSmall() { checked += 1 }
        }
    }

    /// Who tries to take mmap_lock sees when others hold it, so that neither taking it nor letting go may be put off.
    @Test func aLockThatSomebodyTriesIsSeen() throws {
        let test = try LoweredTest(
            text: """
                map x[2]: anonymous private
                memcg p 4
                process p {
                    thread t {
                        munmap(x)
                        r1 = retract(p:x[0])
                    }
                    *x[1] = 4
                    *x[0] = 3
                }
                """)
        let set = try ShippedRules.set("protect-skips-pinned")
        #expect(try CrossCheck(test, set, limit: 60_000).runIfSmall())
    }

    /// A call that a release does not know is refused in a step of its own, whatever the thread does next.
    @Test func aRefusedCallIsAStep() throws {
        let test = try LoweredTest(
            text: """
                map x[2]: anonymous private
                process p {
                    *x[1] = 2
                    thread t {
                        madvise(x[1], MADV_POPULATE_WRITE)
                        h1 = get(x[0], write, slow)
                        r2 = *x[0]
                    }
                    mprotect(x[1], PROT_READ | PROT_WRITE)
                }
                exists p:*x[0] == 1
                """)
        let sets = try ShippedRules.sets()
        let set = try #require(sets.first { $0.name == "linux-5.10" })
        #expect(try CrossCheck(test, set, limit: 60_000).runIfSmall())
    }

    /// A huge page on its way to another address is seen by who moves it.
    @Test func aMovingHugePageIsSeen() throws {
        let test = try LoweredTest(
            text: """
                map x: anonymous private huge = 1
                process p {
                    fork c {
                        mremap(x)
                        thread t {
                            mprotect(x, PROT_READ)
                        }
                    }
                    h1 = rdma_register(x[0], read)
                    *x[1] = 4
                }
                exists forked(c) && copies == 1
                """)
        let set = try ShippedRules.set("refcount-5.9")
        #expect(try CrossCheck(test, set, limit: 60_000).runIfSmall())
    }
}
