/// Turns diagnostics into lines for people: `file:line:col: error: message`, the source line, and a caret under the
/// exact span. Columns count UTF-8 bytes; the caret is placed by characters, and tabs are kept so that it lines up.
public struct DiagnosticRenderer: Sendable {
    /// Whether to use ANSI colours.
    public var color: Bool
    /// Source lines longer than this are shown in part.
    private let widest = 160

    /// Makes a renderer.
    public init(color: Bool = false) {
        self.color = color
    }

    /// The lines for one diagnostic, each ended by a line break.
    public func render(_ diagnostic: Diagnostic, in source: SourceText) -> String {
        var output = entry(diagnostic.severity, diagnostic.message, at: diagnostic.span, in: source)
        if let help = diagnostic.help {
            output += "    " + paint("help:", "1;36") + " " + help + "\n"
        }
        for note in diagnostic.notes {
            output += entry(.note, note.message, at: note.span, in: source)
        }
        return output
    }

    /// The lines for several diagnostics.
    public func render(_ error: DiagnosticsError) -> String {
        error.diagnostics.map { render($0, in: error.source) }.joined()
    }

    private func entry(
        _ severity: Diagnostic.Severity, _ message: String, at span: Span?, in source: SourceText
    ) -> String {
        let tint = severity == .error ? "1;31" : severity == .warning ? "1;35" : "1;36"
        let head = paint("\(severity.rawValue):", tint) + " " + paint(message, "1") + "\n"
        guard let span else { return paint("\(source.name):", "1") + " " + head }
        let (line, column) = source.position(at: span.start)
        return paint("\(source.name):\(line):\(column):", "1") + " " + head
            + excerpt(span, line, column, source)
    }

    private func excerpt(_ span: Span, _ line: Int, _ column: Int, _ source: SourceText) -> String {
        let bytes = source.line(line)
        let before = characters(bytes.prefix(column - 1))
        let spanned = characters(bytes.dropFirst(column - 1).prefix(max(span.end - span.start, 0)))
        let after = characters(bytes.dropFirst(column - 1).dropFirst(max(span.end - span.start, 0)))
        let hidden = before.count > widest / 2 ? before.count - widest / 2 : 0
        let shownBefore = Array(before.dropFirst(hidden))
        let shownSpan = Array(spanned.prefix(widest / 2))
        let lead = hidden > 0 ? "…" : ""
        let text = lead + String(shownBefore) + String(shownSpan) + String(after.prefix(widest / 2))
        let padding = String(shownBefore.map { $0 == "\t" ? "\t" : " " })
        let carets = "^" + String(repeating: "~", count: max(shownSpan.count - 1, 0))
        return "    \(text)\n    \(hidden > 0 ? " " : "")\(padding)\(paint(carets, "1;32"))\n"
    }

    /// Characters to show for bytes: control characters other than tabs become U+FFFD.
    private func characters(_ bytes: ArraySlice<UInt8>) -> [Character] {
        String(decoding: bytes.prefix(4096), as: UTF8.self).map { character in
            guard let scalar = character.unicodeScalars.first, character != "\t" else { return character }
            return scalar.value < 0x20 || scalar.value == 0x7f ? "\u{FFFD}" : character
        }
    }

    private func paint(_ text: String, _ code: String) -> String {
        color ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
