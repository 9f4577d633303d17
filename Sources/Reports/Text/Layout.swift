/// How text reports are laid out.
enum Layout {
    /// Columns that a report may use.
    static let width = 100

    /// Pads on the right to a width.
    static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// Pads on the left to a width.
    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// Breaks words into lines.
    ///
    /// - Parameters:
    ///   - first: what the first line begins with; it counts for the width.
    ///   - rest: what the others begin with.
    ///   - reserved: columns that are left free at the end of every line.
    static func wrap(
        _ words: [String], first: String, rest: String, reserving reserved: Int = 0
    ) -> [String] {
        var lines: [String] = []
        var line = first
        var isEmpty = true
        for word in words {
            if !isEmpty, line.count + 1 + word.count > width - reserved {
                lines.append(line)
                line = rest
                isEmpty = true
            }
            line += isEmpty ? word : " " + word
            isEmpty = false
        }
        return lines + [line]
    }

    /// Breaks a text into lines at its spaces.
    static func wrap(_ text: String, indent: String) -> [String] {
        wrap(text.split(separator: " ").map(String.init), first: indent, rest: indent)
    }

    /// Words with commas behind all but the last.
    static func listed(_ names: [String]) -> [String] {
        names.indices.map { names[$0] + ($0 + 1 < names.count ? "," : "") }
    }

    /// `1 test`, `2 tests`.
    static func count(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
        "\(number) " + (number == 1 ? noun : plural ?? noun + "s")
    }
}
