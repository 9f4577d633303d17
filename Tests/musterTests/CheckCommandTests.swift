import Foundation
import TestSupport
import Testing

@Suite struct CheckCommandTests {
    @Test func allAsExpectedIsZero() throws {
        let folder = try Folder()
        let run = try Invocation(["check", "--rules", "refcount", try folder.write("a.cow", Texts.holds)])
        #expect(run.status == 0)
        #expect(run.output.contains("all as expected"))
    }

    @Test func aConditionThatFailsIsOne() throws {
        let folder = try Folder()
        let path = try folder.write("a.cow", Texts.fails)
        let run = try Invocation(["check", "--rules", "mapcount,refcount", path])
        #expect(run.status == 1)
        #expect(run.output.contains("fails under mapcount\n"))
        #expect(run.output.contains("muster explain \(path) --rules mapcount"))
        #expect(!run.output.contains("\u{1B}"))
    }

    @Test func standardInputIsATest() throws {
        let run = try Invocation(["check", "--rules", "mapcount", "-"], input: Texts.fails)
        #expect(run.status == 1)
        #expect(run.output.contains("muster explain - --rules mapcount"))
    }

    @Test func aLimitLeavesItUndecided() throws {
        let run = try Invocation(
            ["check", "--rules", "mapcount", "--max-states", "10", "-"], input: Texts.fails)
        #expect(run.status == 2)
        #expect(run.output.contains("undecided under mapcount"))
        #expect(!run.output.contains("fails under"))
    }

    @Test func theKernelsReleaseNamesARuleSet() throws {
        let run = try Invocation(
            ["check", "--kernel-release", "6.1.0-18-amd64", "--all", "-"], input: Texts.holds)
        #expect(run.status == 0)
        #expect(run.output.contains("holds under linux-6.1\n"))
        let unknown = try Invocation(["check", "--kernel-release", "huh", "-"], input: Texts.holds)
        #expect(unknown.status == 64)
    }

    @Test func theOutputDoesNotDependOnTheSearch() throws {
        let folder = try Folder()
        try folder.write("a.cow", Texts.holds)
        try folder.write("b.cow", Texts.fails)
        let usual = try Invocation(["check", "--format", "herd", folder.path])
        for arguments in [["--workers", "1"], ["--no-symmetry"], ["--no-movers"]] {
            let run = try Invocation(["check", "--format", "herd", folder.path] + arguments)
            #expect(withoutTimes(run.output) == withoutTimes(usual.output))
        }
    }

    private func withoutTimes(_ text: String) -> String {
        text.split(separator: "\n").filter { !$0.hasPrefix("Time ") }.joined(separator: "\n")
    }

    @Test func jsonIsJSON() throws {
        let folder = try Folder()
        try folder.write("a.cow", Texts.holds)
        try folder.write("b.cow", "tset b\n")
        let run = try Invocation(["check", "--format", "json", "--rules", "refcount", folder.path])
        #expect(run.status == 65)
        let value = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
        let object = try #require(value as? [String: Any])
        #expect(object["format"] as? Int == 1)
        #expect((object["results"] as? [Any])?.count == 1)
        let error = try #require((object["errors"] as? [[String: Any]])?.first)
        #expect((error["file"] as? String)?.hasSuffix("b.cow") == true)
        #expect(error["line"] as? Int == 1)
    }

    @Test func aReaderThatStopsIsNoError() throws {
        let run = try Invocation(
            shell: "{ $muster check --format json Tests/ReportsTests/Samples; echo $? >&2; } | head -c 1")
        #expect(run.output == "{")
        #expect(run.errors == "141\n" || run.errors == "1\n")
    }

    @Test func resultsThatCannotBeWrittenAreAnError() throws {
        let run = try Invocation(
            shell: "$muster check --rules refcount Tests/ReportsTests/Samples > /dev/full")
        #expect(run.status == 70)
        #expect(run.errors.contains("cannot write the results"))
    }

    @Test func anInterruptPrintsWhatIsKnown() throws {
        let folder = try Folder()
        try folder.write("a.cow", Texts.holds)
        try folder.write("b.cow", Texts.endless)
        let run = try Invocation(
            shell: "timeout -s INT 3 $muster check --rules refcount --workers 1 \(folder.path)")
        #expect(run.status == 124)
        #expect(run.output.contains("interrupted; 2 tests"))
        #expect(run.output.contains("undecided under refcount"))
        let status = try Invocation(
            shell: "timeout --preserve-status -s INT 3 $muster check --rules refcount \(folder.path)/b.cow"
        ).status
        #expect(status == 130)
    }

    @Test func aTimeoutLeavesItUndecided() throws {
        let run = try Invocation(
            ["check", "--rules", "refcount", "--timeout", "0.2", "--no-matrix", "-"], input: Texts.endless)
        #expect(run.status == 2)
        #expect(run.output.contains("the limit of 0.2 seconds was reached"))
    }
}
