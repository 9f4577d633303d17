import Diagnostics

extension RuleSetSyntax {
    /// The largest file that is read, in bytes.
    public static let largestSource = 1 << 20

    /// Reads the text of a rule set.
    ///
    /// - Parameter warnings: what the text says that is probably not meant.
    /// - Throws: everything that is wrong with the text, in the order of its places.
    public init(parsing source: SourceText, warnings: inout [Diagnostic]) throws(DiagnosticsError) {
        guard source.bytes.count <= RuleSetSyntax.largestSource else {
            let message = "a rule set has at most \(RuleSetSyntax.largestSource) bytes"
            throw DiagnosticsError(source: source, diagnostics: [Diagnostic(message, at: nil)])
        }
        var parser = Parser(source)
        let syntax = parser.parse()
        let diagnostics = parser.diagnostics.sorted { ($0.span?.start ?? 0) < ($1.span?.start ?? 0) }
        guard let syntax, !diagnostics.contains(where: { $0.severity == .error }) else {
            throw DiagnosticsError(source: source, diagnostics: diagnostics)
        }
        warnings += diagnostics
        self = syntax
    }

    /// Reads the text of a rule set and forgets the warnings.
    public init(parsing source: SourceText) throws(DiagnosticsError) {
        var warnings: [Diagnostic] = []
        try self.init(parsing: source, warnings: &warnings)
    }
}
