import TestSupport
import Testing
import VirtualMemory

/// KSM.
@Suite struct MergeTests {
    private func run(_ body: String, _ rules: String, y: Int = 1) throws -> Playthrough {
        try Playthrough(
            "map x: anonymous private = 1\nmap y: anonymous private = \(y)\nprocess p {\n\(body)\n}\n", rules
        ).finish()
    }

    @Test(arguments: ["mapcount", "refcount", "exclusive", "linux-7.2"])
    func twoPagesBecomeOne(_ rules: String) throws {
        let run = try run("r = ksm_merge(x, y)", rules)
        #expect(try run.number("p:r") == 0)
        #expect(try run.facts("p:x") == "count 2, mapcount 2, read-only")
        #expect(try run.page("p:x")?.frame == run.page("p:y")?.frame)
        #expect(run.broken.isEmpty)
    }

    /// Up to 5.8 a merged page that nobody shares any more is written in place.
    @Test(arguments: [("mapcount", true), ("refcount", false), ("exclusive", false)])
    func theLastUserOfAMergedPageStores(_ rules: String, _ isKept: Bool) throws {
        let run = try run("ksm_merge(x, y)\nmunmap(x)\nf = frame(y)\n*y = 2\ng = frame(y)", rules)
        #expect(try (run.register("p:f") == run.register("p:g")) == isKept)
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: ["refcount", "exclusive"]) func aReferencedPageIsNotMerged(_ rules: String) throws {
        for reference in ["b = io_uring_register(x)", "b = vmsplice(y)"] {
            let run = try run("\(reference)\nr = ksm_merge(x, y)\n*x = 2\n*y = 3", rules)
            #expect(try run.number("p:r") == -11)
            #expect(run.broken.isEmpty)
        }
    }

    @Test func differentPagesAreLeftAlone() throws {
        let run = try run("r = ksm_merge(x, y)", "exclusive", y: 2)
        #expect(try run.number("p:r") == -11)
        #expect(try run.facts("p:x") == "count 1, mapcount 1, exclusive, writable dirty")
    }

    @Test(arguments: [
        ("refcount", "writable dirty"), ("exclusive", "exclusive, writable dirty"),
        ("exclusive-unshare", "exclusive, read-only"),
    ])
    func unmergeableGivesAPageOfItsOwn(_ rules: String, _ rights: String) throws {
        let run = try run("ksm_merge(x, y)\nr = madvise(x, MADV_UNMERGEABLE)\ns = ksm_merge(x, y)", rules)
        #expect(try run.number("p:r") == 0)
        #expect(try run.number("p:s") == -11)
        #expect(try run.facts("p:x") == "count 1, mapcount 1, \(rights)")
        #expect(run.broken.isEmpty)
    }

    /// Both entries of a merged page become swap entries, and each brings back what was in it.
    @Test(arguments: ["mapcount", "refcount", "exclusive", "linux-7.2"])
    func aMergedPageIsSwappedOutAndMoved(_ rules: String) throws {
        let run = try run("ksm_merge(x, y)\nm = migrate(x)\nr = reclaim(y)\ns = *x\n*x = 2\nt = *y", rules)
        #expect(try run.number("p:m") == 0)
        #expect(try run.number("p:r") == 0)
        #expect(try run.number("p:s") == 1)
        #expect(try run.number("p:t") == 1)
        #expect(run.broken.isEmpty)
    }
}
