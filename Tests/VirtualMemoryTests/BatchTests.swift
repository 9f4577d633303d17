import TestSupport
import Testing
import VirtualMemory

/// Pages that wait in batches on their way to the LRU lists, and young bits.
@Suite struct BatchTests {
    @Test func aBatchHoldsOneReferenceUntilItIsDrained() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                lru_add(x)
                r = lru_add(x)
                signal e
                lru_drain()
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p", through: "signal")
        #expect(try run.facts("p:x") == "count 2, mapcount 1, writable dirty")
        try run.finish()
        #expect(try run.facts("p:x") == "count 1, mapcount 1, writable dirty")
        #expect(try run.number("p:r") == 0)
        #expect(run.broken.isEmpty)
    }

    @Test func anUntouchedPageAndTheZeroPageCannotWait() throws {
        let text = """
            map x: anonymous private
            process p {
                r = lru_add(x)
                s = *x
                t = lru_add(x)
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.number("p:r") == -11)
        #expect(try run.number("p:t") == -11)
    }

    @Test(arguments: [
        ("mapcount", "lru_add(x)", 1), ("refcount", "lru_add(x)", 0), ("refcount-all", "lru_add(x)", 1),
        ("exclusive", "lru_add(x)", 1), ("refcount-all", "thread t {\nlru_add(x)\n}\njoin t", 0),
        ("exclusive", "thread t {\nlru_add(x)\n}\njoin t", 0),
    ])
    func aWriteFaultDrainsItsOwnCPUsBatch(_ rules: String, _ add: String, _ reused: Int) throws {
        let text = """
            map x: anonymous private = 1
            process p {
                \(add)
                fork c {
                    exit
                }
                wait c
                f = frame(x)
                *x = 2
                g = frame(x)
            }
            """
        let run = try Playthrough(text, rules).finish()
        let isReused = try run.register("p:f") == run.register("p:g")
        #expect(isReused == (reused == 1))
        #expect(run.broken == (reused == 1 ? [] : [Violation(.precision)]))
    }

    @Test func aFrameIsFreedWithItsBatch() throws {
        let text =
            "map x: anonymous private = 1\nprocess p {\nthread t {\nlru_add(x)\n}\njoin t\nmunmap(x)\nsignal e\nlru_drain()\n}"
        let run = try Playthrough(text, "refcount")
        try run.run("p", through: "signal")
        #expect(run.view.framesInUse == 2)
        try run.finish()
        #expect(run.view.framesInUse == 1)
    }

    // MARK: Young bits

    @Test func accessesMakeEntriesYoungAndForkGivesTheChildOldOnes() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                a = young(x)
                fork c {
                    b = young(x)
                    d = *x
                    e = young(x)
                }
                f = young(x)
            }
            """
        let run = try Playthrough(text, "exclusive").finish()
        #expect(try run.number("p:a") == 1)
        #expect(try run.number("c:b") == 0)
        #expect(try run.number("c:e") == 1)
        #expect(try run.number("p:f") == 1)
    }

    @Test func aTLBThatWasNotFlushedLeavesTheEntryOld() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                r = clear_refs(young)
                a = young(x)
                b = *x
                c = young(x)
            }
            """
        for (choice, young) in [(0, 1), (1, 0)] {
            let run = try Playthrough(text, "linux-6.12")
            try run.run("p", through: "load", choice: choice)
            try run.finish()
            #expect(try run.number("p:r") == 0)
            #expect(try run.number("p:a") == 0)
            #expect(try run.number("p:b") == 1)
            #expect(try run.number("p:c") == young)
        }
    }
}
