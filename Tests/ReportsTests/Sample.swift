import Corpus
import Diagnostics
import Exploration
import Glibc
import RuleLanguage
import TestSupport
import TestLanguage
import Testing

@testable import Reports

/// Some small tests, checked under some shipped rule sets.
enum Sample {
    static let names = ["child-reads", "pin-parent-writes", "two-stores", "plain-get"]

    /// The tests, named as if they lay in a folder `Samples`.
    static func tests(_ names: [String] = Sample.names) throws -> [LoweredTest] {
        try names.map { name in
            let file = try SourceText(
                loading: "\(ShippedRules.repository)/Tests/ReportsTests/Samples/\(name).cow", limit: 1 << 20)
            let source = SourceText(name: "Samples/\(name).cow", bytes: file.bytes)
            return try ResolvedTest(parsing: source).lowered(from: source)
        }
    }

    static func ruleSets(_ names: [String]) throws -> [RuleSet] {
        let library = try RuleLibrary.load(directory: ShippedRules.repository + "/Rules")
        return try names.map { try library.set(named: $0) }
    }

    /// Results of a check.
    static func results(
        _ names: [String] = Sample.names, under ruleSets: [String] = ["textbook", "mapcount", "refcount"],
        witnesses: Checker.WitnessWish = .unexpected, limits: SearchLimits = SearchLimits(), workers: Int = 2
    ) async throws -> CheckResults {
        let sets = try self.ruleSets(ruleSets)
        let checker = Checker(limits: limits, witnesses: witnesses)
        let reports = await checker.check(try tests(names), under: sets, workers: workers)
        return CheckResults(ruleSets: sets, reports: reports)
    }
}

/// Compares a text with a file of `Golden`; with MUSTER_UPDATE_GOLDEN set it is written instead.
func expectGolden(
    _ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let path = "\(ShippedRules.repository)/Tests/ReportsTests/Golden/\(name)"
    if getenv("MUSTER_UPDATE_GOLDEN") != nil {
        let file = try #require(fopen(path, "we"))
        defer { fclose(file) }
        #expect(fputs(text, file) >= 0)
        return
    }
    let golden = try SourceText(loading: path, limit: 1 << 20)
    #expect(text == String(decoding: golden.bytes, as: UTF8.self), sourceLocation: sourceLocation)
}
