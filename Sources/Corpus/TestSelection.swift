import Diagnostics
import Exploration
import TestLanguage

/// A test that makes sense.
public struct SelectedTest: Sendable {
    /// The test.
    public let test: ResolvedTest
    /// The text that it was read from.
    public let source: SourceText
    /// The test as it is explored; nil where the engine does not know some of its words yet.
    public let lowered: LoweredTest?

    /// Makes a test.
    public init(test: ResolvedTest, source: SourceText, lowered: LoweredTest?) {
        self.test = test
        self.source = source
        self.lowered = lowered
    }

    /// Its name.
    public var name: String { test.test.name.text }
    /// The path of its file.
    public var path: String { source.name }
}

/// The tests that paths lead to.
public struct TestSelection: Sendable {
    /// All tests that make sense, in the order of the paths, those of a directory by name.
    public private(set) var selected: [SelectedTest] = []
    /// What is wrong with the rest.
    public private(set) var errors: [InputError] = []
    /// What is probably not meant in those that were named by themselves, not with their directory.
    public private(set) var warnings: [DiagnosticsError] = []
    private let purpose: Purpose

    /// What the tests are to be used for.
    public enum Purpose: Sendable {
        /// To be explored: one that is named by itself, and has words that the engine does not know yet, is an error.
        case exploring
        /// To be run on kernels, which know all words.
        case running
    }

    /// The tests that can be explored.
    public var tests: [LoweredTest] { selected.compactMap(\.lowered) }

    /// The tests that have words which the engine does not know yet.
    public var notModelled: [SelectedTest] { selected.filter { $0.lowered == nil } }

    /// Reads all tests that paths lead to: files, directories with all `*.cow` files below them, `-` for standard input.
    /// A file that several paths lead to is read once.
    public init(paths: [String], for purpose: Purpose = .exploring) {
        self.purpose = purpose
        var seen: Set<String> = []
        for path in paths {
            do throws(InputError) {
                for file in try TestSelection.files(at: path) where seen.insert(file).inserted {
                    read(file, isNamed: file == path)
                }
            } catch {
                errors.append(error)
            }
        }
    }

    private static func files(at path: String) throws(InputError) -> [String] {
        guard path != "-", FileTree.isDirectory(path) else { return [path] }
        let files: [String]
        do throws(SourceText.LoadingError) {
            files = try FileTree.files(below: path, suffix: ".cow")
        } catch {
            throw .file(error)
        }
        guard !files.isEmpty else { throw .noTests(path: path) }
        return files
    }

    private mutating func read(_ path: String, isNamed: Bool) {
        let source: SourceText
        do throws(SourceText.LoadingError) {
            source =
                path == "-"
                ? try SourceText(loadingStandardInputUpTo: Limits.fileBytes)
                : try SourceText(loading: path, limit: Limits.fileBytes)
        } catch {
            errors.append(.file(error))
            return
        }
        do throws(DiagnosticsError) {
            let test = try ResolvedTest(parsing: source)
            let lowered = try lower(test, source, isNamed: isNamed)
            selected.append(SelectedTest(test: test, source: source, lowered: lowered))
            if isNamed, !test.warnings.isEmpty {
                warnings.append(DiagnosticsError(source: source, diagnostics: test.warnings))
            }
        } catch {
            errors.append(.text(error))
        }
    }

    /// The test as it is explored; nil where that cannot be, and is no error.
    private func lower(
        _ test: ResolvedTest, _ source: SourceText, isNamed: Bool
    ) throws(DiagnosticsError) -> LoweredTest? {
        do throws(DiagnosticsError) {
            return try test.lowered(from: source)
        } catch {
            if isNamed, purpose == .exploring { throw error }
            return nil
        }
    }
}
