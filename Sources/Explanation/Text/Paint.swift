/// Colours text for a terminal, or leaves it as it is.
struct Paint: Sendable {
    /// Whether to use ANSI colours.
    let color: Bool

    func strong(_ text: String) -> String { paint(text, "1") }
    func dim(_ text: String) -> String { paint(text, "2") }
    func statement(_ text: String) -> String { paint(text, "36") }
    func subject(_ text: String) -> String { paint(text, "33") }
    func bad(_ text: String) -> String { paint(text, "1;31") }
    func good(_ text: String) -> String { paint(text, "32") }

    private func paint(_ text: String, _ code: String) -> String {
        color && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

extension String {
    /// The string with spaces behind it, up to a width.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }

    /// Lines of at most a width, broken at spaces; a word that is longer stands alone.
    func wrapped(to width: Int) -> [String] {
        var lines: [String] = []
        for word in split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines.isEmpty ? [""] : lines
    }
}
