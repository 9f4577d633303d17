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
        /// There is no room for what it makes; why, in words.
        case noRoom(String)
        /// It refused the program; what it said.
        case refused(String, said: String)

        /// The error in words, with what can be done.
        public var message: String {
            switch self {
            case .noCompiler(let names):
                "no C compiler: none of \(names.joined(separator: ", ")) is in PATH; "
                    + "install clang or gcc, or set CC to one"
            case .notStarted(let path, let reason): "'\(path)' cannot be started: \(reason)"
            case .noRoom(let reason): reason
            case .refused(let path, let said):
                "'\(path)' cannot compile the tests"
                    + (Failure.lacksLibrary(said)
                        ? ": there is no static C library; install libc6-dev, or musl-dev" : "")
                    + "\n" + said
            }
        }

        /// Whether something that is needed is missing, rather than wrong.
        public var isMissing: Bool {
            switch self {
            case .noCompiler, .notStarted, .noRoom: true
            case .refused(_, let said): Failure.lacksLibrary(said)
            }
        }

        private static func lacksLibrary(_ said: String) -> Bool {
            said.contains("-lc") || said.contains("libc.a")
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

    /// Compiles a program to a static executable, and gives that. Nothing of it stays on disk, however this ends: also
    /// when the task is cancelled, or this process killed.
    ///
    /// - Parameters:
    ///   - text: the program in C.
    ///   - runtime: the folder of the headers that it includes.
    public func compile(_ text: String, runtime: String) async throws(Failure) -> [UInt8] {
        // A file rather than a pipe: a compiler that ends without reading its input would end us, too.
        let source: NamelessFile
        do throws(MachineError) {
            source = try NamelessFile(Array(text.utf8))
        } catch {
            throw .noRoom(error.message)
        }
        defer { withExtendedLifetime(source) {} }
        let arguments = [
            "-c", Compiler.script, "muster", path, "-std=gnu11", "-O1", "-static", "-pthread",
            "-Wno-unused-function", "-I", runtime, "-x", "c", source.path,
        ]
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: .seconds(2))
        ]
        do {
            let result = try await run(
                .path("/bin/sh"), arguments: Arguments(arguments), platformOptions: options, input: .none,
                output: .bytes(limit: 1 << 28), error: .string(limit: 1 << 20))
            guard result.terminationStatus.isSuccess else {
                throw failure(result.terminationStatus, result.standardError)
            }
            return result.standardOutput
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .notStarted(path, reason: "\(error)")
        }
    }

    /// Runs a compiler in a folder that goes with it, and gives what it made. Whoever reads that may be gone.
    private static let script = """
        folder=$(mktemp -d "${TMPDIR:-/tmp}/muster-XXXXXX") || exit \(noFolder)
        trap '' PIPE
        trap 'rm -rf "$folder"' EXIT
        trap 'exit \(stopped)' HUP INT TERM
        export TMPDIR="$folder"
        "$@" -o "$folder/tests" && cat "$folder/tests"
        """
    private static let noFolder: Int32 = 73
    private static let stopped: Int32 = 130

    private func failure(_ status: TerminationStatus, _ said: String) -> Failure {
        if status == .exited(Compiler.noFolder) {
            return .noRoom("no temporary folder can be made: \(said.trimmed)")
        }
        if said.contains(String(cString: strerror(ENOSPC))) {
            return .noRoom("no room for what '\(path)' makes in \(Compiler.temporaryFolder)")
        }
        return .refused(path, said: said)
    }

    private static var temporaryFolder: String { environment("TMPDIR") ?? "/tmp" }

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

extension String {
    /// Without line breaks and spaces around it.
    fileprivate var trimmed: String {
        let front = drop(while: \.isWhitespace)
        return String(front.reversed().drop(while: \.isWhitespace).reversed())
    }
}
