import TestSupport
import Testing
import VirtualMemory

@testable import Exploration

/// How operations are cut into steps, and what reductions may join: cases in which that once went wrong.
@Suite struct StepTests {
    /// The call for one page begins with the call of the fast path.
    @Test func theResultOfAnInnerCallIsNotTakenForThatOfTheOuter() throws {
        let text = """
            map x[2]: anonymous private = 1
            process p {
                munmap(x)
                h = get(x, read)
            }
            """
        #expect(try values("p:h", text, "refcount") == [.number(-14)])
    }

    /// A CPU in the kernel, about to flush, looks at nothing through its old translation.
    @Test func aProcessAloneDoesNotSeeThroughTheTranslationThatItIsAboutToFlush() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                    r = *x
                    munmap(x)
                }
                *x = 2
            }
            """
        let found = try findings(text, "mapcount").findings
        #expect(!found.violations.contains(Violation(.isolation)))
    }

    @Test func anotherThreadOfTheProcessDoes() throws {
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
        let found = try findings(text, "mapcount").findings
        #expect(found.violations.contains(Violation(.isolation)))
    }

    @Test func aProcessIsKilledBetweenTwoInstructionsThatTouchNothingOfOthers() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                    r = *x
                    signal e
                }
                kill(c)
                fork d {
                    await e
                    s = *x
                }
            }
            """
        let (test, found) = try findings(text, "refcount")
        let titles = OutcomeColumns(test).titles
        let r = try #require(titles.firstIndex(of: "c:r"))
        let s = try #require(titles.firstIndex(of: "d:s"))
        let pairs = Set(found.outcomes.map { [$0.values[r], $0.values[s]] })
        #expect(
            pairs == [[.absent, .absent], [.number(1), .absent], [.number(1), .number(1)]])
    }

    @Test func aThreadThatHasDoneEverythingMayStillBeEnded() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                thread t {
                    h = get(x, read, slow)
                }
                munmap(x)
                *x = 2
            }
            """
        #expect(try values("t", text, "refcount") == [.absent, .killed])
    }

    @Test func aThreadThatIsEndedBetweenTwoTriesOfALoadDoesNotLoad() throws {
        let text = """
            map x: anonymous private
            map y: anonymous private readonly
            process p {
                thread t {
                    r = *x
                }
                *y = 4
            }
            """
        let (test, found) = try findings(text, "refcount")
        let titles = OutcomeColumns(test).titles
        let r = try #require(titles.firstIndex(of: "t:r"))
        #expect(Set(found.outcomes.map { $0.values[r] }) == [.absent, .number(0)])
    }

    /// What a signal does to the other threads, and what the end of a process gives back, are seen by others at once.
    @Test(arguments: [
        (
            "mapcount",
            """
            map x: anonymous private = 1
            frames 4
            process p {
                fork c {
                    *x = 3
                    fork g {
                        *x = 2
                    }
                }
                *x = 3
                mprotect(x, PROT_READ)
            }
            exists forked(c) && forked(g) && g:*x == 2
            """
        ),
        (
            "mapcount-forced",
            """
            map x: anonymous private = 1
            memcg p 2
            process p {
                thread t {
                    madvise(x, MADV_DONTNEED)
                }
                fork c {
                    signal e1
                }
                await e1
                *x = 2
            }
            """
        ),
        (
            "exclusive-unshare",
            """
            map x[2]: anonymous private
            frames 4
            memcg p 2
            process p {
                *x[0] = 3
                *x[1] = 2
                thread t {
                    r1 = *x[1]
                    *x[1] = 2
                    await e2
                    signal e2
                }
                *x[1] = 3
                madvise(x, MADV_DONTNEED)
                r3 = *x[0]
            }
            """
        ),
    ])
    func limitsAndDeathsAreSeenByOthersAtOnce(_ rules: String, _ text: String) throws {
        _ = try findings(text, rules)
    }

    /// Between the look that asked for it and the fault the last other mapping may go.
    @Test func anUnshareOfWhatIsNotSharedAnyMoreKeepsThePage() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                    munmap(x)
                }
                h = pin(x, read)
                r = dma_read(h)
            }
            """
        #expect(try values("p:r", text, "unshare-by-mapcount") == [.number(1)])
    }
}
