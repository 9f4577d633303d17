import Glibc

/// Debian's archive, reached through apt with a configuration that is ours alone: nothing of the system's apt is read but
/// the keys and the proxy, and nothing of it is changed.
struct DebianArchive: Sendable {
    /// Where configuration, lists and packages are kept.
    private let folder: String
    private let processor: String

    /// What Debian signs its archive with.
    private static let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    private static let mirror = "http://deb.debian.org"

    /// What apt says of a package that lists still name and the archive has dropped already.
    static let gone = "404"

    /// A part of the archive, as in sources.list(5).
    struct Suite: Sendable, Hashable {
        let archive: String
        let name: String

        fileprivate static func stable(_ name: String) -> [Suite] {
            [
                Suite(archive: "debian", name: name),
                Suite(archive: "debian-security", name: name + "-security"),
            ]
        }
    }

    /// Makes the folder with its configuration.
    init(folder: String) throws(KernelError) {
        self.folder = folder
        processor = try DebianArchive.processor()
        guard access(DebianArchive.keyring, R_OK) == 0 else {
            throw .missingKeyring(path: DebianArchive.keyring)
        }
        for inner in ["", "/empty", "/lists/partial", "/archives/partial"] {
            try KernelStore.makeFolder(folder + inner)
        }
        try FileBytes.write([], to: folder + "/status")
    }

    /// Debian's name for the processor.
    private static func processor() throws(KernelError) -> String {
        #if arch(x86_64)
        return "amd64"
        #else
        var names = utsname()
        uname(&names)
        let name = withUnsafeBytes(of: names.machine) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        throw .noPackages(processor: name)
        #endif
    }

    /// The suites that have a series: those of the release that was made with it, else all that are alive.
    static func suites(of series: KernelSeries) -> [Suite] {
        let release = [
            KernelSeries("5.10"): "bullseye", KernelSeries("6.1"): "bookworm", KernelSeries("6.12"): "trixie",
        ]
        if let name = release[series] { return Suite.stable(name) }
        return ["trixie-backports", "forky", "sid"].map { Suite(archive: "debian", name: $0) }
    }

    /// Finds the kernels of a series, the newest first.
    func candidates(of series: KernelSeries) async throws(KernelError) -> [PackageListing.Candidate] {
        let words = try await update(DebianArchive.suites(of: series))
        let names = try await apt("apt-cache", ["pkgnames", "linux-image-\(series)."])
            .split(separator: "\n").map(String.init).filter { !$0.hasSuffix("-dbg") }
        guard !names.isEmpty else { throw .noPackage(series: series.description, words: words) }
        let listing = PackageListing(try await apt("apt-cache", ["show"] + names.sorted()))
        let candidates = listing.candidates(of: series, processor: processor)
        guard !candidates.isEmpty else { throw .noPackage(series: series.description, words: words) }
        return candidates
    }

    /// Fetches the lists of suites; gives what apt said where that did not work for all of them.
    private func update(_ suites: [Suite]) async throws(KernelError) -> String {
        let sources = suites.map { suite in
            "deb [signed-by=\(DebianArchive.keyring)] \(DebianArchive.mirror)/\(suite.archive) \(suite.name) main\n"
        }
        try FileBytes.write(Array(sources.joined().utf8), to: folder + "/sources.list")
        let configuration = DebianArchive.configuration(
            folder: folder, processor: processor, proxies: await DebianArchive.proxies())
        try FileBytes.write(Array(configuration.utf8), to: folder + "/apt.conf")
        do {
            _ = try await apt("apt-get", ["update", "--quiet=2"])
            return ""
        } catch KernelError.programFailed(_, let words) {
            // A suite that is gone or out of reach is no harm as long as another has the kernel.
            return words
        }
    }

    /// Downloads packages into a folder and unpacks them there into `root`.
    func fetch(_ packages: [String], into place: String) async throws(KernelError) {
        _ = try await apt("apt-get", ["download", "--quiet=2"] + packages, at: place)
        for file in try FolderListing.names(in: place) where file.hasSuffix(".deb") {
            _ = try await apt("dpkg-deb", ["--extract", place + "/" + file, place + "/root"])
            unlink(place + "/" + file)
        }
    }

    private func apt(
        _ name: String, _ arguments: [String], at place: String? = nil
    ) async throws(KernelError) -> String {
        var program = HelperProgram(name)
        program.environment = ["APT_CONFIG": folder + "/apt.conf"]
        program.folder = place
        do {
            return String(decoding: try await program.run(arguments), as: UTF8.self)
        } catch {
            throw KernelError(error)
        }
    }

    /// How the system reaches the network, where apt was told.
    private static func proxies() async -> String {
        let dump = try? await HelperProgram("apt-config").run(["dump", "--no-empty", "Acquire"])
        return String(decoding: dump ?? [], as: UTF8.self).split(separator: "\n")
            .filter { $0.contains("::Proxy") }.map { $0 + "\n" }.joined()
    }

    /// The configuration of apt.
    static func configuration(folder: String, processor: String, proxies: String) -> String {
        """
        Dir::Etc "\(folder)/empty";
        Dir::Etc::main "\(folder)/empty";
        Dir::Etc::parts "\(folder)/empty";
        Dir::Etc::sourcelist "\(folder)/sources.list";
        Dir::Etc::sourceparts "\(folder)/empty";
        Dir::Etc::preferences "\(folder)/empty/preferences";
        Dir::Etc::preferencesparts "\(folder)/empty";
        Dir::Etc::trusted "\(folder)/empty/trusted.gpg";
        Dir::Etc::trustedparts "\(folder)/empty";
        Dir::State "\(folder)";
        Dir::State::lists "\(folder)/lists";
        Dir::State::status "\(folder)/status";
        Dir::Cache "\(folder)";
        Dir::Cache::archives "\(folder)/archives";
        Dir::Cache::pkgcache "";
        Dir::Cache::srcpkgcache "";
        Dir::Log "\(folder)";
        APT::Architecture "\(processor)";
        APT::Architectures { "\(processor)"; };
        // Whoever runs us may read what is ours.
        APT::Sandbox::User "root";
        APT::Update::Error-Mode "any";
        Acquire::Languages "none";
        Acquire::Retries "2";
        // What is signed is good, also on a mirror that lags behind.
        Acquire::Check-Valid-Until "false";

        """ + proxies
    }
}
