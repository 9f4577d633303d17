import Testing

@testable import Reports

@Suite struct KernelReportTests {
    private func golden(_ text: String, _ name: String, _ place: SourceLocation = #_sourceLocation) throws {
        try expectGolden(text, name, sourceLocation: place)
    }

    @Test func text() throws {
        try golden(ComparisonText(KernelSample.results()).text, "compare.txt")
    }

    @Test func textWhereAllAgrees() throws {
        try golden(ComparisonText(KernelSample.results(kernels: 0..<1)).text, "compare-agrees.txt")
    }

    @Test func whatFailedOnlyAtFirst() throws {
        let results = try KernelSample.results(kernels: 0..<2)
        let comparisons = Array(results.comparisons.joined())
        let wrong = try #require(comparisons.first { $0.isFailure })
        let right = try #require(comparisons.first { $0.name == "agrees" })
        let both = KernelResults(
            kernels: Array(results.kernels.prefix(1)), tests: Array(results.tests.prefix(1)),
            comparisons: [[wrong.askedAgain(right)]])
        #expect(both.status == .asExpected)
        let text = ComparisonText(both).text
        #expect(text.contains("asked again: agrees\n"))
        #expect(text.contains("1 agree, 1 of these only when asked again"))
        #expect(KernelJSON(both).text.contains("\"at_first\": \"\(wrong.name)\""))
        #expect(KTAPReport(both).text.contains("# asked again: agrees\n"))
    }

    @Test func json() throws { try golden(KernelJSON(KernelSample.results()).text, "compare.json") }

    @Test func ktap() throws { try golden(KTAPReport(KernelSample.results()).text, "compare.ktap") }

    @Test func junit() throws { try golden(JUnitReport(KernelSample.results()).text, "compare.xml") }

    @Test func litmus() throws { try golden(LitmusLog(KernelSample.results()).text, "run.log") }

    @Test func fitsOnAHundredColumns() throws {
        let text = ComparisonText(try KernelSample.results()).text
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 && $0.last != " " })
    }

    @Test func statuses() throws {
        #expect(try KernelSample.results(kernels: 0..<1).status == .asExpected)
        #expect(try KernelSample.results(kernels: 0..<2).status == .differs)
        #expect(try KernelSample.results(kernels: 2..<3).status == .differs)
        let results = try KernelSample.results(kernels: 0..<1)
        func status(_ errors: Bool, _ isInterrupted: Bool) -> Reports.ExitStatus {
            KernelResults(
                kernels: results.kernels, tests: results.tests, comparisons: results.comparisons,
                errors: errors ? [.noTests(path: "empty")] : [], isInterrupted: isInterrupted
            ).status
        }
        #expect(status(true, false) == .badInput)
        #expect(status(true, true) == .interrupted)
    }
}
