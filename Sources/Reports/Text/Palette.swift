/// Colours for a terminal, or none.
public struct Palette: Sendable {
    /// Whether there are any.
    public let isColored: Bool

    /// When to use colours.
    public enum Choice: String, CaseIterable, Sendable {
        /// On a terminal, unless the environment says otherwise.
        case auto
        /// Always.
        case always
        /// Never.
        case never
    }

    /// Makes a palette.
    public init(isColored: Bool) { self.isColored = isColored }

    /// Decides for one stream. A choice that is not `auto` wins, then `NO_COLOR`, then `CLICOLOR_FORCE`; a terminal that
    /// is `dumb` has no colours.
    public init(_ choice: Choice, environment: (String) -> String?, isTerminal: Bool) {
        func isSet(_ name: String) -> Bool { environment(name).map { !$0.isEmpty } ?? false }
        switch choice {
        case .always: isColored = true
        case .never: isColored = false
        case .auto:
            if isSet("NO_COLOR") {
                isColored = false
            } else if isSet("CLICOLOR_FORCE"), environment("CLICOLOR_FORCE") != "0" {
                isColored = true
            } else {
                isColored = isTerminal && environment("TERM") != "dumb"
            }
        }
    }

    /// The label of an error.
    public func error(_ text: String) -> String { bad(text) }

    /// For what a reader is to find first.
    func strong(_ text: String) -> String { paint(text, "1") }
    /// For what is right.
    func good(_ text: String) -> String { paint(text, "32") }
    /// For what is wrong.
    func bad(_ text: String) -> String { paint(text, "1;31") }
    /// For what is not known.
    func unsure(_ text: String) -> String { paint(text, "33") }
    /// For what may be passed over.
    func faint(_ text: String) -> String { paint(text, "2") }

    private func paint(_ text: String, _ code: String) -> String {
        isColored && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
