/// A bzImage: the file that a boot loader takes for a kernel of x86.
///
/// Its layout is the kernel's documented boot protocol (Documentation/arch/x86/boot.rst).
struct BootImage: Sendable {
    /// Which kernel is in it.
    let release: KernelRelease
    /// The packed kernel proper, an ELF file once it is unpacked; nil where the protocol is too old to say.
    let payload: ArraySlice<UInt8>?

    private enum Offset {
        static let setupSectors = 0x1f1
        static let magic = 0x202
        static let protocolVersion = 0x206
        static let versionText = 0x20e
        static let loadFlags = 0x211
        static let payloadOffset = 0x248
        static let payloadLength = 0x24c
    }

    private static let sector = 512
    private static let magic = Array("HdrS".utf8)

    /// Reads an image.
    ///
    /// - Parameter path: Where it is from, for messages.
    init(_ bytes: [UInt8], path: String) throws(KernelError) {
        func refuse(_ why: String) -> KernelError { .notAnImage(path: path, why: why) }
        guard !bytes.isEmpty else { throw refuse("the file is empty") }
        guard bytes.slice(at: Offset.magic, bytes: 4).map(Array.init) == BootImage.magic else {
            throw refuse(BootImage.guess(bytes))
        }
        guard let version = bytes.number(at: Offset.protocolVersion, bytes: 2), version >= 0x0200,
            let text = bytes.number(at: Offset.versionText, bytes: 2), text > 0,
            let release = BootImage.release(in: bytes, at: text + BootImage.sector)
        else { throw refuse("its header does not say which release it is") }
        guard let flags = bytes.number(at: Offset.loadFlags, bytes: 1), flags & 1 == 1 else {
            throw refuse("it is a zImage, which is loaded low; build a bzImage")
        }
        self.release = release
        guard version >= 0x0208, let place = BootImage.payload(in: bytes) else {
            payload = nil
            return
        }
        guard place.upperBound <= bytes.count else {
            throw refuse(
                "it is cut off: \(bytes.count) bytes are there, and \(place.upperBound) were written")
        }
        payload = bytes[place]
    }

    /// The text begins with the release, then comes a space.
    private static func release(in bytes: [UInt8], at offset: Int) -> KernelRelease? {
        guard offset < bytes.count else { return nil }
        let text = bytes[offset...].prefix(256).prefix { $0 > 0x20 && $0 < 0x7f }
        guard let first = text.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return nil
        }
        return KernelRelease(String(decoding: text, as: UTF8.self))
    }

    /// Where the header says that the packed kernel is.
    private static func payload(in bytes: [UInt8]) -> Range<Int>? {
        guard let sectors = bytes.number(at: Offset.setupSectors, bytes: 1),
            let offset = bytes.number(at: Offset.payloadOffset, bytes: 4),
            let length = bytes.number(at: Offset.payloadLength, bytes: 4), length > 0
        else { return nil }
        // No number of sectors means four, from the days before there was a number.
        let start = ((sectors == 0 ? 4 : sectors) + 1) * sector
        return (start + offset)..<(start + offset + length)
    }

    private static func guess(_ bytes: [UInt8]) -> String {
        if bytes.starts(with: ELFFile.magic) {
            return "it is an ELF file (vmlinux?); the bzImage is arch/x86/boot/bzImage where it was built"
        }
        if bytes.number(at: 0x38, bytes: 4) == 0x644d_5241 { return "it is an Image for arm64" }
        return "it has no 'HdrS' at 0x202"
    }
}
