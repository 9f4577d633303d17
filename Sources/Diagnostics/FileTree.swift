import Glibc

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
    public static func files(
        below path: String, suffix: String
    ) throws(SourceText.LoadingError) -> [String] {
        try files(below: path, suffix: suffix, depth: 0)
    }

    private static func files(
        below path: String, suffix: String, depth: Int
    ) throws(SourceText.LoadingError) -> [String] {
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
