import Exploration
import Glibc

/// What a first Ctrl-C does: searches stop, what is known is printed. A second one ends the process at once.
enum Interrupt {
    /// Searches hear from it.
    static let control = SearchControl()

    /// Takes over SIGINT and SIGTERM.
    static func install() {
        // The handler must find the control made, for making it is nothing that a signal handler may do.
        _ = control.isStopped
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in Interrupt.control.stop() }
        action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
        sigaction(SIGINT, &action, nil)
        sigaction(SIGTERM, &action, nil)
    }
}
