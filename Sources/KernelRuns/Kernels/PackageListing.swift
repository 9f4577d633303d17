/// What apt knows of packages, as `apt-cache show` prints it.
struct PackageListing: Sendable {
    /// The packages in the order of the text.
    let packages: [Package]

    /// One version of one package.
    struct Package: Sendable, Hashable {
        let name: String
        let version: DebianVersion
        /// The names of what it depends on, without versions; of alternatives the first.
        let dependencies: [String]
    }

    /// Reads stanzas; those without a name or a version are passed over.
    init(_ text: String) {
        packages = text.split(separator: "\n\n").compactMap { stanza in
            var fields: [Substring: Substring] = [:]
            for line in stanza.split(separator: "\n") {
                guard let colon = line.firstIndex(of: ":"), line.first != " " else { continue }
                fields[line[..<colon]] = line[line.index(after: colon)...].drop { $0 == " " }
            }
            guard let name = fields["Package"], let version = fields["Version"] else { return nil }
            let needs = (fields["Depends"] ?? "") + "," + (fields["Pre-Depends"] ?? "")
            return Package(
                name: String(name), version: DebianVersion(version),
                dependencies: needs.split(separator: ",").compactMap { need in
                    need.split { " |(:".contains($0) }.first.map(String.init)
                })
        }
    }

    /// Packages that together bring one kernel.
    struct Candidate: Sendable, Hashable {
        /// What `uname -r` says there.
        let release: String
        /// The package that people install.
        let package: Package
        /// What apt is told to download: the package, and those that it only refers to.
        let downloads: [String]
    }

    /// The packages of cloud kernels of a series, the newest first. Of equally new ones the signed comes first, because
    /// it is kept longest where packages are kept.
    func candidates(of series: KernelSeries, processor: String) -> [Candidate] {
        packages.compactMap { candidate($0, series, "-cloud-" + processor) }.sorted { left, right in
            left.package.version == right.package.version
                ? !left.package.name.hasSuffix(PackageListing.unsigned)
                    && right.package.name.hasSuffix(PackageListing.unsigned)
                : left.package.version > right.package.version
        }
    }

    private static let prefix = "linux-image-"
    private static let unsigned = "-unsigned"

    private func candidate(_ package: Package, _ series: KernelSeries, _ flavour: String) -> Candidate? {
        guard package.name.hasPrefix(PackageListing.prefix) else { return nil }
        var release = package.name.dropFirst(PackageListing.prefix.count)
        if release.hasSuffix(PackageListing.unsigned) {
            release = release.dropLast(PackageListing.unsigned.count)
        }
        // A name without a third number is that of a package which only depends on the newest.
        guard release.hasSuffix(flavour), release.hasPrefix("\(series)."), KernelSeries(release) == series
        else { return nil }
        let parts = package.dependencies.filter { name in
            name.hasSuffix("-" + release)
                && ["linux-base-", "linux-binary-", "linux-modules-"].contains { name.hasPrefix($0) }
        }
        return Candidate(
            release: String(release), package: package,
            downloads: [package.name + "=" + package.version.description]
                + parts.map { $0 + "=" + package.version.description })
    }
}
