import Diagnostics
import KernelRuns
import TestLanguage
import Testing

@Suite struct AnswerLogTests {
    private static let text = """
        answers to vmsplice-leak, hash 00c0ffee00c0ffee

        kernel 5.10.0-30-cloud-amd64, 2026-11-20
            not runnable: no userfaultfd, which the kernel forbids

        kernel 6.12.107+deb12-cloud-amd64, 2026-11-21
            child:seen=0; parent=-; same(parent:x, child:x)=1;
            child:seen=1; parent=killed; same(parent:x, child:x)=?;

        """

    private func read(_ text: String) throws -> AnswerLog {
        try AnswerLog(parsing: SourceText(name: "vmsplice-leak.answers", text: text))
    }

    @Test func printsWhatItReads() throws {
        let log = try read(Self.text)
        #expect(log.description == Self.text)
        #expect(log.test == "vmsplice-leak")
        #expect(log.hash == 0xc0_ffee_00c0_ffee)
        #expect(log.blocks.map(\.date) == ["2026-11-20", "2026-11-21"])
        #expect(
            log.answer(of: KernelRelease("5.10.0-30-cloud-amd64"))
                == .notRunnable("no userfaultfd, which the kernel forbids"))
        #expect(log.answer(of: KernelRelease("7.2.0")) == nil)
    }

    @Test func theDayIsThatOfTheFirstSuchAnswer() throws {
        var log = try read(Self.text)
        let release = KernelRelease("5.10.0-30-cloud-amd64")
        log.record(
            AnswerLog.Block(
                release: release, date: "2027-01-01",
                answer: .notRunnable("no userfaultfd, which the kernel forbids")))
        #expect(log.description == Self.text)
        log.record(AnswerLog.Block(release: release, date: "2027-01-02", answer: .ran(["p:r=5;"])))
        #expect(log.blocks.map(\.date) == ["2027-01-02", "2026-11-21"])
    }

    @Test(arguments: [
        ("", "expected 'answers to NAME, hash HASH'"),
        ("answers to x, hash 12q\n", "expected 'answers to NAME, hash HASH'"),
        ("answers to x, hash 12\nkernel 6.1, 2026-1-1\n    a\n", "expected 'kernel RELEASE, YYYY-MM-DD'"),
        ("answers to x, hash 12\nkernel 6.1, 2026-01-01\n", "expected an outcome"),
        ("answers to x, hash 12\n\nnonsense\n", "expected 'kernel RELEASE, YYYY-MM-DD'"),
    ])
    func mistakes(_ text: String, _ message: String) throws {
        let error = #expect(throws: DiagnosticsError.self) { try read(text) }
        #expect(error?.diagnostics.first?.message.hasPrefix(message) == true)
    }
}
