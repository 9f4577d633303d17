import RuleLanguage
import Testing

@testable import KernelRuns

@Suite struct KernelSpanTests {
    private func version(_ text: String) throws -> KernelVersion { try #require(KernelVersion(text)) }

    @Test func rangesThatFollowOneAnotherAreJoined() throws {
        let ranges: [KernelRange] = [
            .from(try version("6.0")), .series(try version("5.8")),
            .range(from: try version("5.9"), upTo: try version("5.12")), .before(try version("5.2")),
            .debian(try version("5.10")),
        ]
        #expect(
            KernelSpan.text(of: ranges) == "before 5.2; 5.8 to before 5.12; 6.0 and later; Debian's 5.10")
    }

    @Test func oneSeriesIsNamedByItself() throws {
        #expect(
            KernelSpan.text(of: [.series(try version("6.4.1")), .series(try version("5.18"))])
                == "5.18; 6.4.1")
    }
}
