import Exploration
import Glibc
import Synchronization

/// A line on standard error that says how far a check is; only on a terminal, and gone at the end.
///
/// It has a thread of its own, for the searches keep all others busy.
final class ProgressMeter: Sendable {
    private let tests: Int
    private let control: SearchControl
    private let done = Atomic<Int>(0)
    private let isOver = Atomic<Bool>(false)
    private let thread: Mutex<pthread_t?> = Mutex(nil)

    /// Makes a meter for so many tests.
    init(tests: Int, control: SearchControl) {
        self.tests = tests
        self.control = control
    }

    /// Tells how many tests are done.
    func finished(_ count: Int) { done.store(count, ordering: .relaxed) }

    /// Begins to show, where standard error is a terminal.
    func start() {
        guard isatty(STDERR_FILENO) == 1 else { return }
        var handle = pthread_t()
        let meter = Unmanaged.passRetained(self).toOpaque()
        let failure = pthread_create(
            &handle, nil,
            { raw in
                guard let raw else { return nil }
                Unmanaged<ProgressMeter>.fromOpaque(raw).takeRetainedValue().show()
                return nil
            }, meter)
        if failure == 0 {
            thread.withLock { $0 = handle }
        } else {
            Unmanaged<ProgressMeter>.fromOpaque(meter).release()
        }
    }

    /// Ends the line and clears it.
    func stop() {
        isOver.store(true, ordering: .relaxed)
        guard let handle = thread.withLock({ $0 }) else { return }
        pthread_join(handle, nil)
        Terminal.printError("\r\u{1B}[K")
    }

    private func show() {
        var last = 0
        let period = 0.2
        while !isOver.load(ordering: .relaxed) {
            usleep(UInt32(period * 1_000_000))
            let states = control.states
            let rate = Int(Double(states - last) / period)
            last = states
            Terminal.printError(
                "\r\u{1B}[Kexploring: \(done.load(ordering: .relaxed)) of \(tests) tests, \(states) states, "
                    + "\(rate) a second, \(control.queue) in the queue")
        }
    }
}
