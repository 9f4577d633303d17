import TestSupport
import Testing
import VirtualMemory

/// munmap and MADV_DONTNEED: entries and mapping counts first, then the flush, then the references.
@Suite struct UnmapTests {
    @Test func munmapTakesTheMappingAndFreesThePage() throws {
        let run = try Playthrough("map x: anonymous private = 1\nprocess p { e = munmap(x) }", "exclusive")
        let frame = try #require(try run.page("p:x")).frame
        try run.finish()
        #expect(try run.number("p:e") == 0)
        #expect(try run.facts("p:x") == "nothing")
        #expect(!run.view.isMapped(0, 0))
        #expect(run.view.frameFacts(frame).references == 0)
        // The page table stays with the process.
        #expect(run.view.framesInUse == 1)
        #expect(run.broken.isEmpty)
    }

    @Test func munmapOfWhatIsNotMappedDoesNothing() throws {
        let run = try Playthrough(
            "map x: anonymous private = 1\nprocess p { munmap(x)\ne = munmap(x) }", "refcount"
        ).finish()
        #expect(try run.number("p:e") == 0)
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: ["munmap(x)", "madvise(x, MADV_DONTNEED)"])
    func theMappingGoesBeforeTheFlushAndTheReferenceAfterIt(_ call: String) throws {
        let text = """
            map x: anonymous private = 1
            process p {
                thread t {
                    a = *x
                    await never
                    b = *x
                }
                \(call)
            }
            process q {
                await done
                signal never
            }
            process r {
                signal done
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p", through: "clone")
        let frame = try #require(try run.page("p:x")).frame
        try run.run("p", through: "zap_pte_range")
        #expect(try run.facts("p:x") == "nothing")
        #expect(run.view.frameFacts(frame).mappings == 0)
        #expect(run.view.frameFacts(frame).references == 1)
        #expect(try run.oldTranslations("t", "x").map(\.frame) == [frame])
        try run.run("p", through: "tlb_flush_mmu")
        #expect(try run.oldTranslations("t", "x").isEmpty)
        #expect(run.view.frameFacts(frame).references == 1)
        try run.run("p", through: "tlb_batch_pages_flush")
        #expect(run.view.frameFacts(frame).references == 0)
        #expect(run.view.framesInUse == 1)
    }

    @Test func whatIsDiscardedReadsAsZeroAndStaysMapped() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                e = madvise(x, MADV_DONTNEED)
                r = *x
                *x.1 = 4
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.number("p:e") == 0)
        #expect(try run.number("p:r") == 0)
        #expect(try run.words("p:x") == [0, 4])
    }

    @Test func discardingPartOfWhatIsNotMappedFailsAndDiscardsTheRest() throws {
        let text = """
            map x[2]: anonymous private = 1
            process p {
                munmap(x[0])
                e = madvise(x, MADV_DONTNEED)
                r = *x[1]
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.number("p:e") == -12)
        #expect(try run.number("p:r") == 0)
    }

    @Test func theZeroPageCountsNothing() throws {
        let text = """
            map x: anonymous private
            process p {
                r = *x
                munmap(x)
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(run.view.frameFacts(MachineView.zeroFrame).references == 1)
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: ["munmap(x)", "madvise(x, MADV_DONTNEED)"])
    func aPinnedPageOutlivesItsMapping(_ call: String) throws {
        let text = """
            map x: anonymous private = 1
            process p {
                h = io_uring_register(x)
                \(call)
                dma_write(h, 6)
                r = dma_read(h)
                signal done
                close(h)
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p", through: "signal")
        #expect(try #require(try run.target("p:h")).description == "count 1024, mapcount 0")
        try run.finish()
        #expect(try run.number("p:r") == 6)
        #expect(run.view.framesInUse == 1)
        #expect(run.broken.isEmpty)
    }

    @Test func onlyTheCallersMappingGoes() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                    munmap(x)
                }
            }
            """
        let run = try Playthrough(text, "exclusive").finish()
        #expect(try run.facts("p:x") == "count 1, mapcount 1, read-only dirty")
        #expect(try run.facts("c:x") == "nothing")
    }

    /// mmap_lock is held only for reading once the VMAs are gone.
    @Test func anotherThreadFaultsElsewhereWhileMunmapClearsEntries() throws {
        let run = try Playthrough(
            """
            map x: anonymous private = 1
            map y: anonymous private
            process p {
                thread t {
                    *y = 2
                }
                munmap(x)
            }
            """, "refcount")
        try run.run("p", through: "zap_pte_range")
        try run.run("t")
        #expect(try run.words("p:y") == [2])
        try run.finish()
        #expect(run.broken.isEmpty)
    }
}
