import Corpus
import Diagnostics
import KernelRuns
import TestLanguage
import Testing

/// Whether tests can be compiled and run here.
enum Here {
    static let compiler = try? Compiler.find()
    static let home = try? Home.find()
    static var isAble: Bool { compiler != nil && home != nil }
}

@Suite(.enabled(if: Here.isAble, "there is no C compiler")) struct CorpusRunTests {
    private func run(_ texts: [String]) async throws -> KernelAnswers {
        let tests = try texts.map { try ResolvedTest(parsing: SourceText(name: "test.cow", text: $0)) }
        let compiler = try #require(Here.compiler)
        let home = try #require(Here.home)
        let corpus = try await CompiledCorpus(CProgram(tests), with: compiler, runtime: home.runtime)
        var options = RunOptions()
        options.runs = 20
        return try await CorpusRun(on: HostMachine(), options: options).run(corpus)
    }

    @Test func theHostAnswers() async throws {
        let answers = try await run(
            [
                """
                test a-pipe-of-the-child
                map x: anonymous private = 0
                process parent {
                    fork child {
                        pipe = vmsplice(x)
                        munmap(x)
                        signal taken
                        await written
                        seen = read(pipe)
                    }
                    await taken
                    *x = 1
                    signal written
                }
                never child:seen == 1
                """,
                """
                test nobody-signals-in-time
                map x: anonymous private = 3
                process parent {
                    thread other {
                        r = *x
                        await never_comes
                    }
                    join other
                    signal never_comes
                }
                """,
                """
                test killed
                map x: anonymous private = 3
                process parent {
                    munmap(x)
                    *x = 1
                }
                """,
                "test impossible\\nframes 3\\nmap x: anonymous private\\nprocess p { *x = 1 }",
            ].map { $0.replacing("\\n", with: "\n") })
        #expect(answers.results.count == 4)
        #expect(answers.release == HostMachine().release)
        let first = try #require(answers.results[0].histogram?.outcomes.first)
        #expect(first.registers == [.number(0), .number(0)])
        #expect(first.actors == [.finished, .finished])
        let second = try #require(answers.results[1].histogram?.outcomes.first)
        #expect(second.actors == [.blocked, .blocked])
        #expect(second.registers == [.number(3)])
        let third = try #require(answers.results[2].histogram?.outcomes.first)
        #expect(third.actors == [.killed(signal: 11)])
        guard case .notRunnable = answers.results[3].answer else {
            Issue.record("a test that bounds physical memory ran")
            return
        }
    }
}

extension TestResult {
    fileprivate var histogram: Histogram? {
        if case .ran(let histogram) = answer { histogram } else { nil }
    }
}
