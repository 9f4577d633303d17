import Corpus
import KernelRuns

/// What a comparison came to as JUnit's XML, which continuous integration reads: one suite for each kernel.
public struct JUnitReport {
    private let results: KernelResults

    /// Makes a report.
    public init(_ results: KernelResults) { self.results = results }

    /// The text.
    public var text: String {
        let suites = results.kernels.indices.map(suite).joined()
        return
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"muster\">\n\(suites)</testsuites>\n"
    }

    private func suite(_ index: Int) -> String {
        let kernel = results.kernels[index]
        let column = results.comparisons.map { $0[index] }
        let counts = [
            ("tests", column.count), ("failures", column.filter(\.isFailure).count),
            ("errors", column.filter(\.isUnknown).count),
            ("skipped", column.filter { JUnitReport.skip($0) != nil }.count),
        ].map { "\($0)=\"\($1)\"" }.joined(separator: " ")
        let seconds = column.compactMap(\.observation).reduce(0) { $0 + $1.nanoseconds }
        let name = JUnitReport.escaped("\(kernel.label) (\(kernel.release), \(kernel.machine))")
        let cases = zip(results.tests, column).map { JUnitReport.testCase($0, $1) }.joined()
        return "  <testsuite name=\"\(name)\" \(counts) time=\"\(JUnitReport.time(seconds))\">\n"
            + cases + "  </testsuite>\n"
    }

    private static func testCase(_ test: SelectedTest, _ comparison: TestComparison) -> String {
        let head =
            "    <testcase classname=\"\(escaped(test.folder))\" name=\"\(escaped(test.name))\" "
            + "file=\"\(escaped(test.path))\" time=\"\(time(comparison.observation?.nanoseconds ?? 0))\""
        if let reason = skip(comparison) {
            return head + ">\n      <skipped message=\"\(escaped(reason))\"/>\n    </testcase>\n"
        }
        let lines = comparison.disagreementLines
        guard comparison.isFailure || comparison.isUnknown else { return head + "/>\n" }
        let element = comparison.isFailure ? "failure" : "error"
        let text = ([comparison.reason].compactMap(\.self) + lines).joined(separator: "\n")
        return head + ">\n      <\(element) message=\"\(escaped(comparison.name))\">\(escaped(text))"
            + "</\(element)>\n    </testcase>\n"
    }

    /// Why a test counts as skipped; nil for others.
    private static func skip(_ comparison: TestComparison) -> String? {
        switch comparison.result {
        case .notRunnable(let reason): reason
        case .notModelled(.other): nil
        case .notModelled: "not modelled yet"
        case .agrees, .modelAllowsMore, .disagrees, .undecided, .unanswered, .broken: nil
        }
    }

    /// Seconds, of nanoseconds.
    private static func time(_ nanoseconds: Int) -> String {
        JSON.seconds(Double(nanoseconds) / 1e9).text
    }

    /// A text as XML has it; what XML cannot have at all becomes `?`.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n": result += "&#10;"
            case "\t": result += "&#9;"
            default:
                let isAllowed = scalar.value >= 0x20 && scalar.value != 0xfffe && scalar.value != 0xffff
                result.unicodeScalars.append(isAllowed ? scalar : "?")
            }
        }
        return result
    }
}
