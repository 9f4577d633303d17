import Glibc

/// A file that has no name in any folder, and is gone when we are: in memory where there is room, else on disk.
final class NamelessFile: Sendable {
    private let file: Int32

    /// O_TMPFILE, which the C library shows only to those who ask for its own extensions.
    private static let withoutName = 0o20000000 | O_DIRECTORY

    /// Makes one of bytes.
    init(_ bytes: [UInt8]) throws(MachineError) {
        let named = getenv("TMPDIR").map { String(cString: $0) }
        var reason = ""
        for folder in ["/dev/shm", named, "/tmp"].compactMap(\.self) {
            let file = open(folder, O_RDWR | O_CLOEXEC | NamelessFile.withoutName, 0o600)
            if file >= 0, FileBytes.write(bytes, to: file) {
                self.file = file
                return
            }
            reason = "\(folder): \(FileBytes.reason())"
            if file >= 0 { close(file) }
        }
        throw .system("no temporary file of \(bytes.count >> 20) MiB can be made: \(reason)")
    }

    deinit { close(file) }

    /// Where processes of the same user can open it for as long as it exists.
    var path: String { "/proc/\(getpid())/fd/\(file)" }
}
