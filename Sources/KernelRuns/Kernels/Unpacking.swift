/// How a file, or a part of one, is compressed.
enum Compression: Sendable, Hashable, CaseIterable {
    case gzip, xz, zstd, lz4

    /// Tells it by how the bytes begin; nil where they are not compressed, or in a way that we do not know.
    init?(_ bytes: some Collection<UInt8>) {
        guard let found = Compression.allCases.first(where: { bytes.starts(with: $0.magic) }) else {
            return nil
        }
        self = found
    }

    private var magic: [UInt8] {
        switch self {
        case .gzip: [0x1f, 0x8b]
        case .xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]
        case .zstd: [0x28, 0xb5, 0x2f, 0xfd]
        case .lz4: [0x02, 0x21, 0x4c, 0x18]
        }
    }

    /// The program that unpacks it; each takes the same option for doing so from its input to its output.
    private var program: String {
        switch self {
        case .gzip: "gzip"
        case .xz: "xz"
        case .zstd: "zstd"
        case .lz4: "lz4"
        }
    }

    /// Unpacks bytes.
    func unpack(_ bytes: [UInt8]) async throws(KernelError) -> [UInt8] {
        do {
            return try await HelperProgram(program).run(["-dc"], input: bytes)
        } catch {
            throw KernelError(error)
        }
    }
}

extension BootImage {
    /// The kernel proper, where QEMU can enter it directly; nil where it cannot, or where it cannot be unpacked here.
    ///
    /// Unpacking it before the machine starts saves the machine one to two seconds, for it would do so without help of the
    /// hardware. What is missing for it is no error: the image boots as it is.
    func directKernel() async -> [UInt8]? {
        guard let payload, let compression = Compression(payload) else { return nil }
        // The last four bytes are the unpacked size where the packed format has no place for it.
        for dropped in [0, 4] {
            guard let kernel = try? await compression.unpack(Array(payload.dropLast(dropped))),
                let file = ELFFile(kernel), file.hasNote(owner: "Xen", type: BootImage.directEntryNote)
            else { continue }
            return kernel
        }
        return nil
    }

    /// The number of the note that says where to enter a kernel in 32-bit mode: XEN_ELFNOTE_PHYS32_ENTRY.
    private static let directEntryNote = 18
}
