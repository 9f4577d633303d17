/// Why there is no kernel to run on.
public enum KernelError: Error, Sendable, Hashable {
    /// A file or folder cannot be read.
    case unreadable(path: String, reason: String)
    /// A file or folder cannot be written.
    case unwritable(path: String, reason: String)
    /// A file is no kernel image; why.
    case notAnImage(path: String, why: String)
    /// A folder is none of a kernel's modules; why.
    case notAModuleFolder(path: String, why: String)
    /// What should name a series of releases does not.
    case notASeries(String)
    /// No kernel of that name is in the store; the names of those that are.
    case notInstalled(String, installed: [String])
    /// A program of the system is missing.
    case missingProgram(String)
    /// The keys that Debian signs its packages with are missing.
    case missingKeyring(path: String)
    /// Debian builds no kernels for this processor that we could run.
    case noPackages(processor: String)
    /// Debian has no kernel of that series; what apt said, empty where it said nothing.
    case noPackage(series: String, words: String)
    /// A package has no kernel where it should be.
    case brokenPackage(String, why: String)
    /// A program of the system failed; what it said.
    case programFailed(String, words: String)
    /// Somebody interrupted it.
    case interrupted

    /// The error in words, without a full stop.
    public var message: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
        case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
        case .notAnImage(let path, let why): "\(path): not a kernel image (bzImage): \(why)"
        case .notAModuleFolder(let path, let why):
            "\(path): not a folder of kernel modules (lib/modules/RELEASE): \(why)"
        case .notASeries(let text): "'\(text)' is no series of releases; expected something like '6.12'"
        case .notInstalled(let name, let installed):
            "no kernel '\(name)' is installed"
                + (installed.isEmpty ? "" : " (there are \(installed.joined(separator: ", ")))")
                + "; 'muster kernels install \(KernelSeries(name)?.description ?? "6.12")' brings one"
        case .missingProgram(let name): KernelError.missingMessage(name)
        case .missingKeyring(let path):
            "\(path) is missing, without which nothing that is downloaded could be trusted; "
                + "install the package debian-archive-keyring"
        case .noPackages(let processor):
            "Debian's cloud kernels are fetched for amd64 only, and this is \(processor); "
                + KernelError.ownKernel
        case .noPackage(let series, let words):
            "Debian's archive gave no cloud kernel of the series \(series)"
                + (words.isEmpty ? "" : ":\n\(words)")
        case .brokenPackage(let package, let why): "package \(package): \(why)"
        case .programFailed(let name, let words): "\(name) failed:\n\(words)"
        case .interrupted: "interrupted"
        }
    }

    /// What the system said, without the path.
    var reason: String {
        switch self {
        case .unreadable(_, let reason), .unwritable(_, let reason): reason
        default: message
        }
    }

    /// Whether something that is needed is missing or refused, rather than wrong.
    public var isMissing: Bool {
        switch self {
        case .missingProgram, .missingKeyring, .noPackages, .noPackage, .notInstalled, .unwritable: true
        default: false
        }
    }

    private static let ownKernel =
        "hand over a kernel of your own with --kernel PATH [--modules PATH]"

    private static func missingMessage(_ name: String) -> String {
        switch name {
        case "apt-get", "apt-cache", "dpkg-deb":
            "kernels are fetched with Debian's package tools, and there is no \(name) on this system; \(ownKernel)"
        case "xz": "there is no xz on this system; install the package xz-utils"
        case "lz4", "zstd", "gzip": "there is no \(name) on this system; install the package \(name)"
        default: "there is no \(name) on this system"
        }
    }

    /// The error that a failure of a helper is.
    init(_ failure: HelperProgram.Failure) {
        switch failure {
        case .missing(let program): self = .missingProgram(program)
        case .failed(let program, let words): self = .programFailed(program, words: words)
        }
    }
}
