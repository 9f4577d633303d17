import Foundation
import TestSupport
import Testing

/// Each gets a clear message and its exit status, and what is right is checked nevertheless.
@Suite struct BadInputTests {
    /// Checks a path beside a test that is right.
    private func check(_ path: String, _ folder: Folder) throws -> Invocation {
        let good = try folder.write("good.cow", Texts.holds)
        let run = try Invocation(["check", "--rules", "refcount", path, good])
        #expect(run.status == 65)
        #expect(run.output.contains("1 test under 1 rule set: all as expected"))
        return run
    }

    @Test func aMissingFile() throws {
        let folder = try Folder()
        let run = try check(folder.path + "/nowhere.cow", folder)
        #expect(run.errors.contains("/nowhere.cow: error: no such file or directory\n"))
    }

    @Test func aDirectoryWithoutTests() throws {
        let folder = try Folder()
        try folder.write("empty/notes.txt", "nothing")
        let run = try check(folder.path + "/empty", folder)
        #expect(run.errors.contains("/empty: error: no tests (*.cow) in it\n"))
    }

    @Test func aBinaryFile() throws {
        let folder = try Folder()
        let run = try check(try folder.write("a.cow", [0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]), folder)
        #expect(run.errors.contains("/a.cow: error: is a binary file\n"))
    }

    @Test func aHugeFileIsNotRead() throws {
        let folder = try Folder()
        let path = try folder.write("a.cow", "")
        truncate(path, 100 << 20)
        let run = try check(path, folder)
        #expect(run.errors.contains("/a.cow: error: is too large: 1024 KiB at most\n"))
    }

    @Test func tenThousandProcesses() throws {
        let folder = try Folder()
        let text = "test many\n" + (0..<10_000).map { "process p\($0) {\n}\n" }.joined()
        let run = try check(try folder.write("a.cow", text), folder)
        #expect(run.errors.contains("/a.cow:54:9: error: "))
        #expect(run.errors.utf8.count < 4000)
    }

    @Test func whatIsNotModelledYet() throws {
        let folder = try Folder()
        let text =
            "test later\nmap x: anonymous private = 1\nprocess p {\n    madvise(x, MADV_COLLAPSE)\n}\n"
        let run = try check(try folder.write("a.cow", text), folder)
        #expect(
            run.errors.contains("/a.cow:4:5: error: 'madvise(x, MADV_COLLAPSE)' is not modelled yet\n"))
    }

    @Test func aRuleSetThatExtendsItself() throws {
        let folder = try Folder()
        let rules = try folder.write("mine.rules", "rules mine extends mine\n")
        let good = try folder.write("good.cow", Texts.holds)
        let run = try Invocation(["check", "--rules", "refcount,\(rules)", good])
        #expect(run.status == 65)
        #expect(run.errors.contains("/mine.rules:1:"))
        #expect(run.output.contains("1 test under 1 rule set: all as expected"))
        #expect(try Invocation(["check", "--rules", rules, good]).status == 65)
    }

    @Test func anUnknownRuleSet() throws {
        let run = try Invocation(["check", "--rules", "refconut", "-"], input: Texts.holds)
        #expect(run.status == 64)
        #expect(run.output.isEmpty)
        #expect(run.errors == "muster: error: no rule set 'refconut'; did you mean 'refcount'?\n")
    }

    @Test(arguments: [
        ["check", "--max-states", "0"], ["check", "--max-memory", "-1"], ["check", "--timeout", "0"],
        ["check", "--workers", "0"], ["check", "--format", "xml"], ["check", "--colour"], ["chekc"],
    ])
    func whatIsNoCommand(_ arguments: [String]) throws {
        let run = try Invocation(arguments)
        #expect(run.status == 64)
        #expect(run.output.isEmpty)
        #expect(run.errors.contains("Error: ") || run.errors.contains("error: "))
    }

    @Test func noCorpusAnywhere() throws {
        let folder = try Folder()
        let run = try Invocation(["check"], environment: ["MUSTER_HOME": folder.path])
        #expect(run.status == 69)
        #expect(run.errors.contains("MUSTER_HOME is '\(folder.path)'"))
    }

    @Test func theCorpusIsFoundFromAnywhere() throws {
        let folder = try Folder()
        let good = try folder.write("good.cow", Texts.holds)
        let run = try Invocation(["check", "--rules", "refcount", good], directory: folder.path)
        #expect(run.status == 0)
    }
}
