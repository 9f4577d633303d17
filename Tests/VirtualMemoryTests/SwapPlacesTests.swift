import TestSupport
import Testing
import VirtualMemory

/// Swap that has room for a few pages only.
@Suite struct SwapPlacesTests {
    private func run(_ places: Int, _ body: String, _ rules: String) throws -> Playthrough {
        let text = """
            swap \(places)
            memfd M = 5
            map x: anonymous private = 1
            map y: anonymous private = 2
            map z: anonymous private = 3
            map m: memfd M shared
            process p {
            \(body)
            }
            """
        return try Playthrough(text, rules).finish()
    }

    static let rules = ["textbook", "mapcount", "refcount", "refcount-all", "exclusive", "linux-7.2"]

    @Test(arguments: rules) func withoutSwapPagesStay(_ rules: String) throws {
        let run = try run(
            0, "r = reclaim(x)\ne = madvise(y, MADV_PAGEOUT)\nf = present(x)\ng = present(y)", rules)
        #expect(try run.number("p:r") == -11)
        #expect(try run.number("p:e") == 0)
        #expect(try run.number("p:f") == 1)
        #expect(try run.number("p:g") == 1)
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: rules) func aPageThatComesBackMakesRoom(_ rules: String) throws {
        let run = try run(1, "a = reclaim(x)\nb = reclaim(y)\nv = *x\nc = reclaim(y)\nw = *y", rules)
        #expect(try run.number("p:a") == 0)
        #expect(try run.number("p:b") == -11)
        #expect(try run.number("p:v") == 1)
        #expect(try run.number("p:c") == 0)
        #expect(try run.number("p:w") == 2)
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: rules) func forkTakesNoPlace(_ rules: String) throws {
        let run = try run(1, "reclaim(x)\nfork c {\nv = *x\n}\na = reclaim(y)", rules)
        #expect(try run.number("c:v") == 1)
        #expect(try run.number("p:a") == -11)
        #expect(run.broken.isEmpty)
    }

    /// A page that is back in memory keeps its place where at least half of swap is free then.
    @Test(arguments: ["mapcount", "refcount", "exclusive", "linux-7.2"])
    func theSwapCacheKeepsItsPlace(_ rules: String) throws {
        let run = try run(
            2, "h = vmsplice(x)\na = reclaim(x)\nv = *x\nb = reclaim(y)\nc = reclaim(z)",
            rules)
        #expect(try run.number("p:v") == 1)
        #expect(try run.number("p:b") == 0)
        #expect(try run.number("p:c") == (rules == "linux-7.2" ? 0 : -11))
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: ["refcount", "linux-7.2"]) func sharedMemoryTakesPlaces(_ rules: String) throws {
        let run = try run(
            1, "v = *m\na = reclaim(m)\nb = reclaim(x)\nmadvise(m, MADV_REMOVE)\nc = reclaim(x)", rules)
        #expect(try run.number("p:a") == 0)
        #expect(try run.number("p:b") == -11)
        #expect(try run.number("p:c") == 0)
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: ["refcount", "linux-7.2"]) func aHugePageGoesAsFarAsThereIsRoom(_ rules: String) throws {
        let text = """
            swap 2
            map x: anonymous private huge = 1
            process p {
                r = reclaim(x)
                a = swapped(x[0])
                b = swapped(x[1])
                c = swapped(x[2])
            }
            """
        let run = try Playthrough(text, rules).finish()
        #expect(try run.number("p:r") == -11)
        #expect(try run.number("p:a") == 1)
        #expect(try run.number("p:b") == 1)
        #expect(try run.number("p:c") == 0)
        #expect(run.broken.isEmpty)
    }

    @Test func discardedPagesMakeRoom() throws {
        let run = try run(1, "reclaim(x)\nmadvise(x, MADV_DONTNEED)\na = reclaim(y)", "exclusive")
        #expect(try run.number("p:a") == 0)
    }
}
