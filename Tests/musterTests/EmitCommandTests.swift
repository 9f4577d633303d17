import Foundation
import TestSupport
import Testing

/// `muster emit` from outside: what it writes, what it refuses, and its exit status.
@Suite struct EmitCommandTests {
    private func emit(_ arguments: String..., input: String = Texts.fails) throws -> Invocation {
        try Invocation(["emit"] + arguments, input: input)
    }

    @Test func theProgramGoesToStandardOutput() throws {
        let run = try emit("-")
        #expect(run.status == 0)
        #expect(run.output.contains("fails\n"))
        #expect(run.output.contains("isolation broken") || run.output.contains("coherence broken"))
        #expect(run.output.contains("int main(void) {"))
        #expect(run.errors == "")
    }

    @Test func aFileIsNotWrittenOverUnlessAsked() throws {
        let folder = try Folder()
        let path = try folder.write("there.c", "mine")
        let refused = try emit("-", "-o", path)
        #expect(refused.status == 64)
        #expect(refused.errors.contains("there.c' is there already; --force writes over it"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
        #expect(try emit("-", "-o", path, "--force").status == 0)
        #expect(try String(contentsOfFile: path, encoding: .utf8).hasSuffix("}\n"))
    }

    @Test func kselftestsSpeakTAP() throws {
        #expect(try emit("-", "--kselftest").output.contains("TAP version 13"))
        #expect(!(try emit("-").output.contains("TAP version")))
    }

    @Test func whatNoKernelDoesIsRefusedWithTheReason() throws {
        let text = Texts.holds.replacingOccurrences(of: "map x", with: "frames 8\nmap x")
        let run = try emit("-", input: text)
        #expect(run.status == 65)
        #expect(run.errors.contains("no kernel can run the test: a kernel's physical memory"))
        #expect(run.output == "")
    }

    @Test func aTestThatIsWrongIsDiagnosed() throws {
        let run = try emit("-", input: "test t\nprocess p {\n    *x = 1\n}\n")
        #expect(run.status == 65)
        #expect(run.errors.contains(":3:"))
        #expect(try emit("no-such-test").status == 64)
    }
}
