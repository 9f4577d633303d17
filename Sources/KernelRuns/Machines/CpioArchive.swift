/// An archive of files in the format that the kernel unpacks into its first file system: cpio's "newc", as
/// Documentation/driver-api/early-userspace/buffer-format.rst describes it.
struct CpioArchive: Sendable {
    /// What was added so far.
    private(set) var bytes: [UInt8] = []
    private var entries = 0

    /// Adds a folder; those above it come before it.
    mutating func addFolder(_ path: String) {
        add(path, mode: 0o040755, contents: [])
    }

    /// Adds a file; the folders above it come before it.
    mutating func addFile(_ path: String, _ contents: [UInt8], isExecutable: Bool = false) {
        add(path, mode: isExecutable ? 0o100755 : 0o100644, contents: contents)
    }

    /// Adds the entry that ends an archive.
    mutating func end() {
        add("TRAILER!!!", mode: 0, contents: [])
    }

    private mutating func add(_ path: String, mode: Int, contents: [UInt8]) {
        entries += 1
        let name = Array(path.utf8) + [0]
        let links = 1
        // In the format's order: inode, mode, owner, group, links, time, size, device twice, special file twice, length of
        // the name, checksum.
        let fields = [entries, mode, 0, 0, links, 0, contents.count, 0, 0, 0, 0, name.count, 0]
        bytes += Array("070701".utf8)
        for field in fields { bytes += Array(CpioArchive.eightDigits(field).utf8) }
        bytes += name
        align()
        bytes += contents
        align()
    }

    private mutating func align() {
        while !bytes.count.isMultiple(of: 4) { bytes.append(0) }
    }

    private static func eightDigits(_ number: Int) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }
}
