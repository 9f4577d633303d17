import Foundation
import TestSupport
import Testing

/// `muster explain` from outside: what it tells, what it refuses, and its exit status.
@Suite struct ExplainCommandTests {
    private func explain(_ arguments: String..., input: String = Texts.fails) throws -> Invocation {
        try Invocation(["explain"] + arguments, input: input)
    }

    @Test func tellsTheExecutionThatBreaksTheCondition() throws {
        let run = try explain("-", "--rules", "mapcount")
        #expect(run.status == 0)
        #expect(run.errors == "")
        #expect(run.output.hasPrefix("fails under mapcount\n"))
        #expect(run.output.contains("Shown: a shortest execution that breaks 'always parent:device == 2'"))
    }

    @Test func whatCheckPrintsCanBeReplayed() throws {
        let folder = try Folder()
        let path = try folder.write("fails.cow", Texts.fails)
        let check = try Invocation(["check", "--rules", "mapcount", path])
        let words = check.output.split { $0.isWhitespace }.map(String.init)
        let place = try #require(words.firstIndex(of: "--schedule"))
        let run = try explain(
            path, "--rules", "mapcount", "--schedule", words[place + 1], "--level", "syscalls")
        #expect(run.status == 0)
        #expect(run.output.contains("Shown: the schedule that was asked for"))
    }

    @Test func aShippedTestIsFoundByItsName() throws {
        let run = try explain("fork-parent-writes", "--rules", "exclusive", "--level", "locks")
        #expect(run.status == 0)
        #expect(run.output.hasPrefix("fork-parent-writes under exclusive\n"))
        #expect(run.output.contains("mmap_lock of parent  taken for writing"))
    }

    @Test func anUnknownTestOrRuleSetIsNamedWithTheNearest() throws {
        let test = try explain("fork-parent-write", "--rules", "exclusive")
        #expect(test.status == 64)
        #expect(
            test.errors.contains(
                "no test 'fork-parent-write', neither a file nor a shipped one; did you mean 'fork-parent-writes'?"
            ))
        let rules = try explain("-", "--rules", "exclusiv")
        #expect(rules.status == 64)
        #expect(rules.errors.contains("did you mean 'exclusive'?"))
        let directory = try explain("Litmus", "--rules", "exclusive")
        #expect(directory.status == 64)
        #expect(directory.errors.contains("'Litmus' is a directory; name one test in it"))
        let file = try explain("nowhere.cow", "--rules", "exclusive")
        #expect(file.status == 65)
        #expect(file.errors.contains("nowhere.cow: error: no such file or directory"))
    }

    @Test func aTestThatIsNotModelledIsRefused() throws {
        let text = "test t\nmap x: anonymous private\nprocess main {\n    madvise(x, MADV_COLLAPSE)\n}\n"
        let run = try explain("-", "--rules", "exclusive", input: text)
        #expect(run.status == 65)
        #expect(run.output == "")
        #expect(run.errors.contains("'madvise(x, MADV_COLLAPSE)' is not modelled yet"))
    }

    @Test func aScheduleThatIsNoneIsPointedAt() throws {
        let run = try explain("-", "--rules", "exclusive", "--schedule", "a3_b-00000000")
        #expect(run.status == 64)
        #expect(
            run.errors == """
                --schedule:1:3: error: expected the letter of a thread, a number, or '-'
                    a3_b-00000000
                      ^

                """)
    }

    @Test func aScheduleThatDoesNotFitIsRefused() throws {
        let told = try explain("-", "--rules", "mapcount").output
        let line = try #require(told.split(separator: "\n").first { $0.hasPrefix("Schedule") })
        let schedule = line.split(separator: " ").last.map(String.init) ?? ""
        let otherRules = try explain("-", "--rules", "exclusive", "--schedule", schedule)
        #expect(otherRules.status == 65)
        #expect(otherRules.errors.contains("made under other rules, or the rules have changed since"))
        #expect(otherRules.errors.contains("it fits rule set 'mapcount'"))
        let otherTest = try explain("-", "--rules", "mapcount", "--schedule", schedule, input: Texts.holds)
        #expect(otherTest.status == 65)
        #expect(otherTest.errors.contains("of another test, or the test has changed since"))
        let origin = schedule.split(separator: "-").last.map(String.init) ?? ""
        let tooFar = try explain("-", "--rules", "mapcount", "--schedule", "b-" + origin)
        #expect(tooFar.status == 65)
        #expect(tooFar.errors.contains("step 1 of the schedule: 'child' has nothing to do"))
    }

    @Test func aGuaranteeThatIsKeptCannotBeToldBroken() throws {
        let run = try explain("-", "--rules", "exclusive", "--guarantee", "coherence")
        #expect(run.status == 1)
        #expect(run.errors.contains("no execution of 'fails' breaks coherence under 'exclusive'"))
        let broken = try explain("-", "--rules", "textbook", "--guarantee", "coherence")
        #expect(broken.status == 0)
        #expect(broken.output.contains("a shortest execution that breaks coherence (through a pin)"))
    }

    @Test func whatCannotBeUnderstoodIsUsage() throws {
        #expect(try explain("-").status == 64)
        #expect(try explain("-", "--rules", "exclusive,refcount").status == 64)
        #expect(try explain("-", "--rules", "exclusive", "--level", "atoms").status == 64)
        #expect(try explain("-", "--rules", "exclusive", "--guarantee", "peace").status == 64)
    }

    @Test func aLimitEndsTheSearchUndecided() throws {
        let run = try explain("-", "--rules", "exclusive", "--max-states", "3000", input: Texts.endless)
        #expect(run.status == 2)
        #expect(
            run.errors.contains("the limit of 3000 states ended the search before an execution was found"))
    }
}
