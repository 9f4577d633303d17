/// The last lines of what a machine says beside its results.
struct ConsoleTail: Sendable {
    /// The last lines, the oldest first.
    private(set) var lines: [String] = []
    /// The kernel's own words when it panicked; nil where it did not.
    private(set) var panic: String?

    /// What QEMU said when the processor refused to go on; nil where it did not.
    private(set) var refusal: String?

    private var splitter = LineSplitter()

    private static let kept = 60
    private static let refusals = ["KVM internal error", "KVM: entry failed"]
    private static let panicWords = "Kernel panic - not syncing"

    /// Takes the next bytes.
    mutating func append(_ bytes: some Collection<UInt8>) {
        for line in splitter.append(bytes) { take(line) }
    }

    /// Takes what is left of a line that has no end.
    mutating func close() {
        if let line = splitter.close() { take(line) }
    }

    private mutating func take(_ line: String) {
        let text = String(
            line.unicodeScalars.filter { $0 == "\t" || $0.properties.generalCategory != .control })
        guard !text.isEmpty else { return }
        if panic == nil, let start = text.firstRange(of: ConsoleTail.panicWords)?.lowerBound {
            panic = String(text[start...])
        }
        if refusal == nil, ConsoleTail.refusals.contains(where: text.hasPrefix) { refusal = text }
        lines.append(text)
        if lines.count > ConsoleTail.kept { lines.removeFirst() }
    }
}

/// Makes lines of bytes that come in pieces.
struct LineSplitter: Sendable {
    private var rest: [UInt8] = []

    /// A line may have so many bytes; longer ones are cut, so that a stream without line ends fills no memory.
    private static let longest = 1 << 20

    /// Takes the next bytes, and gives the lines that they complete, without their ends.
    mutating func append(_ bytes: some Collection<UInt8>) -> [String] {
        rest += bytes
        var lines: [String] = []
        var start = rest.startIndex
        while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(LineSplitter.text(rest[start..<end]))
            start = end + 1
        }
        rest.removeSubrange(..<start)
        if rest.count > LineSplitter.longest, let line = close() { lines.append(line) }
        return lines
    }

    /// Gives what is left after the last line end; nil where nothing is.
    mutating func close() -> String? {
        defer { rest = [] }
        return rest.isEmpty ? nil : LineSplitter.text(rest[...])
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes, as: UTF8.self)
    }
}
