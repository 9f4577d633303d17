import Diagnostics
import RuleLanguage

/// Why something that a user named gives no test or no rule set.
public enum InputError: Error, Sendable {
    /// The file cannot be had.
    case file(SourceText.LoadingError)
    /// The directory has no tests in it.
    case noTests(path: String)
    /// The text is wrong, or says what is not modelled yet.
    case text(DiagnosticsError)
    /// A file of rule sets is wrong.
    case rules(RuleLibraryError)

    /// One thing that is wrong, with its place where it has one.
    public struct Entry: Sendable, Hashable {
        /// The file or directory.
        public let file: String
        /// Line and column, both from 1; the column counts UTF-8 bytes. nil where the whole file is meant.
        public let position: Position?
        /// What is wrong.
        public let message: String

        /// What is wrong at a place of a text; with its whole where the span is nil.
        public init(_ message: String, in source: SourceText, at span: Span?) {
            file = source.name
            position = span.map { span in
                let place = source.position(at: span.start)
                return Position(line: place.line, column: place.column)
            }
            self.message = message
        }

        init(_ message: String, file: String) {
            self.file = file
            position = nil
            self.message = message
        }

        /// A place in a text.
        public struct Position: Sendable, Hashable {
            /// From 1.
            public let line: Int
            /// From 1, in UTF-8 bytes.
            public let column: Int
        }
    }

    /// All that is wrong.
    public var entries: [Entry] {
        switch self {
        case .file(let error): [Entry(error.explanation, file: error.path)]
        case .noTests(let path): [Entry("no tests (*.cow) in it", file: path)]
        case .text(let error): InputError.entries(error)
        case .rules(.invalid(let errors)): errors.flatMap(InputError.entries)
        case .rules(let error): [Entry(error.message(), file: error.path ?? "")]
        }
    }

    private static func entries(_ error: DiagnosticsError) -> [Entry] {
        error.diagnostics.map { Entry($0.message, in: error.source, at: $0.span) }
    }

    /// The error as text for people, ended by a line break.
    public func rendered(color: Bool) -> String {
        let renderer = DiagnosticRenderer(color: color)
        switch self {
        case .text(let error): return renderer.render(error)
        case .rules(.invalid(let errors)): return errors.map { renderer.render($0) }.joined()
        case .rules(let error):
            let label = SourceText(name: "muster", bytes: [])
            return renderer.render(Diagnostic(error.message(), at: nil), in: label)
        case .file, .noTests:
            return entries.map { entry in
                renderer.render(
                    Diagnostic(entry.message, at: nil), in: SourceText(name: entry.file, bytes: []))
            }.joined()
        }
    }
}

extension RuleLibraryError {
    /// The file or directory that it is about.
    fileprivate var path: String? {
        switch self {
        case .unreadable(let error): error.path
        case .empty(let path): path
        case .invalid(let errors): errors.first?.source.name
        case .unknown: nil
        }
    }
}
