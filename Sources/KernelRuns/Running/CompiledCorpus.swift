import Glibc

/// A program of tests, compiled.
public struct CompiledCorpus: Sendable {
    /// The program.
    public let program: CProgram
    /// The executable; gone with the last copy of this.
    private let file: NamelessFile

    /// Why there is none.
    public enum Failure: Error, Sendable {
        /// The compiler.
        case compiler(Compiler.Failure)
        /// The system refused something, such as disk or memory.
        case system(String)

        /// The error in words.
        public var message: String {
            switch self {
            case .compiler(let failure): failure.message
            case .system(let reason): reason
            }
        }
    }

    /// Compiles a program.
    ///
    /// - Parameter runtime: the folder of the runtime's headers.
    public init(_ program: CProgram, with compiler: Compiler, runtime: String) async throws(Failure) {
        let folder = try TemporaryFolder()
        let path = folder.path + "/tests"
        do throws(Compiler.Failure) {
            try await compiler.compile(program.text, runtime: runtime, to: path)
        } catch {
            throw .compiler(error)
        }
        let bytes: [UInt8]
        do throws(KernelError) {
            bytes = try FileBytes.read(path)
        } catch {
            throw .system("\(path): \(error.reason)")
        }
        do throws(MachineError) {
            file = try NamelessFile(bytes, isExecutable: true)
        } catch {
            throw .system(error.message)
        }
        self.program = program
    }

    /// The executable's path, for as long as this exists.
    var path: String { file.path }
}

/// A folder that is gone when this is.
private final class TemporaryFolder {
    let path: String

    init() throws(CompiledCorpus.Failure) {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/muster-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw .system("no temporary folder can be made in \(parent): \(FileBytes.reason())")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        unlink(path + "/tests")
        rmdir(path)
    }
}
