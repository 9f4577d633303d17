import Glibc

/// A program of tests, compiled; its file has no name and is gone when this is.
public final class CompiledProgram: Sendable {
    /// What was compiled.
    public let program: CProgram
    private let file: Int32

    /// Why there is no program.
    public enum Failure: Error, Sendable, Hashable {
        /// There is no compiler, or it refuses.
        case compiler(Compiler.Failure)
        /// There is no room for the program; where, and why.
        case noRoom(path: String, reason: String)

        /// The error in words.
        public var message: String {
            switch self {
            case .compiler(let failure): failure.message
            case .noRoom(let path, let reason): "the compiled tests cannot be kept in \(path): \(reason)"
            }
        }
    }

    /// Compiles a program.
    ///
    /// - Parameter runtime: the folder of the headers that it includes.
    public init(_ program: CProgram, by compiler: Compiler, runtime: String) async throws(Failure) {
        self.program = program
        let folder = try CompiledProgram.makeFolder()
        let path = folder + "/tests"
        defer {
            unlink(path)
            rmdir(folder)
        }
        do throws(Compiler.Failure) {
            try await compiler.compile(program.text, runtime: runtime, to: path)
        } catch {
            throw .compiler(error)
        }
        file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .noRoom(path: path, reason: String(cString: strerror(errno))) }
    }

    deinit { close(file) }

    /// Where processes of the same user can open it for as long as this exists.
    public var path: String { "/proc/\(getpid())/fd/\(file)" }

    private static func makeFolder() throws(Failure) -> String {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? ""
        let pattern = (parent.isEmpty ? "/tmp" : parent) + "/muster-XXXXXX"
        var bytes = Array(pattern.utf8CString)
        let isMade = bytes.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) } != nil
        }
        guard isMade else { throw .noRoom(path: pattern, reason: String(cString: strerror(errno))) }
        return String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
