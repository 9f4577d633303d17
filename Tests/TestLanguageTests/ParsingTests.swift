import Diagnostics
import TestLanguage
import Testing

@Suite struct ParsingTests {
    private func parse(_ text: String) throws -> LitmusTest {
        try LitmusTest(parsing: Samples.source(text))
    }

    private func statements(_ text: String) throws -> [Statement] {
        try parse("test t\nprocess p {\n\(text)\n}").processes[0].block.statements
    }

    @Test func spansCoverWhatIsMeant() throws {
        let source = Samples.source(Samples.leak)
        let test = try LitmusTest(parsing: source)
        let fork = test.processes[0].block.statements[0]
        #expect(source.position(at: fork.span.start) == (8, 5))
        #expect(source.text(in: fork.span).hasSuffix("seen = read(pipe)\n    }"))
        guard case .fork(let name, let block) = fork.kind else {
            Issue.record("no fork")
            return
        }
        #expect(source.text(in: name.span) == "child")
        #expect(
            block.statements.map { source.text(in: $0.span) } == [
                "pipe = vmsplice(x)", "munmap(x)", "signal taken", "await written", "seen = read(pipe)",
            ])
        let condition = try #require(test.condition)
        #expect(source.text(in: condition.span) == "never child:seen == 1")
        #expect(source.text(in: condition.formula.span) == "child:seen == 1")
    }

    @Test func wordsAreNotReserved() throws {
        let statements = try statements(
            """
            read = *wp
            exit = *fork.1
            fork = frame(zero)
            write = pin(read, read, longterm)
            signal signal
            await = fetch(file)
            map map: anonymous private
            """)
        #expect(statements.map { $0.result?.text } == ["read", "exit", "fork", "write", nil, "await", nil])
        #expect(statements[4].kind == .signal(Name("signal")))
        #expect(
            statements[3].kind == .reference(.pin(.read, longterm: true, slow: false), Address(Name("read"))))
    }

    @Test func placesDoNotCountWhenSyntaxIsCompared() {
        let here = Address(Name("x", at: Place(Span(1, 2))), at: Place(Span(1, 2)))
        #expect(here == Address(Name("x")))
        #expect(here.hashValue == Address(Name("x")).hashValue)
        #expect(here.span == Span(1, 2))
        #expect(here != Address(Name("x"), page: 0))
    }

    @Test func aMapMayBeReadonlyAndHugeInAnyOrder() throws {
        let one = try parse("test t\nmap x: anonymous shared huge readonly\nprocess p {}")
        let other = try parse("test t\nmap x: anonymous shared readonly huge\nprocess p {}")
        #expect(one == other)
    }

    @Test func linesMayEndInWindowsManner() throws {
        let text = Samples.leak.split(separator: "\n", omittingEmptySubsequences: false).joined(
            separator: "\r\n")
        #expect(try parse(text) == parse(Samples.leak))
    }

    @Test func mistakesAfterAMistakeAreReported() {
        do throws(DiagnosticsError) {
            let text =
                "test t\nmap x: nothing private\nprocess p {\n    fok c {\n        *x\n    }\n}\nnever p\n"
            _ = try LitmusTest(parsing: Samples.source(text))
            Issue.record("it was understood")
        } catch {
            let lines = error.diagnostics.map { error.source.position(at: $0.span?.start ?? 0).line }
            #expect(lines == [2, 4, 5, 8])
        }
    }
}
