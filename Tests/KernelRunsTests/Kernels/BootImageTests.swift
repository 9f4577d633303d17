import Testing

@testable import KernelRuns

@Suite struct BootImageTests {
    /// An image of two sectors and a payload.
    private func image(release: String = "6.9.1-test (who@where) #1 SMP", payload: [UInt8] = [7, 8, 9])
        -> [UInt8]
    {
        var bytes = [UInt8](repeating: 0, count: 1024)
        bytes[0x1f1] = 1
        bytes.replaceSubrange(0x202..<0x206, with: Array("HdrS".utf8))
        bytes[0x206] = 0x0f
        bytes[0x207] = 0x02
        bytes[0x20e] = 0x80
        bytes[0x20f] = 0x01
        bytes[0x211] = 1
        bytes[0x248] = 4
        bytes[0x24c] = UInt8(payload.count)
        bytes.replaceSubrange(0x380..<0x380 + release.utf8.count, with: Array(release.utf8))
        return bytes + [0, 0, 0, 0] + payload
    }

    @Test func saysWhichReleaseItIs() throws {
        #expect(try BootImage(image(), path: "k").release == KernelRelease("6.9.1-test"))
    }

    @Test func findsThePackedKernel() throws {
        #expect(try BootImage(image(), path: "k").payload.map(Array.init) == [7, 8, 9])
    }

    @Test func refusesAnImageThatIsCutOff() {
        let why = "it is cut off: 1030 bytes are there, and 1031 were written"
        #expect(throws: KernelError.notAnImage(path: "k", why: why)) {
            try BootImage(image().dropLast(), path: "k")
        }
    }

    @Test(
        arguments: [
            ([], "the file is empty"),
            (Array("#!/bin/sh\n".utf8), "it has no 'HdrS' at 0x202"),
            (
                [0x7f, 0x45, 0x4c, 0x46, 2, 1],
                "it is an ELF file (vmlinux?); the bzImage is arch/x86/boot/bzImage where it was built"
            ),
        ] as [([UInt8], String)])
    func refusesWhatIsNone(_ bytes: [UInt8], _ why: String) {
        #expect(throws: KernelError.notAnImage(path: "k", why: why)) { try BootImage(bytes, path: "k") }
    }

    @Test func refusesAnImageWithoutARelease() {
        #expect(throws: KernelError.notAnImage(path: "k", why: "its header does not say which release it is"))
        {
            try BootImage(image(release: "none"), path: "k")
        }
    }

    @Test func neverReadsBeyondTheEnd() {
        let whole = image()
        for count in 0..<whole.count { _ = try? BootImage(Array(whole.prefix(count)), path: "k") }
    }

    @Test func tellsCompressionByItsFirstBytes() {
        #expect(Compression([0x28, 0xb5, 0x2f, 0xfd, 0]) == .zstd)
        #expect(Compression([0x1f, 0x8b]) == .gzip)
        #expect(Compression([0, 0]) == nil)
    }
}

extension BootImage {
    init(_ bytes: ArraySlice<UInt8>, path: String) throws(KernelError) {
        try self.init(Array(bytes), path: path)
    }
}
