import Exploration
import TestLanguage
import VirtualMemory

/// What there is to tell about one test: rule sets with the same result together.
struct TestDetails {
    let palette: Palette
    private let test: LoweredTest?
    private let told: [Group]
    private let untold: [TestReport]

    /// Rule sets that came to the same.
    struct Group {
        var reports: [TestReport]

        var first: TestReport { reports[0] }

        func fits(_ report: TestReport) -> Bool {
            first.verdict == report.verdict && first.isExpected == report.isExpected
                && first.outcomes.map(\.outcome) == report.outcomes.map(\.outcome)
                && first.broken.map(\.violation) == report.broken.map(\.violation)
                && first.expectedText == report.expectedText
        }
    }

    init(reports: [TestReport], palette: Palette, showsEverything: Bool) {
        self.palette = palette
        test = reports.first?.test
        var groups: [Group] = []
        for report in reports where showsEverything || report.isNotable {
            if let index = groups.firstIndex(where: { $0.fits(report) }) {
                groups[index].reports.append(report)
            } else {
                groups.append(Group(reports: [report]))
            }
        }
        told = groups
        untold = reports.filter { !showsEverything && !$0.isNotable }
    }

    /// Whether there is anything to tell.
    var isWorthwhile: Bool { !told.isEmpty }

    var lines: [String] {
        guard let test else { return [] }
        var lines = [palette.strong(test.name) + palette.faint("  " + test.path)]
        if let summary = test.test.test.summary { lines += Layout.wrap("\"\(summary)\"", indent: "  ") }
        if let condition = test.test.test.condition { lines += Layout.wrap("\(condition)", indent: "  ") }
        for group in told { lines += [""] + self.lines(group, of: test) }
        if !untold.isEmpty { lines += [""] + rest }
        return lines
    }

    /// A line on those rule sets about which there is nothing to tell.
    private var rest: [String] {
        let verdicts = Set(untold.map(\.verdict.name))
        let verdict = verdicts.count == 1 ? untold[0].verdict.phrase : "as expected"
        let names = untold.map(\.ruleSet)
        if names.count > 6 { return ["  \(verdict) under the \(names.count) others"] }
        return Layout.wrap(Layout.listed(names), first: "  \(verdict) under ", rest: "      ")
    }

    private func lines(_ group: Group, of test: LoweredTest) -> [String] {
        var lines = heading(group)
        let report = group.first
        if case .unusable(let text) = report.verdict {
            return lines + Layout.wrap("error: " + text, indent: "    ")
        }
        if case .undecided(let stopped) = report.verdict {
            lines += Layout.wrap(TestDetails.text(stopped, report.states), indent: "    ")
        }
        lines += OutcomeTable(report: report, palette: palette).lines
        if let decisive = report.decisiveOutcome, let schedule = decisive.schedule {
            lines += explain("how it comes to the first outcome marked with !:", schedule, report, test)
        }
        for broken in report.broken {
            lines += self.lines(broken, report, test)
        }
        return lines
    }

    private static func text(_ stopped: Stopped, _ states: Int) -> String {
        switch stopped {
        case .states, .memory, .seconds: "\(stopped.text) was reached after \(states) states"
        case .interrupted: "interrupted after \(states) states"
        case .capacity(let text): text
        }
    }

    private func heading(_ group: Group) -> [String] {
        let verdict = group.first.verdict.phrase
        let colored =
            !group.first.isDecided
            ? palette.unsure(verdict) : group.first.isExpected ? verdict : palette.bad(verdict)
        var words = Layout.listed(group.reports.map(\.ruleSet))
        if let expected = group.first.expectedText, let last = words.popLast() {
            words += [last + ";", "expected:"] + expected.split(separator: " ").map(String.init)
        }
        var lines = Layout.wrap(words, first: "  \(verdict) under ", rest: "      ")
        lines[0] = "  " + colored + lines[0].dropFirst(2 + verdict.count)
        return lines
    }

    private func lines(_ broken: BrokenGuarantee, _ report: TestReport, _ test: LoweredTest) -> [String] {
        let text =
            "breaks " + broken.violation.text
            + (report.expectsBroken(broken.violation.guarantee) ? ", as expected" : "")
        guard let schedule = broken.schedule else { return ["    " + text] }
        return explain(
            text + ", first after \(Layout.count(schedule.length, "step")):", schedule, report, test)
    }

    /// The command that shows an execution, in several lines where one is too long.
    private func explain(
        _ text: String, _ schedule: Schedule, _ report: TestReport, _ test: LoweredTest
    ) -> [String] {
        let parts = [
            "muster explain \(test.argument)", "--rules \(report.ruleSet)",
            "--schedule " + "\(schedule)".quotedForShell,
        ]
        let lines = Layout.wrap(parts, first: "      ", rest: "          ", reserving: 2)
        return ["    " + text] + lines.dropLast().map { $0 + " \\" } + lines.suffix(1)
    }
}

extension Violation {
    /// As reports say it: `coherence`, `isolation, through a GET`.
    var text: String {
        switch through {
        case .mapping: guarantee.name
        case .pin: "\(guarantee.name), through a pin"
        case .get: "\(guarantee.name), through a GET"
        }
    }
}

extension Verdict {
    /// What comes before `under refcount`.
    var phrase: String {
        switch self {
        case .holds, .fails, .undecided: name
        case .none: "no condition"
        case .unusable: "cannot be run"
        }
    }
}

extension TestReport {
    /// The first outcome that makes the condition fail.
    var decisiveOutcome: ReportedOutcome? { outcomes.first(where: isDecisive) }

    /// Whether an outcome makes the condition fail.
    func isDecisive(_ outcome: ReportedOutcome) -> Bool {
        guard verdict == .fails else { return false }
        switch test.test.test.condition?.quantifier {
        case .never: return outcome.satisfies == true
        case .always: return outcome.satisfies == false
        case .exists, nil: return false
        }
    }

    /// Whether the test's text says that the guarantee breaks under the rule set.
    func expectsBroken(_ guarantee: VirtualMemory.Guarantee) -> Bool {
        test.test.expectation(of: ruleSet)?.broken.contains { $0.rawValue == guarantee.name } ?? false
    }

    /// What the test's text expects of the rule set, where the result is another one.
    var expectedText: String? {
        guard isDecided, !isExpected, let expectation = test.test.expectation(of: ruleSet) else { return nil }
        let broken = expectation.broken.map(\.rawValue).joined(separator: " and ")
        let parts = [expectation.verdict?.rawValue, broken.isEmpty ? "nothing broken" : broken + " broken"]
        return parts.compactMap(\.self).joined(separator: ", ")
    }
}

extension String {
    /// The text as one word of a shell's command line.
    var quotedForShell: String {
        let plain = { (byte: UInt8) in
            byte >= 0x80 || "/._-+=:,@%".utf8.contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte)
        }
        if !isEmpty, utf8.allSatisfy(plain) { return self }
        return "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
