import Testing

@testable import KernelRuns

@Suite struct CLayoutTests {
    @Test func longLinesAreBroken() {
        let call =
            "    if (first_condition_that_is_rather_long && second_condition_that_is_long) call(with, "
            + "several, arguments, that, are, many);"
        let lines = CLayout.tidy(call).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.count <= CLayout.width })
        let words = { (text: String) in text.split(separator: " ").joined(separator: " ") }
        #expect(words(lines.joined(separator: " ")) == words(call))
    }

    @Test func textsInQuotesStayWhole() {
        let text = "    printf(\"" + String(repeating: "word, ", count: 14) + "\", one, two, three, four);"
        #expect(CLayout.tidy(text).contains("\"" + String(repeating: "word, ", count: 14) + "\""))
    }

    @Test func aLongBodyGetsLinesOfItsOwn() {
        let text =
            "static int name_of_a_function(void) { return " + String(repeating: "1 + ", count: 15) + "1; }"
        #expect(CLayout.tidy(text).hasPrefix("static int name_of_a_function(void) {\n    return 1 + 1"))
    }

    @Test func aLongTextInQuotesIsDivided() {
        let words = String(repeating: "word ", count: 30)
        let lines = CLayout.tidy("    return \"\(words)\";").split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= CLayout.width })
        let whole = lines.joined().split(separator: "\"").filter { $0.contains("word") }.joined()
        #expect(whole == words)
    }

    @Test func prototypes() {
        let function =
            "__attribute__((noreturn)) MAYBE_UNUSED static inline void f(\n    int a) {\n    g();\n}"
        #expect(CLayout.prototype(of: function) == "__attribute__((noreturn)) static void f(int a);")
    }
}
