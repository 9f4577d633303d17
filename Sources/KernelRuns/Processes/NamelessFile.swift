import Glibc

/// A file that has no name in any folder, and is gone when we are: in memory where there is room, else on disk.
final class NamelessFile: Sendable {
    private let file: Int32

    /// O_TMPFILE, which the C library shows only to those who ask for its own extensions.
    private static let withoutName = 0o20000000 | O_DIRECTORY

    /// ST_NOEXEC, which is shown to the same few.
    private static let withoutExecution: UInt = 8

    /// Makes one of bytes.
    init(_ bytes: [UInt8], isExecutable: Bool = false) throws(MachineError) {
        let named = getenv("TMPDIR").map { String(cString: $0) }
        var reason = ""
        for folder in ["/dev/shm", named, "/tmp"].compactMap(\.self) {
            let mode: mode_t = isExecutable ? 0o700 : 0o600
            let file = open(folder, O_RDWR | O_CLOEXEC | NamelessFile.withoutName, mode)
            if file >= 0, FileBytes.write(bytes, to: file), let kept = NamelessFile.keep(file, isExecutable) {
                self.file = kept
                return
            }
            reason = "\(folder): \(FileBytes.reason())"
            if file >= 0 { close(file) }
        }
        throw .system("no temporary file of \(bytes.count >> 20) MiB can be made: \(reason)")
    }

    /// What is open for writing cannot be run, nor what is where nothing may be run: nil there.
    private static func keep(_ file: Int32, _ isExecutable: Bool) -> Int32? {
        guard isExecutable else { return file }
        var system = statvfs()
        guard fstatvfs(file, &system) == 0, system.f_flag & NamelessFile.withoutExecution == 0 else {
            errno = EACCES
            return nil
        }
        let reader = open("/proc/self/fd/\(file)", O_RDONLY | O_CLOEXEC)
        if reader >= 0 { close(file) }
        return reader >= 0 ? reader : nil
    }

    deinit { close(file) }

    /// Where processes of the same user can open it for as long as it exists.
    var path: String { "/proc/\(getpid())/fd/\(file)" }
}
