import Diagnostics
import Glibc

/// The kernels in the user's cache.
///
/// Each has a folder that bears its release, with `bzImage`, `vmlinux` where QEMU can enter the kernel unpacked, a folder
/// `modules`, and `origin`, a line that says where it is from. A folder comes into being whole, by being renamed.
public struct KernelStore: Sendable, Hashable {
    /// The folder of the store; it need not exist.
    public let path: String

    /// Takes a folder.
    public init(path: String) {
        self.path = path
    }

    /// The store of the user: `$XDG_CACHE_HOME/muster/kernels`, else `~/.cache/muster/kernels`.
    public static func ofUser() -> KernelStore {
        func variable(_ name: String) -> String? {
            let value = getenv(name).map { String(cString: $0) } ?? ""
            return value.hasPrefix("/") ? value : nil
        }
        let home = variable("HOME") ?? getpwuid(getuid()).map { String(cString: $0.pointee.pw_dir) } ?? "/tmp"
        let cache = variable("XDG_CACHE_HOME") ?? home + "/.cache"
        return KernelStore(path: cache + "/muster/kernels")
    }

    /// The kernels, the oldest release first.
    public func kernels() throws(KernelError) -> [Kernel] {
        guard FileTree.isDirectory(path) else { return [] }
        return try FolderListing.names(in: path).compactMap(kernel).sorted { left, right in
            DebianVersion(left.release.description) < DebianVersion(right.release.description)
        }
    }

    /// The newest kernel of a series, or the one of exactly that release.
    ///
    /// - Parameter name: `6.12`, or a release as `kernels()` gives it.
    public func kernel(named name: String) throws(KernelError) -> Kernel {
        let all = try kernels()
        let series = KernelSeries(name).flatMap { $0.description == name ? $0 : nil }
        let found = all.last { kernel in
            kernel.release.description == name
                || series != nil && KernelSeries(kernel.release.description) == series
        }
        guard let found else { throw .notInstalled(name, installed: all.map(\.release.description)) }
        return found
    }

    /// How many bytes a kernel takes up on disk.
    public func size(of kernel: Kernel) -> Int {
        FolderListing.size(of: folder(of: kernel.release))
    }

    /// The folder of a kernel's release.
    func folder(of release: KernelRelease) -> String { path + "/" + release.description }

    /// The kernel in the folder of a name; nil where that is something else.
    private func kernel(in name: String) -> Kernel? {
        let folder = path + "/" + name
        guard !name.hasPrefix("."), access(folder + "/" + File.image, R_OK) == 0,
            let origin = try? FileBytes.read(folder + "/" + File.origin)
        else { return nil }
        let direct = folder + "/" + File.directKernel
        return Kernel(
            release: KernelRelease(name),
            origin: String(decoding: origin.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self),
            image: folder + "/" + File.image,
            directKernel: access(direct, R_OK) == 0 ? direct : nil, modules: folder + "/" + File.modules)
    }

    /// What the files of a kernel are called.
    enum File {
        static let image = "bzImage"
        static let directKernel = "vmlinux"
        static let modules = "modules"
        static let origin = "origin"
    }

    /// Makes a folder, and those above it.
    static func makeFolder(_ path: String) throws(KernelError) {
        var end = path.startIndex
        while end < path.endIndex {
            end = path[path.index(after: end)...].firstIndex(of: "/") ?? path.endIndex
            if mkdir(String(path[..<end]), 0o755) != 0, errno != EEXIST,
                !FileTree.isDirectory(String(path[..<end]))
            {
                throw .unwritable(path: String(path[..<end]), reason: FileBytes.reason())
            }
        }
    }
}
