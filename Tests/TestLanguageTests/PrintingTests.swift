import Diagnostics
import Testing

@testable import TestLanguage

@Suite struct PrintingTests {
    @Test func aTestReadsBackAsItIsPrinted() throws {
        for text in [Samples.leak, Samples.everything] {
            let test = try LitmusTest(parsing: Samples.source(text))
            let again = try LitmusTest(parsing: Samples.source(test.description))
            #expect(again == test)
            #expect(again.description == test.description)
        }
    }

    @Test func thePrintedFormIsTheOneThatPeopleWrite() throws {
        let test = try LitmusTest(parsing: Samples.source(Samples.everything))
        #expect(test.description == Samples.everything)
    }

    @Test func theSampleHasEveryCall() {
        for call in Parser.calls {
            #expect(Samples.everything.contains("\(call.name)("), "\(call.name)")
        }
        for word in Parser.plainWords + Parser.topLevelWords where word != "never" && word != "always" {
            #expect(Samples.everything.contains("\(word)"), "\(word)")
        }
    }

    @Test func layoutCommentsAndOrderDoNotCount() throws {
        let text = """
            test vmsplice-leak "A child keeps a pipe's reference to a page"
            "that its parent writes later (CVE-2020-29374)."
            never   child:seen
               == 1 # at the end
            process parent { fork child { pipe = vmsplice(
                x
            ); munmap(x); signal taken; await written; seen = read(pipe) }
            await taken; *x.0 = 1 signal_ = 3 }
            map x: anonymous private = 0
            """.replacing(" signal_ = 3", with: "; signal written")
        let plain = try LitmusTest(parsing: Samples.source(Samples.leak))
        #expect(try LitmusTest(parsing: Samples.source(text)) == plain)
    }

    @Test(arguments: [
        ("a:b == 1 && (c:d == 2 && e:f == 3)", "a:b == 1 && (c:d == 2 && e:f == 3)"),
        ("(a:b == 1 && c:d == 2) || e:f == 3", "a:b == 1 && c:d == 2 || e:f == 3"),
        ("((a:b == 1 || c:d == 2)) && e:f == 3", "(a:b == 1 || c:d == 2) && e:f == 3"),
        ("!!killed(a)", "!!killed(a)"),
        ("!((a:b == 1))", "!(a:b == 1)"),
    ])
    func aFormulaHasTheBracketsThatItNeeds(_ written: String, _ printed: String) throws {
        let text = "test t\nprocess p {}\nalways "
        let test = try LitmusTest(parsing: Samples.source(text + written))
        #expect(test.condition?.formula.description == printed)
        #expect(try LitmusTest(parsing: Samples.source(text + printed)) == test)
    }

    @Test func aStatementPrintsOnOneLine() throws {
        let test = try LitmusTest(parsing: Samples.source(Samples.leak))
        let lines = test.processes[0].block.statements.map(\.description)
        #expect(lines == ["fork child { … }", "await taken", "*x = 1", "signal written"])
    }

    @Test func theHashIsOfWhatCanHappen() throws {
        let hash = try LitmusTest(parsing: Samples.source(Samples.leak)).programHash
        #expect(hash == 0x4957_d9d6_ede5_c590)
        for (old, new, same) in [
            ("vmsplice-leak\n", "other\n", true), ("# What", "# Not", true), ("map x", "map   x", true),
            ("== 1", "== 1\nexpect refcount: holds", true), ("*x = 1", "*x = 2", false),
            ("== 1", "== 2", false), ("never", "exists", false),
        ] {
            let text = Samples.leak.replacing(old, with: new)
            #expect((try LitmusTest(parsing: Samples.source(text)).programHash == hash) == same, "\(new)")
        }
    }
}
