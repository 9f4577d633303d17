import Diagnostics
import TestLanguage
import Testing

@Suite struct ResolvedTestTests {
    private func resolve(_ text: String) throws -> ResolvedTest {
        try ResolvedTest(parsing: Samples.source(text))
    }

    @Test func everythingMakesSense() throws {
        #expect(try resolve(Samples.everything).warnings.isEmpty)
        #expect(try resolve(Samples.leak).warnings.isEmpty)
    }

    @Test func actorsAreInTheOrderOfTheText() throws {
        let test = try resolve(
            """
            test t
            process p {
                thread t {
                    fork c { vfork v { exit } }
                }
            }
            process q { }
            """)
        #expect(test.actors.map(\.name.text) == ["p", "t", "c", "v", "q"])
        #expect(test.actors.map(\.index) == [0, 1, 2, 3, 4])
        #expect(test.actors.map(\.kind) == [.process, .thread, .fork, .vfork, .process])
        #expect(test.actors.map(\.parent) == [nil, 0, 1, 2, nil])
        #expect(test.actors.map(\.process) == [0, 0, 2, 3, 4])
        #expect(test.actors.map(\.memory) == [0, 0, 2, 2, 4])
        #expect(test.actor(named: "v")?.block.statements.map(\.kind) == [.exit])
    }

    @Test func mappingsAndFilesKnowTheirPages() throws {
        let test = try resolve(
            """
            test t
            process p { map late[3]: anonymous private }
            map x: anonymous private
            map h: anonymous private huge
            memfd M[2]
            file F
            map m: memfd M shared
            """)
        #expect(test.mappings.map(\.name.text) == ["x", "h", "m", "late"])
        #expect(test.mappings.map(\.pages) == [1, 4, 1, 3])
        #expect(test.mappings.map(\.actor) == [nil, nil, nil, 0])
        #expect(test.mappings.map(\.file) == [nil, nil, 0, nil])
        #expect(test.files.map(\.pages) == [2, 1])
        #expect(test.file(named: "F")?.declaration.kind == .file)
        #expect(test.mapping(named: "m")?.index == 2)
    }

    @Test func registersSayWhatTheyHold() throws {
        let test = try resolve(
            """
            test t
            map x: anonymous private
            process p {
                forked = fork c { r = *x }
                r = *x
                b = pin(x, read)
                f = frame(x)
                n = mapcount(x)
                y = young(x)
                e = munmap(x)
            }
            """)
        #expect(
            test.registers.map(test.title) == [
                "p:forked", "c:r", "p:r", "p:b", "p:f", "p:n", "p:y", "p:e",
            ])
        #expect(
            test.registers.map(\.kind) == [
                .status, .value, .value, .reference, .frame, .count, .flag, .status,
            ])
        #expect(test.register(named: "r", of: 1)?.index == 1)
        #expect(test.register(named: "b", of: 1) == nil)
    }

    @Test func aReferenceIsKnownWhereItIsMadeInheritedOrSent() throws {
        let test = try resolve(
            """
            test t
            map x: anonymous private
            map a[2]: anonymous private
            process p {
                fork early { b = get(x, read)
                    send(b, q) }
                b = pin(a, read)
                thread t { close(b) }
                fork late { r = dma_read(b[1]) }
            }
            process q { close(b) }
            """)
        #expect(test.handles.map(\.process) == [1, 0])
        #expect(test.handles.map(\.pages) == [1, 2])
        let meant = test.actors.map { test.handle(named: "b", saidBy: $0.index)?.index }
        #expect(meant == [1, 0, 1, 1, 0])
        #expect(test.handles[0].interface == .get(.read, slow: false))
        let name = Name("b")
        #expect(test.handle(named: name, of: Name("late"))?.index == 1)
        #expect(test.handle(named: name, of: nil)?.index == 0)
    }

    @Test func expectationsAreFoundByRuleSet() throws {
        let test = try resolve(Samples.everything)
        #expect(test.expectation(of: "refcount")?.verdict == .holds)
        #expect(test.expectation(of: "vma-lock-6.4")?.broken == [.precision, .isolation])
        #expect(test.expectation(of: "refcount-all") == nil)
    }

    @Test func eventsKnowWhoSignals() throws {
        let test = try resolve(Samples.leak)
        #expect(test.events.map(\.name.text) == ["taken", "written"])
        #expect(test.events.map(\.actor) == [1, 0])
        #expect(test.event(named: "written")?.index == 1)
    }
}
