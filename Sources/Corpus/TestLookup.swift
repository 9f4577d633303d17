import Diagnostics

/// Finds the one test that somebody means: by a path, or by the name of a shipped test.
public enum TestLookup {
    /// Why a name leads to no test.
    public enum Failure: Error, Sendable, Hashable {
        /// There is neither a file nor a shipped test of the name; the one that was probably meant.
        case unknown(String, nearest: String?)
        /// The path is a directory.
        case directory(String)
        /// Several shipped tests have the name; their paths.
        case ambiguous(String, [String])
        /// The shipped tests cannot be listed.
        case file(SourceText.LoadingError)

        /// The error in words.
        public var message: String {
            switch self {
            case .unknown(let name, let nearest?):
                "no test '\(name)', neither a file nor a shipped one; did you mean '\(nearest)'?"
            case .unknown(let name, nil):
                "no test '\(name)', neither a file nor a shipped one"
            case .directory(let path): "'\(path)' is a directory; name one test in it"
            case .ambiguous(let name, let paths):
                "several shipped tests are called '\(name)': \(paths.joined(separator: ", "))"
            case .file(let error): "the shipped tests cannot be listed: \(error.path): \(error.explanation)"
            }
        }
    }

    /// The path of a test: the name itself where it is a path, or that of the shipped test whose file has the name.
    ///
    /// - Parameter home: where the shipped tests are; nil where they were not found.
    public static func path(of name: String, in home: Home?) throws(Failure) -> String {
        if FileTree.isDirectory(name) { throw .directory(name) }
        if name == "-" || name.hasSuffix(".cow") || name.contains("/") { return name }
        guard let home else { throw .unknown(name, nearest: nil) }
        let files: [String]
        do throws(SourceText.LoadingError) {
            files = try FileTree.files(below: home.litmus, suffix: ".cow")
        } catch {
            throw .file(error)
        }
        let matches = files.filter { baseName(of: $0) == name }
        guard let first = matches.first else {
            throw .unknown(name, nearest: nearestName(to: name, among: files.map(baseName)))
        }
        if matches.count > 1 { throw .ambiguous(name, matches) }
        return first
    }

    /// The name of a file without folders and ending.
    private static func baseName(of path: String) -> String {
        let last = path.split(separator: "/").last.map(String.init) ?? path
        return last.hasSuffix(".cow") ? String(last.dropLast(4)) : last
    }
}
