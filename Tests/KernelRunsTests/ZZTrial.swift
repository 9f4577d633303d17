import Corpus
import Diagnostics
import Foundation
import KernelRuns
import TestLanguage
import Testing

@Suite struct ZZTrial {
    @Test(.enabled(if: ProcessInfo.processInfo.environment["MUSTER_TRIAL"] != nil)) func tryOut() async throws
    {
        let home = try Home.find()
        let files = try FileTree.files(below: home.litmus, suffix: ".cow")
        let tests = try files.map { try ResolvedTest(parsing: SourceText(loading: $0, limit: 1 << 20)) }
        let headers = Set(try FileManager.default.contentsOfDirectory(atPath: home.runtime))
        let there = tests.filter {
            CompiledTest($0).needs.allSatisfy {
                [
                    "VMSPLICE", "IO_URING", "FRAME_NUMBERS", "MAPPING_COUNTS", "USERFAULTFD",
                    "USERFAULTFD_WP", "SOFT_DIRTY",
                ].contains($0.rawValue)
            }
        }
        _ = headers
        let program = CProgram(there)
        print(there.count, "of", tests.count)
        var names = ""
        for (i, t) in program.tests.enumerated() {
            names +=
                "\(i)\t\(t.test.test.name.text)\t"
                + t.test.registers.map { t.test.title(of: $0) }.joined(separator: ",") + "\t"
                + t.looks.map { "\($0)" }.joined(separator: ";") + "\n"
        }
        try names.write(toFile: "/tmp/corpus.names", atomically: true, encoding: .utf8)
        try program.text.write(toFile: "/tmp/corpus.c", atomically: true, encoding: .utf8)
        try await Compiler.find().compile(program.text, runtime: home.runtime, to: "/tmp/corpus.bin")
    }
}
