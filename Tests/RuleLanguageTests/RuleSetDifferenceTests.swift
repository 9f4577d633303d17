import Diagnostics
import Testing

@testable import RuleLanguage

@Suite struct RuleSetDifferenceTests {
    @Test func showsClausesMechanismsAndInterfaces() throws {
        let library = try RuleLibrary([
            SourceText(
                name: "a.rules",
                text: """
                    rules a
                    mechanism page_lock try
                    on fork of anonymous, file:
                        copy when vma.cow and page_maybe_pinned
                        share
                    on swap_in: map
                    interface vmsplice get(read)
                    """),
            SourceText(
                name: "b.rules",
                text: """
                    rules b extends a
                    mechanism page_lock wait
                    on fork of anonymous, file: share
                    on reclaim_add: add
                    interface vmsplice pin(read, longterm)
                    """),
        ])
        let difference = RuleSetDifference(try library.set(named: "a"), try library.set(named: "b"))
        #expect(
            difference.text == """
                --- a
                +++ b

                mechanism page_lock
                -   try
                +   wait

                on fork of anonymous, file:
                -   copy  when vma.cow and page_maybe_pinned
                -   share
                +   share

                on reclaim_add:
                -   (no clause)
                +   add

                interface vmsplice
                -   get(read)
                +   pin(read, longterm)

                """)
        #expect(difference.clauses.map(\.path) == [.forkAnonymous, .forkFile, .reclaimAdd])
    }

    @Test func whatIsOnlyWrittenDifferentlyIsNoDifference() throws {
        let texts = [
            """
            on write_fault of anonymous:
                copy when page_count > 1 + swap_cache or ksm
                reuse when not (exclusive and lru)
                copy
            """,
            """
            on write_fault of anonymous:
                copy when ksm or not not (swap_cache + 2 <= page_count)
                reuse when not lru or not exclusive
                copy when file
                copy
            """,
        ]
        let sets = try RuleLibrary(
            texts.enumerated().map { SourceText(name: "\($0)", text: "rules r\($0)\n" + $1 + "\n") }
        ).sets
        #expect(RuleSetDifference(sets[0], sets[1]).isEmpty)
        #expect(RuleSetDifference(sets[0], sets[1]).text == "r0 and r1 behave alike\n")
        #expect(sets[0].hash == sets[1].hash)
    }

    @Test func oneLineIsOneDifference() throws {
        let library = try Shipped.get()
        for (base, proposal) in [("refcount", "charge-child"), ("vma-lock", "fork-snapshot")] {
            let difference = RuleSetDifference(try library.set(named: base), try library.set(named: proposal))
            #expect(
                difference.mechanisms.count == 1 && difference.clauses.isEmpty
                    && difference.interfaces.isEmpty)
        }
        let forced = RuleSetDifference(
            try library.set(named: "mapcount"), try library.set(named: "mapcount-forced"))
        #expect(forced.clauses.map(\.path) == [.pinRead, .getRead])
        #expect(forced.mechanisms.isEmpty && forced.interfaces.isEmpty)
    }

    @Test func hashesAreTheSameOnEveryMachine() throws {
        let set = try RuleLibrary([SourceText(name: "a", text: "rules a\non swap_in: map\n")]).sets[0]
        #expect(set.hash == "1a952830c6f72356")
    }
}
