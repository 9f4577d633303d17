import TestSupport
import Testing
import VirtualMemory

/// mprotect: what entries become, and where they become writable again.
@Suite struct ProtectTests {
    func run(_ calls: String, _ rules: String) throws -> Playthrough {
        try Playthrough("map x: anonymous private = 1\nprocess p {\n\(calls)\n}", rules).finish()
    }

    static let readOnly = "e = mprotect(x, PROT_READ)"
    static let back = "f = mprotect(x, PROT_READ | PROT_WRITE)"

    @Test func readOnlyTakesTheRightToWriteAndKeepsThePage() throws {
        let run = try run(Self.readOnly, "exclusive")
        #expect(try run.number("p:e") == 0)
        #expect(try run.facts("p:x") == "count 1, mapcount 1, exclusive, read-only dirty")
        #expect(run.view.protection(0, 0) == Protection(isReadable: true, isWritable: false))
    }

    @Test func noneHidesTheEntryAndKeepsThePage() throws {
        let run = try run("e = mprotect(x, PROT_NONE)", "refcount")
        #expect(try run.facts("p:x") == "count 1, mapcount 1, hidden dirty")
        #expect(try run.words("p:x") == [nil])
    }

    /// Before 6.0 the next write fault decides; since then an exclusive page is writable at once.
    @Test(arguments: [
        ("mapcount", false), ("refcount", false), ("refcount-all", false), ("exclusive", true),
        ("vma-lock", true),
    ])
    func writableAgain(_ rules: String, _ isWritable: Bool) throws {
        let run = try run("\(Self.readOnly)\n\(Self.back)", rules)
        let page = try #require(try run.page("p:x"))
        #expect(page.entry?.isWritable == isWritable)
    }

    @Test(arguments: ["refcount", "exclusive", "vma-lock"])
    func whatIsSharedDoesNotBecomeWritable(_ rules: String) throws {
        let run = try run("fork c {\n}\n\(Self.readOnly)\n\(Self.back)", rules)
        #expect(try run.facts("p:x") == "count 2, mapcount 2, read-only dirty")
    }

    @Test func theZeroPageNeverBecomesWritable() throws {
        let text = "map x: anonymous private\nprocess p {\nr = *x\n\(Self.readOnly)\n\(Self.back)\n}"
        let run = try Playthrough(text, "vma-lock").finish()
        #expect(try run.facts("p:x") == "zero page, count 1, mapcount 0, read-only")
    }

    /// mprotect_fixup: nothing is done where the protection stays as it is.
    @Test func theSameProtectionAgainChangesNoEntry() throws {
        let run = try run("h = pin(x, read)\nfork c {\nexit\n}\nwait c\n\(Self.back)", "exclusive")
        #expect(try #require(try run.page("p:x")).entry?.isWritable == true)
        let shared = "fork c {\nawait e\nmunmap(x)\n}\nh = pin(x, read)\n\(Self.back)\nsignal e"
        let other = try self.run(shared, "exclusive")
        #expect(try other.facts("p:x") == "count 1025, mapcount 1, exclusive, read-only")
    }

    @Test func pagesThatAreNotMappedFailAndThoseBeforeThemAreChanged() throws {
        let text = """
            map x[3]: anonymous private = 1
            process p {
                munmap(x[1])
                e = mprotect(x, PROT_READ)
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.number("p:e") == -12)
        #expect(try run.facts("p:x[0]") == "count 1, mapcount 1, read-only dirty")
        #expect(try run.facts("p:x[2]") == "count 1, mapcount 1, writable dirty")
    }

    /// In the era of counts a pin that meets mprotect loses its page at the next store; the exclusive mark keeps it.
    @Test(arguments: [("refcount", true), ("exclusive", false)])
    func aPinAndAProtectionCycle(_ rules: String, _ isLost: Bool) throws {
        let run = try run("h = io_uring_register(x)\n\(Self.readOnly)\n\(Self.back)\n*x = 2", rules)
        #expect((try run.target("p:h")?.frame != run.page("p:x")?.frame) == isLost)
        #expect(run.broken.contains(Violation(.coherence, through: .pin)) == isLost)
    }

    @Test func theLockIsHeldForWritingUntilTheFlushIsDone() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                thread t {
                    *x = 2
                    *x = 3
                }
                mprotect(x, PROT_READ)
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p", through: "change_pte_range")
        #expect(try run.space("p").isWriteLocked)
        #expect(try run.oldTranslations("t", "x").count == 1)
        // A store through the old translation.
        try run.step("t", choice: 1)
        #expect(try run.words("p:x") == [2])
        try run.run("p", through: "tlb_finish_mmu")
        #expect(try run.space("p").isWriteLocked)
        #expect(try run.oldTranslations("t", "x").isEmpty)
        #expect(run.broken.isEmpty)
        try run.finish()
        #expect(run.view.isKilled(0))
    }
}
