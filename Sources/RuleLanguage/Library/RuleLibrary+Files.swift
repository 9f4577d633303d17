import Diagnostics

extension RuleLibrary {
    /// Reads all `*.rules` files in a directory and the directories below it.
    ///
    /// - Throws: what is wrong with the directory, or with any file in it.
    public static func load(directory path: String) throws(RuleLibraryError) -> RuleLibrary {
        let files: [String]
        do throws(SourceText.LoadingError) {
            files = try FileTree.files(below: path, suffix: ".rules")
        } catch {
            throw .unreadable(error)
        }
        guard !files.isEmpty else { throw .empty(path: path) }
        return try RuleLibrary().adding(files: files)
    }

    /// The library with the sets of further files.
    ///
    /// - Throws: what is wrong with any of them.
    public func adding(files paths: [String]) throws(RuleLibraryError) -> RuleLibrary {
        var sources: [SourceText] = []
        for path in paths { sources.append(try RuleLibrary.source(at: path)) }
        return try adding(sources)
    }

    /// Reads the text of one file. Files that are too large are refused before they are read.
    public static func source(at path: String) throws(RuleLibraryError) -> SourceText {
        do throws(SourceText.LoadingError) {
            return try SourceText(loading: path, limit: RuleSetSyntax.largestSource)
        } catch {
            throw .unreadable(error)
        }
    }
}
