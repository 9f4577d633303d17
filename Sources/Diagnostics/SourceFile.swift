import Glibc

/// Why the text of a file cannot be had.
public enum FileError: Error, Sendable, Hashable {
    /// There is nothing at the path.
    case missing(path: String)
    /// The path cannot be read; the reason is the system's.
    case unreadable(path: String, reason: String)
    /// The file has more bytes than are taken.
    case tooLarge(path: String, bytes: Int, limit: Int)
    /// The file is no text: it has a NUL byte in it.
    case notText(path: String)

    /// The path as it was given.
    public var path: String {
        switch self {
        case .missing(let path), .unreadable(let path, _), .tooLarge(let path, _, _), .notText(let path): path
        }
    }

    /// The error of the last system call.
    static func ofSystem(at path: String) -> FileError {
        let number = errno
        return number == ENOENT
            ? .missing(path: path) : .unreadable(path: path, reason: String(cString: strerror(number)))
    }
}

extension SourceText {
    /// Reads a file, or standard input where the path is `-`. A file that is too large is refused before it is read.
    ///
    /// - Parameters:
    ///   - name: what diagnostics call it; the path unless said otherwise.
    ///   - limit: how many bytes are taken at the most.
    public static func read(
        path: String, name: String? = nil, limit: Int
    ) throws(FileError) -> SourceText {
        let isStandardInput = path == "-"
        let path = isStandardInput ? "<standard input>" : path
        guard let file = isStandardInput ? fdopen(dup(STDIN_FILENO), "re") : fopen(path, "re") else {
            throw .ofSystem(at: path)
        }
        defer { fclose(file) }
        return try read(file, path: path, name: name, limit: limit)
    }

    private static func read(
        _ file: UnsafeMutablePointer<FILE>, path: String, name: String?, limit: Int
    ) throws(FileError) -> SourceText {
        var status = stat()
        guard fstat(fileno(file), &status) == 0 else { throw .ofSystem(at: path) }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw .unreadable(path: path, reason: "it is a directory")
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var total = max(0, Int(status.st_size))
        while total <= limit {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { break }
            bytes += buffer[..<count]
            total = max(total, bytes.count)
        }
        guard ferror(file) == 0 else { throw .ofSystem(at: path) }
        guard total <= limit else { throw .tooLarge(path: path, bytes: total, limit: limit) }
        guard !bytes.contains(0) else { throw .notText(path: path) }
        return SourceText(name: name ?? path, bytes: bytes)
    }
}

/// Looks at files and directories.
public enum FileTree {
    /// How deep directories may lie inside each other; deeper ones are passed over, so that a loop of links ends.
    private static let deepest = 16

    /// Whether there is a directory at a path.
    public static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The files in a directory and those below it whose names end in a suffix, in the order of their paths. Names that
    /// begin with a dot are passed over.
    public static func files(below path: String, suffix: String) throws(FileError) -> [String] {
        try files(below: path, suffix: suffix, depth: 0)
    }

    private static func files(
        below path: String, suffix: String, depth: Int
    ) throws(FileError) -> [String] {
        guard let directory = opendir(path) else { throw .ofSystem(at: path) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        var files: [String] = []
        for name in names.sorted() {
            let inner = path.hasSuffix("/") ? path + name : path + "/" + name
            if isDirectory(inner) {
                if depth < deepest {
                    files += try FileTree.files(below: inner, suffix: suffix, depth: depth + 1)
                }
            } else if name.hasSuffix(suffix) {
                files.append(inner)
            }
        }
        return files
    }
}
