import Diagnostics
import Testing

@testable import RuleLanguage

@Suite struct PrintingTests {
    /// A text with everything that the language has, in the form in which it is printed.
    static let everything = """
        rules everything extends refcount-5.9
        "A \\"sentence\\" with a \\\\ in it."
        kernels ..< 4.0, 5.9, 5.10.0, 5.11 ..< 5.18, 6.2 .., debian 5.10
        change 09854ba94c6a "mm: do_wp_page() simplification"
        argued "Re: [PATCH 0/1] mm: subject", 2021-01-09
        argued "[PATCH] mm: another", 2021-01

        mechanism has_pinned          vma
        mechanism fork.copy_protects  protect_and_flush

        on write_fault of anonymous, unshare of anonymous, huge:
            copy             when (page_count + swap_cache + 2 != 3 or ksm) and not (lru and exclusive)
            drain_lru        when not lru
            lock_page else copy
            free_swap_cache  when swap_cache else copy
            reuse            when not (page_count > 1) or 0 == swap_count
            copy

        on swap_in:
            map(writable)   when fault.write
            map(exclusive)  when fresh
            map

        on pin(write), get(write): break_cow then take

        on fork of file: share

        interface vmsplice           get(read)
        interface io_uring_register  pin(write, longterm, slow, force)
        interface vfio_map           pin(read | write)

        """

    @Test func thePrintedFormStaysAsItIs() throws {
        #expect(try parse(PrintingTests.everything).text == PrintingTests.everything)
    }

    @Test func otherFormsAreBroughtToIt() throws {
        let text = """
            rules a   # a comment
            on fork of file  , anonymous:copy when((vma.cow)and
              not not page_maybe_pinned
              or (exclusive))
            share
            """
        #expect(
            try parse(text).text == """
                rules a

                on fork of file, anonymous:
                    copy  when vma.cow and page_maybe_pinned or exclusive
                    share

                """)
    }

    @Test func theEffectiveFormSaysWhereThingsComeFrom() throws {
        let library = try RuleLibrary([
            SourceText(
                name: "a",
                text:
                    "rules a\nmechanism page_lock wait\non fork of anonymous, file: share\ninterface vmsplice get(read)\n"
            ),
            SourceText(
                name: "b",
                text:
                    "rules b extends a\n\"Sentence.\"\nkernels 5.8\non fork of file: copy\ninterface direct_read get(write)\n"
            ),
        ])
        let text = try library.set(named: "b").effectiveText
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines.prefix(4) == ["rules b", "\"Sentence.\"", "kernels 5.8", "# extends a"])
        #expect(lines.contains("on fork of anonymous: share                             # a"))
        #expect(lines.contains("on fork of file: copy"))
        #expect(lines.contains("mechanism page_lock                wait                 # a"))
        #expect(lines.contains("mechanism has_pinned               flag                 # nothing said"))
    }
}
