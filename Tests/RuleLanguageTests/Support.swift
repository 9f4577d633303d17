import Diagnostics
import Rules
import Testing

@testable import RuleLanguage

/// The shipped rule sets, read once.
enum Shipped {
    static let directory: String = {
        let file = #filePath
        let root = file.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/" + root + "/Rules"
    }()

    static let library = Result<RuleLibrary, RuleLibraryError>(catching: {
        () throws(RuleLibraryError) -> RuleLibrary in try RuleLibrary.load(directory: directory)
    })

    /// The library, or a failed test that shows what is wrong with it.
    static func get() throws -> RuleLibrary {
        switch library {
        case .success(let library): return library
        case .failure(let error):
            Issue.record("\(error.message())")
            throw error
        }
    }
}

/// Facts as a test gives them; what it does not give is 0.
struct Facts: FactSource {
    var values: [Fact: Int]

    func value(of fact: Fact) -> Int { values[fact] ?? 0 }
}

/// Reads a text that is right.
func parse(_ text: String) throws -> RuleSetSyntax {
    do {
        return try RuleSetSyntax(parsing: SourceText(name: "a.rules", text: text))
    } catch {
        Issue.record("\(DiagnosticRenderer().render(error))")
        throw error
    }
}

/// What is said of a text: errors and warnings, as a user sees them.
func said(of text: String) -> String {
    let source = SourceText(name: "a.rules", text: text)
    var diagnostics: [Diagnostic] = []
    do {
        _ = try RuleSetSyntax(parsing: source, warnings: &diagnostics)
    } catch {
        diagnostics = error.diagnostics
    }
    return DiagnosticRenderer().render(DiagnosticsError(source: source, diagnostics: diagnostics))
}

/// Numbers that look random and are the same in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
