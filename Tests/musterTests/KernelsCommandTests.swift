import TestSupport
import Testing

@Suite struct KernelsCommandTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func muster(_ words: [String], path: String? = nil) throws -> Invocation {
        var environment = ["XDG_CACHE_HOME": folder.path]
        if let path { environment["PATH"] = path }
        return try Invocation(["kernels"] + words, environment: environment)
    }

    @Test func listSaysHowToGetKernels() throws {
        let run = try muster(["list"])
        #expect(run.status == 0)
        #expect(run.output.hasPrefix("release "))
        #expect(run.output.contains("  this machine\n"))
        #expect(run.output.contains("No other kernels are installed (in \(folder.path)/muster/kernels)."))
        #expect(run.output.contains("muster kernels install 5.10 6.1 6.12 7.2"))
    }

    @Test func listNamesTheRuleSetOfEach() throws {
        try folder.write("muster/kernels/6.1.0-56-cloud-amd64/bzImage", "x")
        try folder.write("muster/kernels/6.1.0-56-cloud-amd64/origin", "Debian linux-image-… 6.1.192-2\n")
        let run = try muster(["list"])
        #expect(run.output.contains("6.1.0-56-cloud-amd64"))
        #expect(run.output.contains("linux-6.1 "))
        #expect(run.output.contains("Debian linux-image-… 6.1.192-2\n"))
        #expect(!run.output.contains("No other kernels"))
    }

    @Test(arguments: ["6", "6.x", "six", "6.12.1"])
    func installRefusesWhatIsNoSeries(_ text: String) throws {
        let run = try muster(["install", text])
        #expect(run.status == 64)
        #expect(run.errors.contains("'\(text)' is no series of releases; expected something like '6.12'"))
    }

    @Test func installSaysWhatIsMissing() throws {
        let run = try muster(["install", "6.1"], path: folder.path)
        #expect(run.status == 69)
        // One of them, by what the system lacks first.
        #expect(
            run.errors.contains(
                "there is no apt-get on this system; hand over a kernel of your own with --kernel")
                || run.errors.contains("install the package debian-archive-keyring")
                || run.errors.contains("fetched for amd64 only"))
    }
}
