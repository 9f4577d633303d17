import Diagnostics
import Glibc
import Testing

@Suite struct SourceTextLoadingTests {
    private func load(_ bytes: [UInt8], limit: Int = 100) throws -> Result<
        SourceText, SourceText.LoadingError
    > {
        var template = Array("/tmp/muster-loading-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        try #require(write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
        do throws(SourceText.LoadingError) {
            return .success(try SourceText(loading: path, limit: limit))
        } catch {
            return .failure(error)
        }
    }

    private func reason(_ result: Result<SourceText, SourceText.LoadingError>) -> SourceText.LoadingError
        .Reason?
    {
        if case .failure(let error) = result { error.reason } else { nil }
    }

    @Test func readsText() throws {
        #expect(try load(Array("test é\n".utf8)).get().bytes == Array("test é\n".utf8))
        #expect(try load([]).get().bytes == [])
    }

    @Test func refusesWhatIsNoText() throws {
        #expect(try reason(load([0x61, 0])) == .binary)
        #expect(try reason(load([0xff, 0x61])) == .notUTF8)
        #expect(try reason(load([UInt8](repeating: 0x61, count: 101))) == .tooLarge(limit: 100))
        #expect(try reason(load([UInt8](repeating: 0x61, count: 100))) == nil)
    }

    @Test(arguments: [("/nowhere/at-all.cow", "no such file or directory"), ("/tmp", "is a directory")])
    func refusesWhatIsNoFile(_ path: String, _ explanation: String) {
        #expect {
            try SourceText(loading: path, limit: 100)
        } throws: { error in
            "\(error)" == "\(path): error: \(explanation)"
        }
    }

    @Test func stopsReadingWhatNeverEnds() {
        #expect(throws: SourceText.LoadingError.self) { try SourceText(loading: "/dev/zero", limit: 100) }
    }
}
