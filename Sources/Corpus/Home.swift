import Diagnostics
import Glibc

/// The folder that holds the shipped tests and rule sets.
public struct Home: Sendable, Hashable {
    /// Its path; empty for the working directory.
    public let path: String

    /// The shipped tests.
    public var litmus: String { path.isEmpty ? "Litmus" : path + "/Litmus" }
    /// The shipped rule sets.
    public var rules: String { path.isEmpty ? "Rules" : path + "/Rules" }
    /// The C sources that tests are compiled with.
    public var runtime: String { path.isEmpty ? "Runtime" : path + "/Runtime" }

    /// The variable of the environment that names the folder.
    public static let variable = "MUSTER_HOME"

    /// There is no such folder.
    public struct NotFound: Error, Sendable, Hashable {
        /// Where it was looked for, in words.
        public let message: String
    }

    /// Finds the folder: the one that the environment names, else the nearest one above the working directory, else the
    /// nearest one above the executable.
    public static func find() throws(NotFound) -> Home {
        if let named = getenv(variable) {
            let path = String(cString: named)
            if !path.isEmpty {
                guard let home = Home(at: path) else {
                    throw NotFound(message: "\(variable) is '\(path)', which has no folders Litmus and Rules")
                }
                return home
            }
        }
        if let home = nearest(aboveWorkingDirectory: 64) { return home }
        if let executable, let home = nearest(above: executable) { return home }
        throw NotFound(
            message:
                "the shipped tests and rule sets are not found: no folder above the working directory or the "
                + "executable has Litmus and Rules in it; set \(variable) to the one that has")
    }

    private init?(at path: String) {
        let home = Home(path: path)
        guard FileTree.isDirectory(home.litmus), FileTree.isDirectory(home.rules) else { return nil }
        self = home
    }

    private init(path: String) { self.path = path }

    /// Looks upward with relative paths, so that reports name files as somebody who stands there would.
    private static func nearest(aboveWorkingDirectory depth: Int) -> Home? {
        var path = ""
        for _ in 0..<depth {
            if let home = Home(at: path) { return home }
            path = path.isEmpty ? ".." : path + "/.."
            var here = stat()
            var root = stat()
            guard stat(path, &here) == 0, stat("/", &root) == 0 else { return nil }
            if here.st_ino == root.st_ino, here.st_dev == root.st_dev { return Home(at: "/.") }
        }
        return nil
    }

    private static func nearest(above path: String) -> Home? {
        var rest = path[...]
        while let slash = rest.lastIndex(of: "/") {
            rest = rest[..<slash]
            if let home = Home(at: rest.isEmpty ? "/." : String(rest)) { return home }
        }
        return nil
    }

    private static var executable: String? {
        guard let path = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }
}
