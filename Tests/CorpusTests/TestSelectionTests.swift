import TestSupport
import Testing

@testable import Corpus

private func test(_ name: String, _ body: String = "") -> String {
    "test \(name)\nmap x: anonymous private\nprocess p {\n    *x = 1\n\(body)}\n"
}

@Suite struct TestSelectionTests {
    @Test func aDirectoryGivesItsTestsInOrder() throws {
        let folder = try Folder()
        try folder.write("b/two.cow", test("two"))
        try folder.write("a/one.cow", test("one"))
        try folder.write("a/notes.txt", "no test")
        try folder.write(".hidden/three.cow", test("three"))
        let selection = TestSelection(paths: [folder.path])
        #expect(selection.tests.map(\.test.test.name.text) == ["one", "two"])
        #expect(selection.errors.isEmpty)
    }

    @Test func aFileThatIsNamedTwiceIsReadOnce() throws {
        let folder = try Folder()
        try folder.write("one.cow", test("one"))
        let selection = TestSelection(paths: [folder.path, folder.path + "/one.cow"])
        #expect(selection.tests.count == 1)
    }

    @Test func whatIsWrongDoesNotKeepTheRestFromBeingRead() throws {
        let folder = try Folder()
        try folder.write("bad.cow", "tset a\n")
        try folder.write("binary.cow", [0x7f, 0x45, 0x4c, 0x46, 0])
        try folder.write("good.cow", test("good"))
        let later = try folder.write("later.cow", test("later", "    madvise(x, MADV_COLLAPSE)\n"))
        let selection = TestSelection(paths: [folder.path, folder.path + "/nowhere.cow"])
        #expect(selection.tests.map(\.test.test.name.text) == ["good"])
        #expect(selection.notModelled.map(\.path) == [later])
        let messages = selection.errors.flatMap(\.entries).map(\.message)
        #expect(messages.contains("is a binary file"))
        #expect(messages.contains("no such file or directory"))
        #expect(selection.errors.count == 3)
    }

    @Test func whatIsNotModelledIsAnErrorWhereItIsNamedToBeExplored() throws {
        let folder = try Folder()
        let path = try folder.write("later.cow", test("later", "    madvise(x, MADV_COLLAPSE)\n"))
        let selection = TestSelection(paths: [path, folder.path])
        #expect(selection.selected.isEmpty)
        #expect(
            selection.errors.flatMap(\.entries).map(\.message) == [
                "'madvise(x, MADV_COLLAPSE)' is not modelled yet"
            ])
        let running = TestSelection(paths: [path], for: .running)
        #expect(running.selected.map(\.name) == ["later"])
        #expect(running.errors.isEmpty)
    }

    @Test func aDirectoryWithoutTestsIsAnError() throws {
        let folder = try Folder()
        let selection = TestSelection(paths: [folder.path])
        #expect(
            selection.errors.map { $0.rendered(color: false) } == [
                "\(folder.path): error: no tests (*.cow) in it\n"
            ])
    }

    @Test func warningsAreOfFilesThatWereNamed() throws {
        let folder = try Folder()
        try folder.write("one.cow", test("one", "    b = io_uring_register(x)\n    close(b)\n    close(b)\n"))
        #expect(TestSelection(paths: [folder.path]).warnings.isEmpty)
        #expect(!TestSelection(paths: [folder.path + "/one.cow"]).warnings.isEmpty)
    }
}
