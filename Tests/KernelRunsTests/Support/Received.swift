import KernelRuns
import Synchronization
import TestSupport

/// Lines that a machine gave.
final class Received: Sendable {
    private let state = Mutex<[String]>([])

    /// The lines so far.
    var lines: [String] { state.withLock { $0 } }

    /// Takes a line.
    func take(_ line: String) { state.withLock { $0.append(line) } }
}

extension Machine {
    /// Runs the double of a compiled corpus, and gives how it ended and what it printed.
    func run(
        guest arguments: [String], needs: MachineNeeds = [], adjust: (inout MachineJob) -> Void = { _ in }
    ) async throws -> (run: MachineRun, lines: [String])? {
        let folder = try Folder()
        guard let program = await Guest.compile(in: folder.path) else { return nil }
        var job = MachineJob(program: program, arguments: arguments, needs: needs)
        adjust(&job)
        let received = Received()
        let run = try await self.run(job) { received.take($0) }
        return (run, received.lines)
    }
}
