import Glibc

/// A line on standard error that says how far something is; only on a terminal.
struct ProgressLine: Sendable {
    private let isShown = isatty(STDERR_FILENO) == 1

    /// Shows a text in place of the one before.
    func show(_ text: String) {
        if isShown { Terminal.printError("\r\u{1B}[K\(text)") }
    }

    /// Clears the line.
    func clear() {
        if isShown { Terminal.printError("\r\u{1B}[K") }
    }
}
