import Corpus
import Diagnostics
import Exploration
import KernelRuns
import RuleLanguage
import TestLanguage
import TestSupport

@testable import Reports

/// Answers as kernels might give them, held against shipped rule sets.
enum KernelSample {
    private static let texts = [
        (
            "fork-last-writer",
            """
            map x: anonymous private = 0
            process parent {
                fork child {
                    seen = *x
                    exit
                }
                wait child
                *x = 1
            }
            exists child:seen == 0 && parent:*x == 1
            """
        ),
        (
            "store-race",
            """
            map x: anonymous private = 0
            process parent {
                thread other {
                    *x = 1
                }
                seen = *x
            }
            never parent:seen == 1
            """
        ),
        (
            "from-a-file",
            """
            file F = 5
            map x: file F private
            process parent {
                madvise(x, MADV_NOHUGEPAGE)
                seen = *x
                kept = exclusive(x)
            }
            """
        ),
    ]

    private static let looks: [[CompiledLook]] = [
        [.content(process: 0, mapping: 0, page: 0, word: 0)], [], [],
    ]

    static func tests() throws -> [SelectedTest] {
        try texts.enumerated().map { index, text in
            let folder = index == 2 ? "Samples/files" : "Samples/forks"
            let source = SourceText(
                name: "\(folder)/\(text.0).cow", text: "test \(text.0)\n\"What is seen.\"\n\(text.1)")
            let test = try ResolvedTest(parsing: source)
            return SelectedTest(test: test, source: source, lowered: try? test.lowered(from: source))
        }
    }

    /// The answers of one kernel to the three tests.
    private static let answers: [(label: String, release: String, machine: String, lines: [String])] = [
        (
            "host", "6.18.44", "the host",
            [
                "ran 1 2000000 | 1 r 0 a f f l 1", "ran 100 9000000 | 100 r 0 a f f l",
                "ran 1 1000 | 1 r 5 ? a f l",
            ]
        ),
        (
            "/boot/bzImage-under-test", "6.12.107+deb12-cloud-amd64", "QEMU with KVM",
            [
                "ran 1 2000000 | 1 r 7 a f f l 1",
                "ran 100 9000000 | 97 r 0 a f f l | 3 r 1 a f f l", "ran 1 1000 | 1 r 6 ? a f l",
            ]
        ),
        (
            "5.10", "5.10.0-46-cloud-amd64", "QEMU without KVM",
            ["missing no <swap> & no \"zram\"", "ran 1 9000000 | 1 r 1 a k11 f l", "broken no memory"]
        ),
    ]

    static func results(kernels wanted: Range<Int> = 0..<3) throws -> KernelResults {
        let tests = try tests()
        let set = try ShippedRules.set("vma-lock")
        var kernels: [KernelOfRun] = []
        var columns: [[TestComparison]] = []
        for answer in answers[wanted] {
            let release = KernelRelease(answer.release)
            kernels.append(
                KernelOfRun(label: answer.label, release: release, machine: answer.machine, ruleSet: set))
            columns.append(
                try tests.enumerated().map { index, test in
                    var log = AnswerLog(test.test)
                    log.record(
                        AnswerLog.Block(
                            release: KernelRelease("6.12.107+deb12-cloud-amd64"), date: "2026-11-20",
                            answer: .ran(["parent:seen=5; parent:kept=?; parent=-;"])))
                    return TestComparison(
                        try result(answer.lines[index]), to: test.test, looks: looks[index],
                        model: test.lowered.flatMap { Checker().check($0, under: [set]).first },
                        release: release, earlier: log)
                })
        }
        // A kernel that dies.
        if wanted.contains(2), let last = columns.indices.last {
            columns[last][1] = TestComparison(
                TestResult(.unanswered("Kernel panic - not syncing: Fatal exception\n[    3.1] Call Trace:")),
                to: tests[1].test, looks: [], model: columns[last][1].report, release: kernels[last].release)
        }
        return KernelResults(
            kernels: kernels, tests: tests,
            comparisons: tests.indices.map { test in columns.map { $0[test] } })
    }

    private static func result(_ line: String) throws -> TestResult {
        guard case .test(_, let result)? = ResultLine("test 0 \(line)") else { throw BadSample(line: line) }
        return result
    }

    private struct BadSample: Error {
        let line: String
    }
}
