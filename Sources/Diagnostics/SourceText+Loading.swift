import Glibc

extension SourceText {
    /// Reads a file of UTF-8 text. A file that is too large is not read to its end.
    ///
    /// - Parameters:
    ///   - path: where it is, as the user gave it; diagnostics print it.
    ///   - limit: the most bytes that it may have.
    public init(loading path: String, limit: Int) throws(LoadingError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .ofSystem(at: path) }
        defer { close(descriptor) }
        try self.init(descriptor, path, limit)
    }

    /// Reads UTF-8 text from standard input, to its end; diagnostics call it `<standard input>`.
    ///
    /// - Parameter limit: the most bytes that it may have.
    public init(loadingStandardInputUpTo limit: Int) throws(LoadingError) {
        try self.init(STDIN_FILENO, "<standard input>", limit)
    }

    private init(_ descriptor: Int32, _ path: String, _ limit: Int) throws(LoadingError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw LoadingError(path, .system(errno)) }
        if status.st_mode & S_IFMT == S_IFDIR { throw LoadingError(path, .directory) }
        if status.st_mode & S_IFMT == S_IFREG, status.st_size > limit {
            throw LoadingError(path, .tooLarge(limit: limit))
        }
        let bytes = try SourceText.read(descriptor, path, limit)
        if bytes.contains(0) { throw LoadingError(path, .binary) }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw LoadingError(path, .notUTF8) }
        self.init(name: path, bytes: bytes)
    }

    private static func read(
        _ descriptor: Int32, _ path: String, _ limit: Int
    ) throws(LoadingError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw LoadingError(path, .system(errno)) }
            if count == 0 { return bytes }
            bytes.append(contentsOf: buffer.prefix(count))
            if bytes.count > limit { throw LoadingError(path, .tooLarge(limit: limit)) }
        }
    }

    /// Why a file cannot be read as a text.
    public struct LoadingError: Error, Sendable, Hashable {
        /// Where the file is, as the user gave it.
        public let path: String
        /// What is wrong.
        public let reason: Reason

        init(_ path: String, _ reason: Reason) {
            self.path = path
            self.reason = reason
        }

        /// What the last system call says.
        static func ofSystem(at path: String) -> LoadingError {
            let number = errno
            return LoadingError(path, number == ENOENT ? .missing : .system(number))
        }

        /// What is wrong with a file.
        public enum Reason: Sendable, Hashable {
            /// There is none.
            case missing
            /// It is a directory.
            case directory
            /// It has more bytes than allowed.
            case tooLarge(limit: Int)
            /// It has a byte 0.
            case binary
            /// It is no UTF-8.
            case notUTF8
            /// Something else, as an errno.
            case system(Int32)
        }
    }
}

extension SourceText.LoadingError: CustomStringConvertible {
    /// `path: error: …`, for the user.
    public var description: String { "\(path): error: \(explanation)" }

    /// What is wrong, without the path.
    public var explanation: String {
        switch reason {
        case .missing: "no such file or directory"
        case .directory: "is a directory"
        case .tooLarge(let limit): "is too large: \(limit >> 10) KiB at most"
        case .binary: "is a binary file"
        case .notUTF8: "is no UTF-8 text"
        case .system(let number): String(cString: strerror(number))
        }
    }
}
