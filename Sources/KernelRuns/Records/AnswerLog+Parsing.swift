import Diagnostics

extension AnswerLog {
    /// Reads a file of answers.
    ///
    /// - Throws: what is wrong with it, with its place.
    public init(parsing source: SourceText) throws(DiagnosticsError) {
        var reader = AnswerReader(source)
        self = try reader.read()
    }
}

/// Reads a file of answers line by line.
private struct AnswerReader {
    private let source: SourceText
    private let lines: [(text: Substring, span: Span)]
    private var next = 0

    init(_ source: SourceText) {
        self.source = source
        var offset = 0
        lines = String(decoding: source.bytes, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map { line in
            defer { offset += line.utf8.count + 1 }
            return (line, Span(offset, offset + line.utf8.count))
        }
    }

    mutating func read() throws(DiagnosticsError) -> AnswerLog {
        guard let head = lines.first else { throw error("the file is empty", at: nil) }
        let parts = head.text.split(separator: ", hash ")
        guard parts.count == 2, parts[0].hasPrefix("answers to "), let hash = UInt64(parts[1], radix: 16)
        else { throw error("expected 'answers to NAME, hash HASH'", at: head.span) }
        next = 1
        var blocks: [AnswerLog.Block] = []
        while next < lines.count {
            if lines[next].text.isEmpty {
                next += 1
            } else {
                blocks.append(try block())
            }
        }
        return AnswerLog(test: String(parts[0].dropFirst("answers to ".count)), hash: hash, blocks: blocks)
    }

    private mutating func block() throws(DiagnosticsError) -> AnswerLog.Block {
        let head = lines[next]
        let parts = head.text.split(separator: ", ")
        guard parts.count == 2, parts[0].hasPrefix("kernel "), isDate(parts[1]) else {
            throw error("expected 'kernel RELEASE, YYYY-MM-DD'", at: head.span)
        }
        next += 1
        var answers: [String] = []
        while next < lines.count, lines[next].text.hasPrefix("    ") {
            answers.append(String(lines[next].text.dropFirst(4)))
            next += 1
        }
        guard let first = answers.first else {
            throw error("expected an outcome, or 'not runnable: …', behind four spaces", at: head.span)
        }
        let reason = "not runnable: "
        let answer: AnswerLog.Answer =
            first.hasPrefix(reason) ? .notRunnable(String(first.dropFirst(reason.count))) : .ran(answers)
        let release = KernelRelease(String(parts[0].dropFirst("kernel ".count)))
        return AnswerLog.Block(release: release, date: String(parts[1]), answer: answer)
    }

    private func isDate(_ text: Substring) -> Bool {
        text.split(separator: "-", omittingEmptySubsequences: false).map(\.count) == [4, 2, 2]
            && text.allSatisfy { $0 == "-" || ("0"..."9").contains($0) }
    }

    private func error(_ message: String, at span: Span?) -> DiagnosticsError {
        DiagnosticsError(source: source, diagnostics: [Diagnostic(message, at: span)])
    }
}
