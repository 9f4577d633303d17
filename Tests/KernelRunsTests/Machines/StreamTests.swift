import Testing

@testable import KernelRuns

@Suite struct StreamTests {
    @Test func makesLinesOfPieces() {
        var splitter = LineSplitter()
        #expect(splitter.append(Array("one\ntw".utf8)) == ["one"])
        #expect(splitter.append(Array("o\r\n\nthree".utf8)) == ["two", ""])
        #expect(splitter.close() == "three")
        #expect(splitter.close() == nil)
    }

    @Test func cutsEndlessLines() {
        var splitter = LineSplitter()
        let lines = splitter.append([UInt8](repeating: 65, count: 1 << 20 | 1))
        #expect(lines.map(\.utf8.count) == [1 << 20 | 1])
        #expect(splitter.close() == nil)
    }

    @Test func keepsTheEndOfAConsole() {
        var console = ConsoleTail()
        for number in 0..<100 { console.append(Array("line \(number)\r\n".utf8)) }
        console.append(Array("[    1.5] Kernel panic - not syncing: Fatal exception\n\u{1b}[0mrest".utf8))
        console.close()
        #expect(console.lines.count == 60)
        #expect(console.lines.last == "[0mrest")
        #expect(console.panic == "Kernel panic - not syncing: Fatal exception")
        #expect(console.refusal == nil)
    }

    @Test func seesThatTheProcessorRefused() {
        var console = ConsoleTail()
        console.append(Array("KVM internal error. Suberror: 1\n".utf8))
        #expect(console.refusal == "KVM internal error. Suberror: 1")
    }
}
