import Exploration
import RuleLanguage
import TestSupport
import Testing

@testable import KernelRuns
@testable import Reports

@Suite struct ProbeReportTests {
    /// A kernel of an era, with a part from a later one.
    private func mixed() async throws -> ProbeResults {
        try await ProbeSample.results(
            { _ in
                Composition(try ShippedRules.set("refcount"))
                    .taking(.writeFaults, from: try ShippedRules.set("mapcount"))
            }, label: "/boot/bzImage-mixed", release: "5.14.0-mine")
    }

    private func plain() async throws -> ProbeResults {
        try await ProbeSample.results(
            { _ in Composition(try ShippedRules.set("refcount")) }, label: "5.14", release: "5.14.3")
    }

    /// A kernel that did in one test what no rules allow, and gave no answer to another one.
    private func strange() async throws -> ProbeResults {
        try await ProbeSample.results(
            { _ in Composition(try ShippedRules.set("refcount")) }, label: "5.14", release: "5.14.3",
            unanswered: ["later"],
            changing: { probed in
                guard probed.name == "pin-then-fork" else { return probed }
                let outcomes = probed.observation.outcomes.map { outcome in
                    ObservedOutcome(
                        count: 1, values: outcome.values.map { $0 == .number(2) ? .number(7) : $0 },
                        satisfies: nil)
                }
                return ProbedTest(
                    test: probed.test, lowered: probed.lowered,
                    observation: Observation(
                        outcomes, of: probed.test, columns: probed.observation.columns))
            })
    }

    @Test func texts() async throws {
        try expectGolden(ProbeText(await plain()).text, "probe-plain.txt")
        try expectGolden(ProbeText(await mixed()).text, "probe-mixed.txt")
        try expectGolden(ProbeText(await strange()).text, "probe-strange.txt")
    }

    @Test func json() async throws {
        try expectGolden(ProbeJSON(await mixed()).text, "probe-mixed.json")
        try expectGolden(ProbeJSON(await strange()).text, "probe-strange.json")
    }

    @Test func theRulesThatAreWritten() async throws {
        let findings = try await mixed().findings
        try expectGolden(
            findings.text(named: "mine", kernel: "5.14.0-mine", date: "2026-11-21"), "probe-mixed.rules")
    }

    @Test func fitsOnAHundredColumns() async throws {
        for results in [try await plain(), try await mixed(), try await strange()] {
            let lines = ProbeText(results).text.split(separator: "\n")
            #expect(lines.allSatisfy { $0.count <= 100 && $0.last != " " })
        }
    }

    @Test func statuses() async throws {
        #expect(try await plain().status == .asExpected)
        #expect(try await mixed().status == .asExpected)
        #expect(try await strange().status == .differs)
    }
}
