import Diagnostics
import RuleLanguage

/// Why something that a user named gives no test or no rule set.
public enum InputError: Error, Sendable {
    /// The file cannot be had.
    case file(FileError)
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

        /// Makes an entry.
        public init(file: String, position: Position?, message: String) {
            self.file = file
            self.position = position
            self.message = message
        }

        /// A place in a text.
        public struct Position: Sendable, Hashable {
            /// From 1.
            public let line: Int
            /// From 1, in UTF-8 bytes.
            public let column: Int

            /// Makes a position.
            public init(line: Int, column: Int) {
                self.line = line
                self.column = column
            }
        }
    }

    /// All that is wrong.
    public var entries: [Entry] {
        switch self {
        case .file(let error): [Entry(file: error.path, position: nil, message: error.reason)]
        case .noTests(let path): [Entry(file: path, position: nil, message: "no tests (*.cow) in it")]
        case .text(let error): InputError.entries(error)
        case .rules(.invalid(let errors)): errors.flatMap(InputError.entries)
        case .rules(let error): [Entry(file: error.path ?? "", position: nil, message: error.message())]
        }
    }

    private static func entries(_ error: DiagnosticsError) -> [Entry] {
        error.diagnostics.map { diagnostic in
            let position = diagnostic.span.map { error.source.position(at: $0.start) }
            return Entry(
                file: error.source.name,
                position: position.map { Entry.Position(line: $0.line, column: $0.column) },
                message: diagnostic.message)
        }
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

extension FileError {
    /// In words, without the path.
    fileprivate var reason: String {
        switch self {
        case .missing: "no such file or directory"
        case .unreadable(_, let reason): "cannot be read: \(reason)"
        case .tooLarge(_, let bytes, let limit): "is no test: it has \(bytes) bytes, a test at most \(limit)"
        case .notText: "is no test: it is no text"
        }
    }
}

extension RuleLibraryError {
    /// The file or directory that it is about.
    fileprivate var path: String? {
        switch self {
        case .missing(let path), .unreadable(let path, _), .tooLarge(let path, _), .notText(let path),
            .empty(let path):
            path
        case .invalid(let errors): errors.first?.source.name
        case .unknown: nil
        }
    }
}
