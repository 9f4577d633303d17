import Foundation
import KernelRuns
import TestSupport
import Testing

/// On the host's kernel, which everybody has.
@Suite(.enabled("a C compiler is needed") { (try? Compiler.find()) != nil })
struct KernelCommandsTests {
    @Test func runPrintsAHistogram() throws {
        let folder = try Folder()
        let run = try Invocation(
            ["run", "--rules", "vma-lock", "--runs", "20", try folder.write("a.cow", Texts.holds)])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.hasPrefix("Kernel "))
        #expect(run.output.contains("(the host)\nTest holds Allowed\nHistogram ("))
        #expect(run.output.contains("*>child.seen=1;"))
        #expect(run.output.contains("\nModel holds vma-lock: "))
    }

    @Test func compareHoldsItAgainstRules() throws {
        let folder = try Folder()
        let path = try folder.write("a.cow", Texts.holds)
        let run = try Invocation(["compare", "--rules", "vma-lock", path])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("1 test on 1 kernel: 1 agree"))
        for (format, start) in [
            ("json", "{ \"format\": 1"), ("ktap", "KTAP version 1\n"), ("junit", "<?xml version"),
        ] {
            let run = try Invocation(["compare", "--rules", "vma-lock", "--format", format, path])
            #expect(run.status == 0)
            #expect(run.output.hasPrefix(start))
        }
    }

    @Test func compareKeepsAnswersToWhatIsNotModelled() throws {
        let folder = try Folder()
        let path = try folder.write("a.cow", Texts.notModelled)
        let answers = folder.path + "/a.answers"
        let first = try Invocation(["compare", "--rules", "vma-lock", "--record", path])
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output.contains(" new\n"))
        let text = try String(contentsOfFile: answers, encoding: .utf8)
        #expect(text.hasPrefix("answers to later, hash "))
        #expect(text.contains("\n    p:seen=5; p=-;\n"))
        let second = try Invocation(["compare", "--rules", "vma-lock", "--record", path])
        #expect(second.output.contains(" as before\n"))
        #expect(try String(contentsOfFile: answers, encoding: .utf8) == text)
        try folder.write("a.answers", text.replacingOccurrences(of: "seen=5", with: "seen=6"))
        let third = try Invocation(["compare", "--rules", "vma-lock", path])
        #expect(third.status == 1)
        #expect(third.output.contains(" otherwise\n"))
        try folder.write("a.answers", text.replacingOccurrences(of: "kernel ", with: "colonel "))
        let fourth = try Invocation(["compare", "--rules", "vma-lock", path])
        #expect(fourth.status == 65)
        #expect(fourth.errors.contains("/a.answers:3:1: error: expected 'kernel RELEASE, YYYY-MM-DD'"))
    }

    @Test func checkLeavesOutWhatIsNotModelled() throws {
        let folder = try Folder()
        try folder.write("good.cow", Texts.holds)
        let later = try folder.write("later.cow", Texts.notModelled)
        let run = try Invocation(["check", "--rules", "refcount", folder.path])
        #expect(run.status == 0)
        #expect(run.output.contains("1 test under 1 rule set: all as expected"))
        #expect(run.errors.contains("muster: note: 1 test is left out"))
        #expect(try Invocation(["check", "--rules", "refcount", later]).status == 65)
    }

    // MARK: Bad input

    private func fails(
        _ arguments: [String], _ status: Int32, _ message: String, environment: [String: String] = [:],
        _ place: SourceLocation = #_sourceLocation
    ) throws {
        let folder = try Folder()
        let path = try folder.write("a.cow", Texts.holds)
        for command in ["run", "compare"] {
            let run = try Invocation(
                [command, "--rules", "vma-lock", path] + arguments, environment: environment)
            #expect(run.status == status, "\(run.errors)", sourceLocation: place)
            #expect(run.errors.contains(message), "\(run.errors)", sourceLocation: place)
            #expect(run.output.isEmpty, sourceLocation: place)
        }
    }

    @Test func kernelsThatAreNone() throws {
        let cache = try Folder()
        let environment = ["XDG_CACHE_HOME": cache.path]
        try fails(["--kernel", "6.12"], 69, "no kernel '6.12' is installed", environment: environment)
        try fails(["--kernel", "/nowhere/bzImage"], 65, "/nowhere/bzImage: cannot be read")
        try fails(["--kernel", "/bin/sh"], 65, "/bin/sh: not a kernel image")
    }

    @Test func optionsThatMakeNoSense() throws {
        try fails(["--modules", "/lib"], 64, "--modules belongs to one --kernel that is a path")
        try fails(["--runs", "0"], 64, "--runs must be between")
        try fails(["--time", "0"], 64, "--time must be a number of seconds above 0")
    }

    @Test func noCompiler() throws {
        try fails([], 69, "no C compiler", environment: ["CC": "no-such-compiler"])
    }

    @Test func compilersThatRefuse() throws {
        try fails([], 70, "'/bin/false' cannot compile the tests", environment: ["CC": "/bin/false"])
    }

    @Test func noRoomForTheCompiler() throws {
        try fails([], 69, "no temporary folder can be made: ", environment: ["TMPDIR": "/nowhere"])
        let folder = try Folder()
        let full = try folder.write("cc", "#!/bin/sh\necho 'error: No space left on device' >&2\nexit 1\n")
        chmod(full, 0o755)
        try fails(
            [], 69, "no room for what '\(full)' makes in \(folder.path)",
            environment: ["CC": full, "TMPDIR": folder.path])
    }

    /// A compiler of its own that would take a minute, ended by us after it has begun.
    @Test(arguments: ["INT", "TERM", "KILL"])
    func compilersThatAreInterrupted(_ signal: String) throws {
        let folder = try Folder()
        let path = try folder.write("a.cow", Texts.holds)
        let slow = try folder.write("cc", "#!/bin/sh\n: > '\(folder.path)/begun'\nsleep 2\n")
        chmod(slow, 0o755)
        mkdir(folder.path + "/temporary", 0o755)
        let run = try Invocation(
            shell: """
                cd '\(folder.path)'
                CC=./cc TMPDIR="$PWD/temporary" "$muster" run --rules vma-lock '\(path)' &
                while ! test -e begun; do sleep 0.02; done
                kill -\(signal) $!
                wait $!
                echo "status $?"
                # Nobody waits for the compiler of one that was killed.
                while test '\(signal)' = KILL && test "$(ls temporary)"; do sleep 0.1; done
                ls temporary
                """)
        #expect(run.output == "status \(signal == "KILL" ? 137 : 130)\n", "\(run.errors)")
    }

    @Test func noTests() throws {
        let folder = try Folder()
        let run = try Invocation(["compare", "--rules", "vma-lock", folder.path])
        #expect(run.status == 65)
        #expect(run.errors.contains("no tests (*.cow) in it"))
    }
}
