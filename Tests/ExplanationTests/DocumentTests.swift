import Diagnostics
import Explanation
import TestSupport
import Testing

/// The documentation shows what the tool prints.
@Suite struct DocumentTests {
    @Test func theExampleIsReal() throws {
        let document = try SourceText(loading: "\(ShippedRules.repository)/Docs/Explain.md", limit: 1 << 20)
        let test = try corpusTest("pins/vmsplice-child-unmaps-parent-writes")
        #expect(
            document.whole.contains(
                "```\n" + (try explanation(test, "mapcount").text(level: .syscalls)) + "```"))
    }
}
