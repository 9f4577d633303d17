import Corpus
import Glibc
import Subprocess
import SystemPackage

/// A C compiler that makes static programs.
public struct Compiler: Sendable, Hashable {
    /// Its path.
    public let path: String

    /// Why there is no program.
    public enum Failure: Error, Sendable, Hashable {
        /// No compiler was found; the names that were looked for.
        case noCompiler([String])
        /// It could not be started, in words.
        case notStarted(String, reason: String)
        /// It refused the program; what it said.
        case refused(String, said: String)

        /// The error in words, with what can be done.
        public var message: String {
            switch self {
            case .noCompiler(let names):
                "no C compiler: none of \(names.joined(separator: ", ")) is in PATH; "
                    + "install clang or gcc, or set CC to one"
            case .notStarted(let path, let reason): "'\(path)' cannot be started: \(reason)"
            case .refused(let path, let said):
                "'\(path)' cannot compile the tests"
                    + (said.contains("-lc") || said.contains("libc.a")
                        ? ": there is no static C library; install libc6-dev, or musl-dev" : "")
                    + "\n" + said
            }
        }
    }

    /// Makes a compiler of a path.
    public init(path: String) { self.path = path }

    /// Finds a compiler: the one that `CC` names, else `clang` beside the `swift` in PATH, else `clang`, `cc` or `gcc`.
    public static func find() throws(Failure) -> Compiler {
        if let named = environment("CC") {
            guard let path = named.contains("/") ? named : search(named) else {
                throw .noCompiler([named])
            }
            return Compiler(path: path)
        }
        if let swift = search("swift"), let real = realPath(swift), let slash = real.lastIndex(of: "/") {
            let beside = real[..<slash] + "/clang"
            if isExecutable(String(beside)) { return Compiler(path: String(beside)) }
        }
        let names = ["clang", "cc", "gcc"]
        for name in names {
            if let path = search(name) { return Compiler(path: path) }
        }
        throw .noCompiler(names)
    }

    /// Compiles a program.
    ///
    /// - Parameters:
    ///   - text: the program in C.
    ///   - runtime: the folder of the headers that it includes.
    ///   - output: where the static executable goes.
    public func compile(_ text: String, runtime: String, to output: String) async throws(Failure) {
        // A file rather than a pipe: a compiler that ends without reading its input would end us, too.
        let source: NamelessFile
        do throws(MachineError) {
            source = try NamelessFile(Array(text.utf8))
        } catch {
            throw .notStarted(path, reason: error.message)
        }
        defer { withExtendedLifetime(source) {} }
        let arguments = [
            "-std=gnu11", "-O1", "-static", "-pthread", "-Wno-unused-function", "-I", runtime, "-x", "c",
            source.path, "-o", output,
        ]
        let status: TerminationStatus
        let said: String
        do {
            let result = try await run(
                .path(FilePath(path)), arguments: Arguments(arguments), input: .none,
                output: .discarded,
                error: .string(limit: 1 << 20))
            status = result.terminationStatus
            said = result.standardError
        } catch {
            throw .notStarted(path, reason: "\(error)")
        }
        guard status.isSuccess else { throw .refused(path, said: said) }
    }

    // MARK: Looking for it

    private static func environment(_ name: String) -> String? {
        guard let text = getenv(name) else { return nil }
        let value = String(cString: text)
        return value.isEmpty ? nil : value
    }

    private static func search(_ name: String) -> String? {
        for folder in (environment("PATH") ?? "/usr/bin:/bin").split(separator: ":") {
            let path = "\(folder)/\(name)"
            if isExecutable(path) { return path }
        }
        return nil
    }

    private static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

    private static func realPath(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
}
