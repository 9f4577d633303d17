import Diagnostics
import Glibc

extension KernelStore {
    /// What installing a kernel came to.
    public enum Installation: Sendable, Hashable {
        /// It is new.
        case installed(Kernel)
        /// It was there already, and Debian has no newer one.
        case present(Kernel)

        /// The kernel.
        public var kernel: Kernel {
            switch self {
            case .installed(let kernel), .present(let kernel): kernel
            }
        }
    }

    /// Fetches the newest of Debian's cloud kernels of a series.
    ///
    /// Two who install at once wait for each other. Whatever goes wrong, nothing half-done is left.
    ///
    /// - Parameters:
    ///   - replaces: Whether to fetch a kernel that is there already.
    ///   - isStopped: Asked now and then; where it says so, nothing is installed.
    ///   - tell: Told in words what is being done.
    public func install(
        _ series: KernelSeries, replaces: Bool = false, isStopped: @Sendable () -> Bool = { false },
        tell: @Sendable (String) -> Void = { _ in }
    ) async throws(KernelError) -> Installation {
        do throws(KernelError) {
            return try await installNewest(series, replaces, isStopped, tell)
        } catch {
            // Who presses Ctrl-C ends the helpers, too, and those then fail.
            throw isStopped() ? .interrupted : error
        }
    }

    private func installNewest(
        _ series: KernelSeries, _ replaces: Bool, _ isStopped: @Sendable () -> Bool,
        _ tell: @Sendable (String) -> Void
    ) async throws(KernelError) -> Installation {
        try KernelStore.makeFolder(path)
        let lock = try await Lock.take(path + "/.lock", isStopped: isStopped)
        defer { lock.release() }
        removeLeftovers()
        let lists = path + "/.apt"
        defer { FolderListing.remove(lists) }
        let archive = try DebianArchive(folder: lists)
        tell("\(series): reading Debian's lists of packages")
        let candidates = try await archive.candidates(of: series)
        for (index, candidate) in candidates.enumerated() {
            if isStopped() { throw .interrupted }
            if !replaces,
                let kernel = try kernels().first(where: { $0.release.description == candidate.release })
            {
                return .present(kernel)
            }
            tell("\(series): fetching \(candidate.package.name) \(candidate.package.version)")
            do throws(KernelError) {
                return .installed(try await install(candidate, from: archive, isStopped: isStopped))
            } catch .programFailed(let name, let words)
                where words.contains(DebianArchive.gone) && index + 1 < candidates.count
            {
                tell("\(series): the archive has dropped that one (\(name))")
            }
        }
        throw .noPackage(series: series.description, words: "")
    }

    private static let leftoverPrefix = ".new-"

    private func install(
        _ candidate: PackageListing.Candidate, from archive: DebianArchive, isStopped: @Sendable () -> Bool
    ) async throws(KernelError) -> Kernel {
        let place = path + "/" + KernelStore.leftoverPrefix + candidate.release
        let (packages, new) = (place + "/packages", place + "/kernel")
        defer { FolderListing.remove(place) }
        try KernelStore.makeFolder(packages)
        try await archive.fetch(candidate.downloads, into: packages)
        if isStopped() { throw .interrupted }
        try await assemble(candidate, from: packages + "/root", in: new)
        if isStopped() { throw .interrupted }
        let final = folder(of: KernelRelease(candidate.release))
        // The old one goes into the folder that is removed in the end.
        if FileTree.isDirectory(final) { rename(final, place + "/old") }
        guard rename(new, final) == 0 else { throw .unwritable(path: final, reason: FileBytes.reason()) }
        return try kernel(named: candidate.release)
    }

    /// Makes the folder of a kernel of what its packages have.
    private func assemble(
        _ candidate: PackageListing.Candidate, from root: String, in new: String
    ) async throws(KernelError) {
        let release = candidate.release
        let modules = [root + "/usr/lib/modules/" + release, root + "/lib/modules/" + release]
            .first(where: FileTree.isDirectory)
        let images = [root + "/boot/vmlinuz-" + release] + (modules.map { [$0 + "/vmlinuz"] } ?? [])
        guard let modules, let image = images.first(where: { access($0, R_OK) == 0 }) else {
            throw .brokenPackage(candidate.package.name, why: "it has no kernel image, or no modules")
        }
        let bytes = try FileBytes.read(image)
        let read = try BootImage(bytes, path: image)
        guard read.release.description == release else {
            throw .brokenPackage(candidate.package.name, why: "its kernel says that it is \(read.release)")
        }
        try KernelStore.makeFolder(new + "/" + File.modules)
        try FileBytes.write(bytes, to: new + "/" + File.image)
        if let direct = await read.directKernel() {
            try FileBytes.write(direct, to: new + "/" + File.directKernel)
        }
        for module in try await ModuleFolder(modules).load(MachineNeeds.all.modules).modules {
            try FileBytes.write(module.contents, to: "\(new)/\(File.modules)/\(module.name).ko")
        }
        let builtIn = "/modules.builtin"
        try FileBytes.write(FileBytes.read(modules + builtIn), to: new + "/" + File.modules + builtIn)
        let origin = "Debian \(candidate.package.name) \(candidate.package.version)\n"
        try FileBytes.write(Array(origin.utf8), to: new + "/" + File.origin)
    }

    /// Removes what others left who were killed. To be called with the lock held.
    private func removeLeftovers() {
        for name in (try? FolderListing.names(in: path)) ?? []
        where name.hasPrefix(KernelStore.leftoverPrefix) {
            FolderListing.remove(path + "/" + name)
        }
    }

    /// Keeps others out while something is installed; the system lets go of it when the process ends in any way.
    private struct Lock {
        let file: Int32

        static func take(
            _ path: String, isStopped: @Sendable () -> Bool
        ) async throws(KernelError) -> Lock {
            let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard file >= 0 else { throw .unwritable(path: path, reason: FileBytes.reason()) }
            while flock(file, LOCK_EX | LOCK_NB) != 0 {
                guard errno == EWOULDBLOCK || errno == EINTR, !isStopped() else {
                    let reason = FileBytes.reason()
                    close(file)
                    throw isStopped() ? .interrupted : .unwritable(path: path, reason: reason)
                }
                try? await Task.sleep(for: .milliseconds(100))
            }
            return Lock(file: file)
        }

        func release() { close(file) }
    }
}
