/// The rule set that a kernel's release string leads to.
public struct ReleaseMatch: Sendable {
    /// The set.
    public let set: RuleSet
    /// What to bear in mind; nil where the set was made for exactly such kernels.
    public let caution: String?
}

/// Why a kernel's release string leads to no rule set.
public enum ReleaseError: Error, Sendable, Hashable {
    /// The string does not begin with a version.
    case notARelease(String)
    /// No set says that it covers the version.
    case notCovered(release: String, version: KernelVersion)

    /// The error in words.
    public var message: String {
        switch self {
        case .notARelease(let text):
            "'\(text)' is no kernel release; expected something like '6.1.0-18-amd64'"
        case .notCovered(let release, let version):
            "no rule set covers \(version) (of '\(release)'); name a rule set, or probe the kernel"
        }
    }
}

extension RuleLibrary {
    /// Finds the set for a release string as `uname -r` gives it.
    ///
    /// Debian's builds lead to the set of their package, other strings to the first set that covers their version.
    public func set(forRelease release: String) throws(ReleaseError) -> ReleaseMatch {
        guard let (version, rest) = RuleLibrary.split(release), let series = version.series else {
            throw .notARelease(release)
        }
        let isDebian = RuleLibrary.isDebian(rest)
        if isDebian, let set = sets.first(where: { $0.kernels.contains(.debian(series)) }) {
            return ReleaseMatch(set: set, caution: nil)
        }
        guard let set = sets.first(where: { $0.kernels.contains { $0.contains(version) } }) else {
            throw .notCovered(release: release, version: version)
        }
        return ReleaseMatch(
            set: set, caution: RuleLibrary.caution(release, rest, version, isDebian: isDebian))
    }

    /// The version at the beginning of a release string, and what follows.
    private static func split(_ release: String) -> (version: KernelVersion, rest: Substring)? {
        let head = release.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let numbers = head.split(separator: ".").prefix(3)
        guard let version = KernelVersion(numbers.joined(separator: ".")) else { return nil }
        return (version, release.dropFirst(numbers.map { $0.count + 1 }.reduce(-1, +)))
    }

    /// Whether what follows the version looks like one of Debian's builds: `-28-cloud-amd64`, `+deb13-amd64`.
    private static func isDebian(_ rest: Substring) -> Bool {
        let parts = rest.split { $0 == "-" || $0 == "+" || $0 == "." }
        if parts.contains(where: { $0.hasPrefix("deb") || $0.hasPrefix("bpo") }) { return true }
        let machines: Set<Substring> = [
            "amd64", "arm64", "686", "pae", "armmp", "lpae", "marvell", "rpi", "powerpc64le", "s390x",
            "riscv64",
            "loong64", "loongson", "octeon",
        ]
        guard let first = parts.first, let last = parts.last, parts.count > 1 else { return false }
        return first.allSatisfy(\.isNumber) && machines.contains(last)
    }

    private static func caution(
        _ release: String, _ rest: Substring, _ version: KernelVersion, isDebian: Bool
    ) -> String? {
        if isDebian {
            return "'\(release)' is a build of Debian's that no rule set was made for; it may carry backports"
        }
        if rest.hasPrefix("-rc") { return "'\(release)' is a release candidate" }
        if !rest.isEmpty { return "'\(release)' is somebody's own build; it may carry backports" }
        return nil
    }
}
