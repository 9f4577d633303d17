import Synchronization

/// Collects result lines as they come, on whatever thread they come.
final class ResultCollector: Sendable {
    private struct State {
        var release: KernelRelease?
        var results: [Int: TestResult] = [:]
        var notes: [String] = []
    }

    private let state = Mutex(State())
    private let progress: @Sendable (Int, TestResult) -> Void

    init(progress: @escaping @Sendable (Int, TestResult) -> Void) {
        self.progress = progress
    }

    /// Takes a line; damaged ones are left out, so that their test counts as unanswered.
    func take(_ line: String) {
        guard let line = ResultLine(line) else { return }
        switch line {
        case .begins(let release, _): state.withLock { $0.release = release }
        case .test(let index, let result):
            state.withLock { $0.results[index] = result }
            progress(index, result)
        case .note(let text): state.withLock { $0.notes.append(text) }
        case .ends: break
        }
    }

    var release: KernelRelease? { state.withLock { $0.release } }
    var results: [Int: TestResult] { state.withLock { $0.results } }
    var notes: [String] { state.withLock { $0.notes } }
}
