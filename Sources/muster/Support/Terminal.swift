import ArgumentParser
import Glibc
import Reports

extension Palette.Choice: ExpressibleByArgument {}

extension Palette {
    /// The palette for one of the process's own streams.
    static func of(_ stream: Int32, _ choice: Palette.Choice) -> Palette {
        Palette(
            choice, environment: { name in getenv(name).map { String(cString: $0) } },
            isTerminal: isatty(stream) == 1)
    }
}

/// The process's own streams.
enum Terminal {
    /// Prints to standard output.
    ///
    /// - Throws: `ExitStatus.internal`, after a message, where the text cannot be written.
    static func print(_ text: String) throws {
        try write(text, to: STDOUT_FILENO, named: "the results")
    }

    /// Writes a text to a descriptor.
    ///
    /// - Throws: `ExitStatus.internal`, after a message that says what could not be written.
    static func write(_ text: String, to descriptor: Int32, named name: String) throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                complain("cannot write \(name): \(String(cString: strerror(errno)))")
                throw ExitCode(ExitStatus.internal.rawValue)
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Prints a line about what is wrong to standard error.
    static func complain(_ message: String, color: Palette.Choice = .auto) {
        let label = Palette.of(STDERR_FILENO, color).error("error:")
        printError("muster: \(label) \(message)\n")
    }

    /// Prints a line about what may be wrong to standard error.
    static func warn(_ message: String) {
        printError("muster: warning: \(message)\n")
    }

    /// Prints a line that is good to know to standard error.
    static func note(_ message: String) {
        printError("muster: note: \(message)\n")
    }

    /// Prints to standard error as it is.
    static func printError(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
