/// The text of one file, with what is needed to point at a place in it.
public struct SourceText: Sendable, Hashable {
    /// The name that diagnostics print: a path as the user gave it, or something like `<standard input>`.
    public let name: String
    /// The bytes of the file, as UTF-8. Offsets in a `Span` count these bytes.
    public let bytes: [UInt8]
    private let lineStarts: [Int]

    /// Makes a source text of UTF-8 bytes; bytes that are no UTF-8 are kept and shown as U+FFFD.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
        var starts = [0]
        for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            starts.append(offset + 1)
        }
        lineStarts = starts
    }

    /// Makes a source text of a string.
    public init(name: String, text: String) {
        self.init(name: name, bytes: Array(text.utf8))
    }

    /// Line and column of a byte offset, both from 1; the column counts UTF-8 bytes, as clang's does.
    public func position(at offset: Int) -> (line: Int, column: Int) {
        let offset = min(max(offset, 0), bytes.count)
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return (low + 1, offset - lineStarts[low] + 1)
    }

    /// The bytes of a line (from 1), without its line break.
    public func line(_ number: Int) -> ArraySlice<UInt8> {
        guard number >= 1, number <= lineStarts.count else { return [] }
        let start = lineStarts[number - 1]
        var end = number < lineStarts.count ? lineStarts[number] - 1 : bytes.count
        if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return bytes[start..<max(start, end)]
    }

    /// The text that a span covers.
    public func text(in span: Span) -> String {
        let start = min(max(span.start, 0), bytes.count)
        let end = min(max(span.end, start), bytes.count)
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }
}

/// A stretch of a source text: byte offsets, the end is not part of it. An empty span points between two bytes.
public struct Span: Sendable, Hashable {
    /// Offset of the first byte.
    public var start: Int
    /// Offset behind the last byte.
    public var end: Int

    /// Makes a span of byte offsets; an end before the start gives an empty span.
    public init(_ start: Int, _ end: Int) {
        self.start = start
        self.end = max(start, end)
    }

    /// The smallest span that covers both.
    public func joined(with other: Span) -> Span {
        Span(min(start, other.start), max(end, other.end))
    }
}
