import Testing

@testable import KernelRuns

/// What is left of headers when only what is needed stays.
@Suite struct PlumbingTests {
    private func needed(of header: String, by text: String, ownStructures: Bool = true) -> String {
        var plumbing = Plumbing(
            [CHeader(header, file: "some.h")], ownStructures: ownStructures ? ["some.h"] : [])
        plumbing.keep(whatIsUsedBy: text)
        return plumbing.text(introduced: { _ in false }, except: { _ in false })
    }

    @Test func functionsComeWithWhatTheyCall() {
        let header = """
            /* The header. */
            /* One. */
            static int one(void) { return 1; }

            static int two(void) { return one() + one(); }

            static int three(void) { return 3; }
            """
        #expect(
            needed(of: header, by: "int main(void) { return two(); }") == """
                /* One. */
                static int one(void) { return 1; }

                static int two(void) { return one() + one(); }

                """)
    }

    @Test func fieldsThatNobodyReadsAreLeftOut() {
        let header = """
            struct thing {
                int used; /* it is */
                /* It is not. */
                long unused[4];
                bool also_used;
            };
            static struct thing thing;
            """
        let text = needed(of: header, by: "f(thing.used, (&thing)->also_used)")
        #expect(
            text == """
                struct thing {
                    int used; /* it is */
                    bool also_used;
                };
                static struct thing thing;

                """)
        #expect(needed(of: header, by: "thing.used", ownStructures: false).contains("unused[4]"))
    }

    @Test func anInitializerReadsNoField() {
        let header = "struct thing {\n    int a;\n    int b;\n};\nstatic struct thing thing;"
        #expect(!needed(of: header, by: "thing.a = (struct thing){.b = 1}.a;").contains("int b;"))
    }

    @Test func constantsKeepTheirValues() {
        let header = "enum { A = 5, B, C, D = 9, E };"
        #expect(needed(of: header, by: "C") == "enum { A = 5, B, C };\n")
        #expect(needed(of: header, by: "D") == "enum { D = 9 };\n")
        #expect(needed(of: "enum { A, B, C };", by: "A < C") == "enum { A, C };\n")
    }

    @Test func constructorsRunForTheirVariables() {
        let header = """
            static int prepared;
            static void reset(void) { prepared = 0; }
            __attribute__((constructor)) static void prepare(void) { at_fork(reset); }
            static int other;
            """
        #expect(needed(of: header, by: "prepared").contains("void prepare(void)"))
        #expect(!needed(of: header, by: "other").contains("prepare"))
    }

    @Test func tagsAndFieldsAreNoFunctions() {
        let header = "static void actor(void) {}\nstruct actor {\n    int x;\n};"
        #expect(!needed(of: header, by: "struct actor *p; p->x").contains("void actor"))
        #expect(!needed(of: header, by: "q.actor").contains("void actor"))
    }

    @Test func conditionsOfOurOwnAreDecided() {
        let text = "#ifdef MUSTER_A\nint a;\n#else\nint b;\n#endif\n#ifdef OTHER\n#define C 1\n#endif\n"
        let names = { (defined: Set<String>) in
            CHeader(text, file: "x.h", defined: defined).declarations.flatMap(\.names)
        }
        #expect(names(["MUSTER_A"]) == ["a", "C"])
        #expect(names([]) == ["b", "C"])
    }

    @Test(arguments: ["", "}", "{", "/*", "\"", "static", "#", "enum {", "struct x {;", "'", "a(\\"])
    func anythingIsSplit(_ text: String) {
        _ = CHeader(text, file: "x.h")
        #expect(Bool(true))
    }
}
