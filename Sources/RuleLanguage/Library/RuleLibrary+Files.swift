import Diagnostics
import Glibc

extension RuleLibrary {
    /// Reads all `*.rules` files in a directory and the directories below it.
    ///
    /// - Throws: what is wrong with the directory, or with any file in it.
    public static func load(directory path: String) throws(RuleLibraryError) -> RuleLibrary {
        let files = try ruleFiles(below: path, depth: 0)
        guard !files.isEmpty else { throw .empty(path: path) }
        return try RuleLibrary().adding(files: files)
    }

    /// The library with the sets of further files.
    ///
    /// - Throws: what is wrong with any of them.
    public func adding(files paths: [String]) throws(RuleLibraryError) -> RuleLibrary {
        var sources: [SourceText] = []
        for path in paths { sources.append(try RuleLibrary.source(at: path)) }
        return try adding(sources)
    }

    /// Reads the text of one file. Files that are too large are refused before they are read.
    public static func source(at path: String) throws(RuleLibraryError) -> SourceText {
        guard let file = fopen(path, "re") else { throw failure(at: path) }
        defer { fclose(file) }
        var status = stat()
        guard fstat(fileno(file), &status) == 0 else { throw failure(at: path) }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw .unreadable(path: path, reason: "it is a directory")
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var total = max(0, Int(status.st_size))
        while total <= RuleSetSyntax.largestSource {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { break }
            bytes += buffer[..<count]
            total = max(total, bytes.count)
        }
        guard ferror(file) == 0 else { throw failure(at: path) }
        guard total <= RuleSetSyntax.largestSource else { throw .tooLarge(path: path, bytes: total) }
        guard !bytes.contains(0) else { throw .notText(path: path) }
        return SourceText(name: path, bytes: bytes)
    }

    /// The rule files below a directory, in the order of their paths.
    private static func ruleFiles(below path: String, depth: Int) throws(RuleLibraryError) -> [String] {
        guard let directory = opendir(path) else { throw failure(at: path) }
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
                if depth < 8 { files += try ruleFiles(below: inner, depth: depth + 1) }
            } else if name.hasSuffix(".rules") {
                files.append(inner)
            }
        }
        return files
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func failure(at path: String) -> RuleLibraryError {
        let number = errno
        guard number != ENOENT else { return .missing(path: path) }
        return .unreadable(path: path, reason: String(cString: strerror(number)))
    }
}
