import Diagnostics
import RuleLanguage
import Rules

/// The shipped rule sets, read once.
package enum ShippedRules {
    /// The repository that this file was compiled in.
    package static let repository: String =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    private static let loaded = Result<RuleLibrary, RuleLibraryError>(catching: {
        () throws(RuleLibraryError) -> RuleLibrary in try RuleLibrary.load(directory: repository + "/Rules")
    })

    /// All of them.
    package static func library() throws -> RuleLibrary { try loaded.get() }

    /// One of them.
    package static func set(_ name: String) throws -> RuleSet { try library().set(named: name) }

    /// All of them, in their order.
    package static func sets() throws -> [RuleSet] { try library().sets }

    /// The names of the eras' sets, oldest first; `textbook` is not one of them.
    package static let eras = [
        "mapcount", "mapcount-forced", "refcount-5.9", "refcount", "refcount-all", "exclusive",
        "exclusive-unshare", "vma-lock-6.4", "vma-lock",
    ]

    /// Whether a set's kernels keep PG_anon_exclusive.
    package static func keepsExclusive(_ name: String) throws -> Bool {
        try set(name).rules[.anonExclusive] == .yes
    }

    /// A set that extends a shipped one with a few lines.
    package static func extending(_ base: String, _ lines: String) throws -> RuleSet {
        let text = "rules of-the-test extends \(base)\n\(lines)\n"
        let library = try library().adding([SourceText(name: "test.rules", text: text)])
        return try library.set(named: "of-the-test")
    }
}
