import Diagnostics

extension String {
    /// The text with every run of spaces and line breaks as one space, so that line breaks do not matter.
    var unwrapped: String { split { $0.isWhitespace }.joined(separator: " ") }
}

extension SourceText {
    /// The whole text.
    var whole: String { String(decoding: bytes, as: UTF8.self) }
}
