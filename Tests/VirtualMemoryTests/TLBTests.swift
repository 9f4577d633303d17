import TestSupport
import Testing
import VirtualMemory

/// Old translations: who may hold them, what they allow, and when they go.
@Suite struct TLBTests {
    static let forking = """
        map x: anonymous private = 1
        process p {
            thread t {
                *x = 2
                *x = 3
            }
            fork c {
            }
        }
        """

    @Test func anotherThreadMayStoreThroughTheOldTranslationUntilForkFlushes() throws {
        let run = try Playthrough(Self.forking, "refcount")
        try run.run("p", through: "pmd_install")
        try run.run("p", through: "copy_present_pte")
        #expect(try run.oldTranslations("t", "x").count == 1)
        try run.step("t", choice: 1)
        #expect(try run.words("p:x") == [2])
        #expect(try run.page("p:x")?.words == [2])
        try run.run("p", through: "flush_tlb_mm")
        #expect(try run.oldTranslations("t", "x").isEmpty)
        // Now it must fault, and waits for the lock.
        try run.run("t")
        #expect(try run.words("p:x") == [2])
        try run.finish()
        #expect(try run.words("p:x") == [3])
        #expect(run.broken.isEmpty)
    }

    @Test func orItsTranslationWasEvictedBefore() throws {
        let run = try Playthrough(Self.forking, "refcount")
        try run.run("p", through: "pmd_install")
        try run.run("p", through: "copy_present_pte")
        try run.step("t", choice: 0)
        #expect(try run.oldTranslations("t", "x").isEmpty)
        #expect(try run.words("p:x") == [1])
    }

    @Test func aLoadNeedsNoChoiceWhereTheFrameIsTheSame() throws {
        let text = Self.forking.replacing("*x = 2", with: "a = *x")
        let run = try Playthrough(text, "refcount")
        try run.run("p", through: "pmd_install")
        try run.run("p", through: "copy_present_pte")
        try run.step("t")
        #expect(run.simulation.choices == 1)
        #expect(try run.number("t:a") == 1)
        #expect(try run.oldTranslations("t", "x").count == 1)
    }

    @Test func theOneWhoMakesTheChangeHoldsNothingOld() throws {
        let run = try Playthrough(Self.forking, "refcount")
        try run.run("p", through: "pmd_install")
        try run.run("p", through: "copy_present_pte")
        #expect(try run.oldTranslations("p", "x").isEmpty)
    }

    @Test func aThreadOfAnotherProcessHoldsNothingOld() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                    *x = 2
                    *x = 3
                }
                fork d {
                }
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p", through: "wake_up_new_task")
        try run.run("p", through: "pmd_install")
        try run.run("p", through: "copy_present_pte")
        #expect(try run.oldTranslations("c", "x").isEmpty)
    }

    @Test func anEntryThatAllowsMoreThanBeforeNeedsNoFlush() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                mprotect(x, PROT_READ)
                mprotect(x, PROT_READ | PROT_WRITE)
                thread t {
                    *x = 2
                    r = *x
                }
                *x = 3
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p", through: "clone")
        try run.run("p")
        #expect(try run.words("p:x") == [3])
        #expect(try run.oldTranslations("t", "x").isEmpty)
    }

    @Test func aTranslationToAFreedFrameIsAFault() throws {
        // A rule of the test's own cannot leave the flush out; so the frame is given back by hand, flush or no flush.
        let text = """
            map x: anonymous private = 1
            process p {
                thread t {
                    a = *x
                    b = *x
                }
                madvise(x, MADV_DONTNEED)
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p", through: "clone")
        try run.run("p", through: "zap_pte_range")
        let frame = try #require(try run.oldTranslations("t", "x").first).frame
        #expect(run.view.frameFacts(frame).references == 1)
        // Its reference is still held by the one who zapped it: the old translation leads to memory.
        try run.step("t", choice: 1)
        #expect(try run.number("t:a") == 1)
        try run.run("p")
        try run.run("t")
        #expect(try run.number("t:b") == 0)
        #expect(run.broken.isEmpty)
    }

    /// Fork keeps faults out only where faults and fork take the same lock.
    @Test(arguments: [("vma-lock-6.4", true), ("vma-lock", false), ("exclusive-unshare", false)])
    func aStoreLostBetweenForksProtectionAndItsFlush(_ rules: String, _ isLost: Bool) throws {
        let text = """
            map x: anonymous private = 1
            process p {
                thread t {
                    *x = 2
                    *x = 3
                }
                thread u {
                    *x.1 = 4
                }
                fork c {
                }
            }
            """
        let run = try Playthrough(text, rules)
        try run.run("p", through: "pmd_install")
        try run.run("p", through: "copy_present_pte")
        try run.run("u", through: "copy_user_highpage")
        try run.run("u", through: "copy_user_highpage")
        try run.step("t", choice: 1)
        try run.run("u")
        try run.finish()
        #expect(run.broken.contains(Violation(.durability)) == isLost)
    }
}
