import Corpus
import TestSupport
import Testing

/// A test is found by its path, or by the name of its file among the shipped ones.
@Suite struct TestLookupTests {
    private func lookup(_ name: String) throws(TestLookup.Failure) -> String {
        try TestLookup.path(of: name, in: try? Home.find())
    }

    @Test func pathsAreTakenAsTheyAre() throws {
        for path in ["-", "a.cow", "./a", "folder/a.cow"] { #expect(try lookup(path) == path) }
    }

    @Test func namesAreThoseOfShippedFiles() throws {
        #expect(try lookup("fork-parent-writes").hasSuffix("Litmus/basics/fork-parent-writes.cow"))
    }

    @Test func aNameThatLeadsNowhereIsRefusedWithTheNearest() throws {
        let failure = #expect(throws: TestLookup.Failure.self) { try lookup("fork-parent-writs") }
        #expect(failure == .unknown("fork-parent-writs", nearest: "fork-parent-writes"))
        #expect(throws: TestLookup.Failure.unknown("x", nearest: nil)) {
            try TestLookup.path(of: "x", in: nil)
        }
    }

    @Test func aDirectoryIsNoTest() throws {
        let folder = try Folder()
        #expect(throws: TestLookup.Failure.directory(folder.path)) { try lookup(folder.path) }
    }
}
