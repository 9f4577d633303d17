import Synchronization

/// What is known of a run while it goes on: its lines, its console, and whether it takes too long.
final class RunWatch: Sendable {
    private struct State {
        var results = LineSplitter()
        var console = ConsoleTail()
        var firstLine: ContinuousClock.Instant?
        var lastLine: ContinuousClock.Instant
        var closing: ContinuousClock.Instant?
        var verdict: MachineRun.Ending?
    }

    private let job: MachineJob
    private let receive: @Sendable (String) -> Void
    private let start: ContinuousClock.Instant
    private let state: Mutex<State>

    /// After the closing line, a program has so long to end by itself.
    private static let grace = Duration.seconds(3)

    init(_ job: MachineJob, receive: @escaping @Sendable (String) -> Void) {
        self.job = job
        self.receive = receive
        start = .now
        state = Mutex(State(lastLine: start))
    }

    /// Takes bytes of the result stream. Called by one task only.
    func takeResults(_ bytes: [UInt8]) {
        let lines = state.withLock { $0.results.append(bytes) }
        for line in lines { take(line) }
    }

    /// Takes bytes of the console.
    func takeConsole(_ bytes: [UInt8]) {
        state.withLock { $0.console.append(bytes) }
    }

    private func take(_ line: String) {
        let now = ContinuousClock.now
        state.withLock { state in
            state.firstLine = state.firstLine ?? now
            state.lastLine = now
            if state.closing == nil, job.isClosing(line) { state.closing = now }
        }
        receive(line)
    }

    /// Whether the run has to be ended now.
    func isOver() -> Bool {
        let now = ContinuousClock.now
        return state.withLock { state in
            if let closing = state.closing { return now - closing > RunWatch.grace }
            if state.verdict == nil { state.verdict = verdict(state, now) }
            return state.verdict != nil
        }
    }

    private func verdict(_ state: State, _ now: ContinuousClock.Instant) -> MachineRun.Ending? {
        if job.isStopped() { return .stopped }
        if let refusal = state.console.refusal { return .vanished(refusal) }
        if now - start > job.limits.total { return .hung("not done after \(seconds(job.limits.total))") }
        guard state.firstLine != nil else {
            let isLate = now - start > job.limits.start
            return isLate ? .hung("no result after \(seconds(job.limits.start))") : nil
        }
        let isSilent = now - state.lastLine > job.limits.silence
        return isSilent ? .hung("no further result for \(seconds(job.limits.silence))") : nil
    }

    private func seconds(_ duration: Duration) -> String { "\(duration.components.seconds) s" }

    /// Says that somebody gave up.
    func stop() {
        state.withLock { $0.verdict = $0.verdict ?? .stopped }
    }

    /// What came of it, when it is over.
    ///
    /// - Parameter end: How the program ended, in words.
    func run(end: String, accelerator: Accelerator?, notes: [String]) -> MachineRun {
        let rest = state.withLock { state in
            state.console.close()
            return state.results.close()
        }
        if let rest { take(rest) }
        return state.withLock { state in
            let ending: MachineRun.Ending =
                if state.closing != nil {
                    .finished
                } else if let panic = state.console.panic {
                    .panicked(panic)
                } else {
                    state.verdict ?? .vanished(end)
                }
            return MachineRun(
                ending: ending, console: state.console.lines, accelerator: accelerator, notes: notes,
                timeToFirstLine: state.firstLine.map { $0 - start })
        }
    }
}
