import Glibc
import Subprocess
import SystemPackage

/// A program that runs until it ends, is ended, or loses us: it never outlives us, however we end.
struct LeashedProgram: Sendable {
    let path: String
    let arguments: [String]

    /// Runs a program in a group of processes of its own and kills the group when the pipe from us has no other end any
    /// more, as is the case also when we were killed.
    private static let leash = """
        exec 3<&0 </dev/null
        ( read -r line <&3; kill -KILL 0 ) >/dev/null 2>&1 &
        "$@" 3<&-
        status=$?
        kill -KILL $!
        exit $status
        """

    /// How long streams may stay open when the program has ended.
    private static let farewell = Duration.seconds(5)

    /// How often limits are looked at.
    private static let beat = Duration.milliseconds(50)

    /// Runs it under the eyes of a watch.
    ///
    /// - Returns: How it ended, in words.
    func run(_ watch: RunWatch) async throws(MachineError) -> String {
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [
            .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .milliseconds(1))
        ]
        do {
            let status = try await withTaskCancellationHandler {
                try await start(options, watch)
            } onCancel: {
                watch.stop()
            }
            return LeashedProgram.words(status)
        } catch {
            throw .system("\(path) cannot be started: \(error)")
        }
    }

    private func start(_ options: PlatformOptions, _ watch: RunWatch) async throws -> TerminationStatus {
        let words = ["-c", LeashedProgram.leash, "muster", path] + arguments
        return try await Subprocess.run(
            .path("/bin/sh"), arguments: Arguments(words), platformOptions: options, input: .inputWriter,
            output: .sequence, error: .sequence
        ) { execution in
            let group = execution.processIdentifier.value
            await withTaskGroup { tasks in
                tasks.addTask { () -> Bool in
                    await LeashedProgram.read(execution.standardOutput, watch.takeResults)
                    return true
                }
                tasks.addTask { () -> Bool in
                    await LeashedProgram.read(execution.standardError, watch.takeConsole)
                    return true
                }
                tasks.addTask { () -> Bool in
                    await LeashedProgram.guardLimits(watch, of: group)
                    kill(-group, SIGKILL)
                    // Somebody who left the group may have something to put back before letting go of the streams.
                    try? await Task.sleep(for: LeashedProgram.farewell)
                    return false
                }
                var streams = 2
                while streams > 0, await tasks.next() == true { streams -= 1 }
                tasks.cancelAll()
            }
            // Whoever closed both streams may still be about.
            kill(-group, SIGKILL)
        }.terminationStatus
    }

    private static func read(
        _ stream: SubprocessOutputSequence, _ take: (([UInt8]) -> Void)
    ) async {
        // A stream that cannot be read on is one that has ended.
        do {
            for try await piece in stream { take(piece.withUnsafeBytes { Array($0) }) }
        } catch {}
    }

    /// Returns when the run has to be ended.
    private static func guardLimits(_ watch: RunWatch, of leader: pid_t) async {
        var timeOfEnd: ContinuousClock.Instant?
        while !watch.isOver() {
            if timeOfEnd == nil, hasEnded(leader) { timeOfEnd = .now }
            if let timeOfEnd, .now - timeOfEnd > farewell { return }
            // Sleep ends early where there is nothing to guard any more.
            do { try await Task.sleep(for: beat) } catch { return }
        }
    }

    /// Whether a child of ours has ended, which is not waited for here.
    private static func hasEnded(_ child: pid_t) -> Bool {
        var information = siginfo_t()
        return waitid(P_PID, id_t(child), &information, WEXITED | WNOHANG | WNOWAIT) == 0
            && information.si_signo == SIGCHLD
    }

    /// The shell adds 128 to the number of a signal that ended the program.
    private static func words(_ status: TerminationStatus) -> String {
        switch status {
        case .exited(let code) where code > 128: "ended by signal \(code - 128)"
        case .exited(let code): "ended with status \(code)"
        case .signaled(let signal): "ended by signal \(signal)"
        }
    }
}
