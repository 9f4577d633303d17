/// Something to say about a place in a source text.
///
/// Messages start with a small letter, have no full stop, and quote names and source in '…'.
public struct Diagnostic: Sendable, Hashable {
    /// How bad it is.
    public enum Severity: String, Sendable, Hashable {
        /// The text cannot be used.
        case error
        /// The text can be used, but is probably not what was meant.
        case warning
        /// More about the diagnostic before it.
        case note
    }

    /// How bad it is.
    public var severity: Severity
    /// What happened, and what was expected.
    public var message: String
    /// Where; nil where the whole file is meant.
    public var span: Span?
    /// What to do next, as `help: …`: a did-you-mean, say. nil where there is nothing to add.
    public var help: String?
    /// Further places, each with a message: where a name was declared first, say.
    public var notes: [Note]

    /// A further place that belongs to a diagnostic.
    public struct Note: Sendable, Hashable {
        /// What there is to see there.
        public var message: String
        /// Where.
        public var span: Span

        /// Makes a note.
        public init(_ message: String, at span: Span) {
            self.message = message
            self.span = span
        }
    }

    /// Makes a diagnostic.
    public init(
        _ message: String, severity: Severity = .error, at span: Span?, help: String? = nil,
        notes: [Note] = []
    ) {
        self.severity = severity
        self.message = message
        self.span = span
        self.help = help
        self.notes = notes
    }
}

/// Diagnostics of one source text, thrown where nothing can go on.
public struct DiagnosticsError: Error, Sendable {
    /// The text that they point into.
    public let source: SourceText
    /// At least one of them is an error; in the order of their places.
    public let diagnostics: [Diagnostic]

    /// Makes an error of diagnostics.
    public init(source: SourceText, diagnostics: [Diagnostic]) {
        self.source = source
        self.diagnostics = diagnostics
    }
}

extension DiagnosticsError: CustomStringConvertible {
    /// The diagnostics as they are shown to people, without colours.
    public var description: String { DiagnosticRenderer().render(self) }
}
