import Diagnostics
import Exploration
import TestLanguage

/// The tests that paths lead to.
public struct TestSelection: Sendable {
    /// The tests that can be explored, in the order of the paths, those of a directory by name.
    public private(set) var tests: [LoweredTest] = []
    /// What is wrong with the rest.
    public private(set) var errors: [InputError] = []
    /// What is probably not meant in those that were named by themselves, not with their directory.
    public private(set) var warnings: [DiagnosticsError] = []

    /// Reads all tests that paths lead to: files, directories with all `*.cow` files below them, `-` for standard input.
    /// A file that several paths lead to is read once.
    public init(paths: [String]) {
        var seen: Set<String> = []
        for path in paths {
            do throws(InputError) {
                for file in try TestSelection.files(at: path) where seen.insert(file).inserted {
                    read(file, warns: file == path)
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

    private mutating func read(_ path: String, warns: Bool) {
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
            tests.append(try test.lowered(from: source))
            if warns, !test.warnings.isEmpty {
                warnings.append(DiagnosticsError(source: source, diagnostics: test.warnings))
            }
        } catch {
            errors.append(.text(error))
        }
    }
}
