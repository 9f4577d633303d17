import Foundation
import KernelRuns
import TestSupport
import Testing

/// `muster probe` from outside.
@Suite struct ProbeCommandTests {
    private static let ordered = """
        test ordered
        map x: anonymous private = 1
        process parent {
            fork child {
                seen = *x
                exit
            }
            wait child
            *x = 2
        }

        """

    // MARK: On the host's kernel

    private static let isAble = geteuid() == 0 && (try? Compiler.find()) != nil

    @Test(.enabled(if: isAble, "frames need root, and tests a C compiler"))
    func whatIsWrittenCanBeUsed() throws {
        let folder = try Folder()
        let test = try folder.write("a.cow", Self.ordered)
        let rules = folder.path + "/found.rules"
        let probe = try Invocation(["probe", "--write", rules, test])
        #expect(probe.status == 0, "\(probe.errors)")
        #expect(probe.output.hasPrefix("host: "))
        #expect(probe.output.contains("1 of 1 ordered test ran; 1 were held against the model"))
        #expect(probe.output.contains("\nnearest rule set: "))
        let text = try String(contentsOfFile: rules, encoding: .utf8)
        #expect(text.contains("\nrules found extends "))
        #expect(try Invocation(["check", "--rules", rules, test]).status == 0)
        let compared = try Invocation(["compare", "--frames", "--rules", rules, test])
        #expect(compared.status == 0)
        #expect(compared.output.contains("against rule set 'found'"))
        let again = try Invocation(["probe", "--write", rules, test])
        #expect(again.status == 64)
        #expect(again.errors.contains("found.rules' is there already; --force writes over it"))
    }

    @Test(.enabled(if: isAble, "frames need root, and tests a C compiler"))
    func aTestThatIsWrongIsNamedAndTheOthersCount() throws {
        let folder = try Folder()
        try folder.write("a.cow", Self.ordered)
        try folder.write("b.cow", "test b\nprocess p {\n    *y = 1\n}\n")
        let probe = try Invocation(["probe", "--format", "json", folder.path])
        #expect(probe.status == 65)
        #expect(probe.errors.contains("/b.cow:3:6: error: "))
        #expect(probe.output.hasPrefix("{ \"format\": 1"))
        #expect(probe.output.contains("\"ordered\": 1, \"ran\": 1, \"modelled\": 1"))
    }

    // MARK: Bad input

    private func refuses(
        _ arguments: [String], _ status: Int32, _ message: String, _ text: String = ordered,
        _ place: SourceLocation = #_sourceLocation
    ) throws {
        let cache = try Folder()
        let probe = try Invocation(
            ["probe", "-"] + arguments, input: text, environment: ["XDG_CACHE_HOME": cache.path])
        #expect(probe.status == status, "\(probe.errors)", sourceLocation: place)
        #expect(probe.errors.contains(message), "\(probe.errors)", sourceLocation: place)
        #expect(probe.output.isEmpty, sourceLocation: place)
    }

    @Test func optionsThatMakeNoSense() throws {
        try refuses(["--write", "mine"], 64, "the file of a rule set is named *.rules")
        try refuses(["--name", "mine"], 64, "--name and --force belong to --write")
        try refuses(["--modules", "/lib"], 64, "--modules belongs to a --kernel that is a path")
        try refuses(["--write", "/nowhere/mine.rules"], 64, "'/nowhere/mine.rules' cannot be written: ")
        try refuses(
            ["--write", "refcount.rules"], 64, "there is a rule set 'refcount' already; choose another name")
    }

    @Test func nothingToRun() throws {
        try refuses(["--kernel", "6.12"], 69, "no kernel '6.12' is installed")
        try refuses([], 64, "none of the tests has steps that are all ordered", Texts.holds)
        try refuses([], 65, "error: ", "test t\n")
    }
}
