/// A program of tests, compiled.
public struct CompiledCorpus: Sendable {
    /// The program.
    public let program: CProgram
    /// The executable; gone with the last copy of this.
    private let file: NamelessFile

    /// Compiles a program.
    ///
    /// - Parameter runtime: the folder of the runtime's headers.
    public init(
        _ program: CProgram, with compiler: Compiler, runtime: String
    ) async throws(Compiler.Failure) {
        let bytes = try await compiler.compile(program.text, runtime: runtime)
        do throws(MachineError) {
            file = try NamelessFile(bytes, isExecutable: true)
        } catch {
            throw .noRoom(error.message)
        }
        self.program = program
    }

    /// The executable's path, for as long as this exists.
    var path: String { file.path }
}
