import Diagnostics
import TestLanguage
import Testing

@testable import KernelRuns

@Suite struct OrderingTests {
    private func read(_ text: String) throws -> ResolvedTest {
        try ResolvedTest(parsing: SourceText(name: "t.cow", text: "test t\n" + text))
    }

    /// Expects that a test is ordered.
    private func ordered(_ text: String, _ place: SourceLocation = #_sourceLocation) throws {
        let pair = try read(text).unorderedPair
        #expect(try read(text).isOrdered, "\(String(describing: pair))", sourceLocation: place)
    }

    /// Expects that two statements of a test, as the text spells them, are a race.
    private func race(
        _ first: String?, _ second: String?, in text: String, _ place: SourceLocation = #_sourceLocation
    ) throws {
        let test = try read(text)
        #expect(!test.isOrdered, sourceLocation: place)
        guard let pair = test.unorderedPair else { return }
        let found = Set([pair.0, pair.1].map { $0.map { "\($0)".split(separator: " {")[0] } })
        #expect(found == Set([first, second].map { $0.map { Substring($0) } }), sourceLocation: place)
    }

    // MARK: One after the other

    @Test func oneActor() throws {
        try ordered("map x: anonymous private\nprocess p { *x = 1; r = *x; e = munmap(x); s = *x }")
    }

    @Test func signals() throws {
        try ordered(
            """
            map x: anonymous private = 0
            process p {
                fork c { a = vmsplice(x); munmap(x); signal taken; await written; r = read(a) }
                await taken
                *x = 1
                signal written
            }
            """)
        try race(
            "*x = 1", "r = *x",
            in: "map x: anonymous private = 0\nprocess p { thread t { *x = 1; signal e }; r = *x; await e }")
    }

    @Test func signalsChain() throws {
        try ordered(
            """
            map x: anonymous private = 0
            process p {
                thread t { *x = 1; signal a }
                thread u { await a; signal b }
                await b
                *x = 2
            }
            """)
    }

    @Test func loadsDoNotNoticeEachOther() throws {
        try ordered("map x: anonymous private = 0\nprocess p { fork c { r = *x }; r = *x }")
        try ordered("map x: anonymous private\nprocess p { thread t { r = *x }; r = *x }")
    }

    @Test func looksNoticeLoads() throws {
        try race(
            "r = *x", "m = mapcount(x)",
            in: "map x: anonymous private\nprocess p { fork c { r = *x }; m = mapcount(x) }")
    }

    @Test func storesToSharedPages() throws {
        try race(
            "*x = 1", "*x = 2",
            in: "map x: anonymous private = 0\nprocess p { fork c { *x = 1 }; *x = 2 }")
        try race(
            "*x = 1", "r = *x",
            in: "map x: anonymous private = 0\nprocess p { fork c { *x = 1 }; r = *x }")
    }

    @Test func pagesOfTheirOwn() throws {
        try ordered("map a[2]: anonymous private = 0\nprocess p { thread t { *a[0] = 1 }; *a[1] = 2 }")
        try ordered(
            """
            map x: anonymous private = 0
            process p { *x = 1 }
            process q { map y: anonymous private; fork c { *y = 2; exit }; wait c; r = *y }
            """)
    }

    @Test func hugePagesGoTogether() throws {
        try race(
            "*a[0] = 1", "*a[1] = 2",
            in: "map a[4]: anonymous private huge = 0\nprocess p { thread t { *a[0] = 1 }; *a[1] = 2 }")
        try race(
            "*a[0] = 1", "*a[1] = 2",
            in: """
                map a[4]: anonymous private = 0
                process p { collapse(a); thread t { *a[0] = 1 }; *a[1] = 2 }
                """)
    }

    @Test func filesLinkMappings() throws {
        try race(
            "*x = 1", "r = *y",
            in: """
                memfd M
                map x: memfd M shared
                map y: memfd M private
                process p { thread t { *x = 1 }; r = *y }
                """)
        try race(
            "pwrite(F, 3)", "r = *y",
            in: "file F\nmap y: file F private\nprocess p { thread t { pwrite(F, 3) }; r = *y }")
    }

    // MARK: Processes and threads

    @Test func forksAgainstThreads() throws {
        try race(
            "*x = 1", "fork c",
            in: "map x: anonymous private = 0\nprocess p { thread t { *x = 1 }; fork c { } }")
        try race(
            "r = *x", "fork c",
            in: "map x: anonymous private\nprocess p { thread t { r = *x }; fork c { } }")
        try ordered("map x: anonymous private\nprocess p { thread t { r = *x }; join t; fork c { } }")
        try ordered(
            "map x: anonymous private = 0\nprocess p { fork c { r = *x }; fork d { s = *x } }")
    }

    @Test func waiting() throws {
        try ordered(
            "map x: anonymous private = 0\nprocess p { fork c { *x = 1; exit }; wait c; *x = 2 }")
        try race(
            "exit", "*x = 2",
            in: """
                map x: anonymous private = 0
                process p { fork c { *x = 1; signal e; exit }; await e; *x = 2 }
                """)
    }

    @Test func waitingForAllThreadsOfAChild() throws {
        try ordered(
            """
            map x: anonymous private = 0
            process p {
                fork c { thread t { *x = 1; signal e }; await e; exit }
                wait c
                *x = 2
            }
            """)
    }

    @Test func exitEndsThreads() throws {
        try race(
            "*x = 1", "exit",
            in: """
                map x: anonymous private = 0
                process p { fork c { thread t { *x = 1 }; exit }; wait c }
                """)
    }

    @Test func killing() throws {
        try ordered(
            """
            map x: anonymous private = 0
            process p { fork c { *x = 1; signal e }; await e; kill(c); wait c; *x = 2 }
            """)
        try race(
            "*x = 2", nil,
            in: """
                map x: anonymous private = 0
                process p { fork c { *x = 1; signal e }; await e; kill(c); *x = 2 }
                """)
        try race(
            "*x = 1", "kill(c)",
            in: """
                map x: anonymous private = 0
                process p { fork c { *x = 1 }; kill(c); wait c }
                """)
    }

    @Test func killingWhoWaits() throws {
        try ordered(
            """
            map x: anonymous private = 0
            process p {
                fork c { *x = 1; signal e; await gone; *x = 3 }
                await e
                kill(c)
                wait c
                *x = 2
                signal gone
            }
            """)
    }

    @Test func deathsByAccess() throws {
        try race(
            "*x = 1", "*y = 2",
            in: """
                map x: anonymous private readonly
                map y: anonymous private = 0
                process p { thread t { *x = 1 }; *y = 2 }
                """)
    }

    @Test func vfork() throws {
        try ordered("map x: anonymous private = 0\nprocess p { vfork c { *x = 1; exit }; *x = 2 }")
        try race(
            "*x = 1", "*x = 2",
            in: """
                map x: anonymous private = 0
                process p { thread t { *x = 2 }; vfork c { *x = 1; exit } }
                """)
    }

    // MARK: References

    @Test func references() throws {
        try race(
            "dma_write(b, 1)", "*x = 2",
            in: """
                map x: anonymous private = 0
                process p { b = io_uring_register(x); thread t { dma_write(b, 1) }; *x = 2 }
                """)
        try race(
            "dma_write(b, 1)", "close(b)",
            in: """
                map x: anonymous private = 0
                process p { b = io_uring_register(x); thread t { dma_write(b, 1) }; close(b) }
                """)
        try ordered(
            """
            map x: anonymous private = 0
            process p { b = io_uring_register(x); thread t { r = dma_read(b) }; r = *x }
            """)
    }

    // MARK: What the kernel does, and limits

    @Test func background() throws {
        #expect(
            try !read(
                """
                map x: anonymous private = 0
                background reclaim(x)
                process p { r = *x }
                """
            ).isOrdered)
    }

    @Test func whatIsScarce() throws {
        try race(
            "*x = 1", "*y = 2",
            in: """
                map x: anonymous private
                map y: anonymous private
                memcg p 1
                process p { thread t { *x = 1 }; *y = 2 }
                """)
        try ordered(
            """
            map x: anonymous private
            map y: anonymous private
            process p { thread t { *x = 1 }; *y = 2 }
            """)
    }

    @Test func hugeTestsCountAsRaces() throws {
        let stores = String(repeating: "*x = 1\n", count: 2001)
        #expect(try !read("map x: anonymous private\nprocess p { \(stores) }").isOrdered)
    }
}
