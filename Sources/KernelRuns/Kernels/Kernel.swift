import Diagnostics

/// A kernel that can be run in a machine.
public struct Kernel: Sendable, Hashable {
    /// Which one it is.
    public let release: KernelRelease
    /// Where it is from, in words: a package with its version, or a path.
    public let origin: String
    /// The bzImage.
    public let image: String

    /// The kernel unpacked, an ELF file that QEMU can enter; nil where it was not unpacked yet.
    let directKernel: String?
    /// A folder of modules; nil where there is none.
    let modules: String?

    /// Takes a kernel that somebody has built.
    ///
    /// - Parameters:
    ///   - image: The bzImage.
    ///   - modules: The folder of its modules, `lib/modules/RELEASE` where they were installed.
    public init(image: String, modules: String? = nil) throws(KernelError) {
        let read = try BootImage(FileBytes.read(image), path: image)
        if let modules { _ = try ModuleFolder(modules) }
        self.init(release: read.release, origin: image, image: image, directKernel: nil, modules: modules)
    }

    init(release: KernelRelease, origin: String, image: String, directKernel: String?, modules: String?) {
        self.release = release
        self.origin = origin
        self.image = image
        self.directKernel = directKernel
        self.modules = modules
    }

    /// What QEMU is to boot.
    enum Boot: Sendable {
        /// A file.
        case file(String)
        /// An ELF file that is on no disk.
        case bytes([UInt8])
    }

    /// Prepares the kernel for QEMU.
    func boot() async throws(KernelError) -> Boot {
        if let directKernel { return .file(directKernel) }
        let read = try BootImage(FileBytes.read(image), path: image)
        return await read.directKernel().map { .bytes($0) } ?? .file(image)
    }

    /// The modules for what tests need, in the order in which to load them.
    func modules(for needs: MachineNeeds) async throws(KernelError) -> ModuleFolder.Selection {
        guard let modules, !needs.modules.isEmpty else { return ModuleFolder.Selection() }
        return try await ModuleFolder(modules).load(needs.modules)
    }
}
