import TestSupport
import Testing
import VirtualMemory

/// Reclaim, swap entries, swap-in, and pages that MADV_FREE gave up.
@Suite struct SwapTests {
    private func run(_ body: String, _ rules: String, _ declarations: String = "") throws -> Playthrough {
        try Playthrough(
            "map x: anonymous private = 1\n\(declarations)\nprocess p {\n\(body)\n}\n", rules
        ).finish()
    }

    @Test func aSwappedPageHoldsNoFrame() throws {
        let run = try run("r = reclaim(x)\nout = swapped(x)\nthere = present(x)", "exclusive")
        #expect(try run.number("p:r") == 0)
        #expect(try run.number("p:out") == 1)
        #expect(try run.number("p:there") == 0)
        #expect(try run.words("p:x") == [1])
        // The page table is left.
        #expect(run.view.framesInUse == 1)
        #expect(run.broken.isEmpty)
    }

    /// A synchronous device and a page that one entry alone names: read beside the swap cache, up to 6.18.
    @Test(arguments: [
        ("mapcount", "count 1, mapcount 1, read-only"), ("refcount", "count 1, mapcount 1, read-only"),
        ("refcount-all", "count 1, mapcount 1, read-only"),
        ("exclusive", "count 1, mapcount 1, exclusive, read-only"),
        ("exclusive-unshare", "count 1, mapcount 1, exclusive, writable"),
        ("linux-7.2", "count 1, mapcount 1, exclusive, writable"),
    ])
    func aLoadBringsThePageBack(_ rules: String, _ facts: String) throws {
        let run = try run("reclaim(x)\nseen = *x", rules)
        #expect(try run.number("p:seen") == 1)
        #expect(try run.facts("p:x") == facts)
        #expect(run.broken.isEmpty)
    }

    /// A pipe's reference keeps the page in the swap cache, where the fault finds it.
    @Test(arguments: [
        ("mapcount", "count 2, mapcount 1, writable dirty"),
        ("refcount", "count 2, mapcount 1, writable dirty"),
        ("refcount-all", "count 1, mapcount 1, writable dirty"),
        ("exclusive", "count 3, mapcount 1, exclusive, writable dirty"),
        ("linux-7.2", "count 2, mapcount 1, exclusive, writable dirty"),
    ])
    func aStoreFindsAReferencedPageInTheSwapCache(_ rules: String, _ facts: String) throws {
        let run = try run("pipe = vmsplice(x)\nreclaim(x)\n*x = 2", rules)
        #expect(try run.facts("p:x") == facts)
        #expect(try run.target("p:pipe")?.words.first == (rules == "refcount-all" ? 1 : 2))
    }

    @Test func forkSharesASwapEntry() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                reclaim(x)
                fork c {
                    signal e
                    await f
                    seen = *x
                }
                await e
                *x = 2
                signal f
            }
            """
        let run = try Playthrough(text, "exclusive").finish()
        #expect(try run.number("c:seen") == 1)
        #expect(try run.words("p:x") == [2])
        #expect(run.broken.isEmpty)
    }

    @Test func theLastEntryFreesThePlaceInSwap() throws {
        let run = try run("reclaim(x)\nmadvise(x, MADV_DONTNEED)\nseen = *x", "exclusive")
        #expect(try run.number("p:seen") == 0)
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: ["mapcount", "refcount-5.9", "refcount", "exclusive", "vma-lock"])
    func pinsKeepPagesInMemoryFromTheRefcountEraOn(_ rules: String) throws {
        let run = try run("b = io_uring_register(x)\nr = reclaim(x)", rules)
        #expect(try run.number("p:r") == (["mapcount", "refcount-5.9"].contains(rules) ? 0 : -11))
    }

    /// The pin comes between the question whether to reclaim the page and its unmapping.
    @Test(arguments: [("refcount", 0), ("exclusive", -11), ("vma-lock", -11)])
    func aPinBehindTheFirstQuestion(_ rules: String, _ result: Int) throws {
        let text = """
            map x: anonymous private = 1
            process p {
                thread t {
                    r = reclaim(x)
                }
                b = pin(x, write, longterm)
            }
            """
        let run = try Playthrough(text, rules)
        try run.step("p")
        try run.run("t", through: "add_to_swap")
        try run.run("p")
        try run.finish()
        #expect(try run.number("p:b") == 0)
        #expect(try run.number("t:r") == result)
    }

    @Test func pageoutPassesOverWhatOthersMap() throws {
        let text =
            "map x: anonymous private = 1\nprocess p {\nfork c {\nawait e\n}\nr = madvise(x, MADV_PAGEOUT)\nthere = present(x)\nsignal e\n}"
        let run = try Playthrough(text, "exclusive").finish()
        #expect(try run.number("p:r") == 0)
        #expect(try run.number("p:there") == 1)
    }

    @Test(arguments: [("", 0, 0), ("*x.1 = 5", 0, 1), ("b = pin(x, write, slow)", -11, 1)])
    func reclaimForgetsWhatMadvFreeGaveUp(_ between: String, _ result: Int, _ seen: Int) throws {
        let run = try run("madvise(x, MADV_FREE)\n\(between)\nr = reclaim(x)\ns = *x", "exclusive")
        #expect(try run.number("p:r") == (between.hasPrefix("*") ? -11 : result))
        #expect(try run.number("p:s") == seen)
        #expect(run.broken.isEmpty)
    }

    @Test func aDeviceThatStoresIntoWhatWasForgottenLosesItsData() throws {
        let run = try run("d = direct_read(x)\nmadvise(x, MADV_FREE)\nreclaim(x)\ncomplete(d, 7)", "mapcount")
        #expect(run.broken == [Violation(.durability, through: .get)])
    }

    @Test func readAheadMapsNothing() throws {
        let run = try run(
            "reclaim(x)\nr = madvise(x, MADV_WILLNEED)\nout = swapped(x)\nseen = *x", "refcount")
        #expect(try run.number("p:r") == 0)
        #expect(try run.number("p:out") == 1)
        #expect(try run.number("p:seen") == 1)
        // The swap cache keeps its reference.
        #expect(try run.facts("p:x") == "count 2, mapcount 1, read-only")
    }

    @Test func noMemoryToComeBack() throws {
        let text = """
            frames 2
            map x: anonymous private = 1
            map y: anonymous private
            process p {
                reclaim(x)
                *y = 2
                seen = *x
            }
            """
        let run = try Playthrough(text, "exclusive").finish()
        #expect(run.view.isKilled(0))
    }
}
