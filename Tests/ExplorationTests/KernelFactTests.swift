import TestSupport
import Testing
import VirtualMemory

@testable import Exploration

/// What hardware and kernels do, in programs in which it makes a difference.
@Suite struct KernelFactTests {
    /// A load that has walked leaves the new translation in the TLB, so that the next one cannot use the old one.
    @Test func aThreadThatHasSeenTheNewPageDoesNotSeeTheOldOneAgain() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                thread t {
                    a = *x
                    b = *x
                }
                thread u {
                    *x = 2
                }
                madvise(x, MADV_DONTNEED)
            }
            """
        let (test, found) = try findings(text, "refcount")
        let titles = OutcomeColumns(test).titles
        let a = try #require(titles.firstIndex(of: "t:a"))
        let b = try #require(titles.firstIndex(of: "t:b"))
        let pairs = Set(found.outcomes.map { [$0.values[a], $0.values[b]] })
        #expect(pairs.contains([.number(1), .number(2)]))
        #expect(!pairs.contains([.number(2), .number(1)]))
    }

    /// The entry gets back the rights that it had, and a shared page's entry had none to write.
    @Test func forkThatProtectsFirstDoesNotMakeASharedPageWritable() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                    await e
                    r = *x
                }
                h = pin(x, read)
                fork d {
                }
                *x = 2
                signal e
            }
            """
        #expect(try values("c:r", text, "fork-protects-first") == [.number(1)])
    }

    /// FOLL_COW belongs to the page for which COW was broken, not to the whole request.
    @Test func aForcedWriteBreaksCOWForEachOfItsPages() throws {
        let text = """
            map x[2]: anonymous private = 1
            process p {
                mprotect(x, PROT_READ)
                fork c {
                }
                before = frame(x[1])
                h = rdma_register(x, read)
                after = frame(x[1])
            }
            """
        #expect(try values("p:after", text, "refcount") == [.frame(2)])
    }

    @Test(arguments: [("refcount", 0), ("exclusive", 0), ("exclusive-unshare", -14)])
    func aForcedPinLooksBehindPROT_NONE(_ rules: String, _ result: Int) throws {
        for (value, seen) in [(" = 1", 1), ("", 0)] {
            let text = """
                map x: anonymous private\(value)
                process p {
                    mprotect(x, PROT_NONE)
                    h = rdma_register(x, read)
                    r = dma_read(h)
                    s = *x
                }
                """
            #expect(try values("p:h", text, rules) == [.number(result)])
            #expect(try values("p:r", text, rules) == [.number(result == 0 ? seen : -9)])
            #expect(try values("p:s", text, rules) == [.absent])
        }
    }

    /// Without the flush before the put, a page can be a process's own while a CPU of another still leads there.
    @Test(arguments: [("put-before-flush", true), ("vma-lock", false)])
    func aPageThatOnlyAnOldTranslationLeadsToIsSeen(_ rules: String, _ isBroken: Bool) throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                    thread t {
                        r = *x
                        s = *x
                    }
                    munmap(x)
                }
                *x = 2
            }
            """
        let found = try findings(text, rules).findings
        #expect(found.violations.contains(Violation(.isolation)) == isBroken)
    }

    @Test func rulesCanAskWhetherAFlushIsDue() throws {
        let set = try ShippedRules.extending(
            "refcount", "on write_fault of anonymous:\n    copy when mm.tlb_flush_pending\n    reuse")
        let text = """
            map x: anonymous private = 1
            map y: anonymous private = 1
            process p {
                mprotect(x, PROT_READ)
                mprotect(x, PROT_READ | PROT_WRITE)
                before = frame(x)
                thread t {
                    madvise(y, MADV_DONTNEED)
                }
                *x = 2
                after = frame(x)
            }
            """
        #expect(try values("p:after", text, set) == [.frame(1), .frame(2)])
    }

    @Test func theFlagOnTheVMAIsThatOfAllItsPages() throws {
        let text = """
            pin_bias 3
            map x[2]: anonymous private = 1
            process p {
                h = io_uring_register(x[0])
                a = vmsplice(x[1])
                b = vmsplice(x[1])
                fork c {
                }
            }
            """
        let found = try findings(text, "has-pinned-vma").findings
        #expect(found.violations.contains(Violation(.precision)))
    }

    /// The mark of a failed pin makes later forks careful where it is a flag; a count goes down again.
    @Test(arguments: [("refcount", true), ("has-pinned-count", false)])
    func aFailedPinLeavesNoCount(_ rules: String, _ isBroken: Bool) throws {
        let text = """
            pin_bias 3
            map x: anonymous private = 1
            map y: anonymous private readonly
            process p {
                h = io_uring_register(y)
                a = vmsplice(x)
                b = vmsplice(x)
                fork c {
                }
            }
            """
        let found = try findings(text, rules).findings
        #expect(found.violations.contains(Violation(.precision)) == isBroken)
    }
}
