import Glibc

/// Whole files as bytes.
enum FileBytes {
    /// Reads a file.
    static func read(_ path: String) throws(KernelError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .unreadable(path: path, reason: reason()) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            throw .unreadable(path: path, reason: "it is a directory")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(status.st_size) + 1)
        while true {
            let chunk = max(Int(status.st_size) - bytes.count, 0) + 4096
            var count = 0
            let piece = [UInt8](unsafeUninitializedCapacity: chunk) { buffer, used in
                count = Glibc.read(file, buffer.baseAddress, chunk)
                used = max(count, 0)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(path: path, reason: reason()) }
            if count == 0 { return bytes }
            bytes += piece
        }
    }

    /// Makes a file of bytes; a file that could not be written whole is not left behind.
    static func write(_ bytes: [UInt8], to path: String) throws(KernelError) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .unwritable(path: path, reason: reason()) }
        let isWritten = write(bytes, to: file)
        let words = reason()
        guard close(file) == 0, isWritten else {
            unlink(path)
            throw .unwritable(path: path, reason: isWritten ? reason() : words)
        }
    }

    /// Writes bytes to an open file; false, with `errno`, where not all could be written.
    static func write(_ bytes: [UInt8], to file: Int32) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = Glibc.write(file, buffer.baseAddress?.advanced(by: done), buffer.count - done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
    }

    /// What the last system call said.
    static func reason() -> String { String(cString: strerror(errno)) }
}
