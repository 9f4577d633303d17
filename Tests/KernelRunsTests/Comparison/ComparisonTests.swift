import Exploration
import KernelRuns
import TestLanguage
import Testing

@Suite struct ComparisonTests {
    private static let forked = """
        map x: anonymous private = 0
        process p { fork c { a = *x; exit }; wait c; *x = 1; b = *x }
        """

    @Test func agrees() throws {
        let comparison = try Answered(Self.forked).compare(["r 0 1 a f f l"])
        #expect(comparison.name == "agrees")
        #expect(!comparison.isFailure)
        #expect(comparison.ruleSet == "refcount")
    }

    @Test func disagreesInARegister() throws {
        let comparison = try Answered(Self.forked).compare(["r 5 1 a f f l"])
        guard case .disagrees(let found) = comparison.result else {
            Issue.record("\(comparison.name)")
            return
        }
        #expect(comparison.isFailure)
        #expect(found.count == 1)
        #expect(found.first?.differing == [0])
        #expect(found.first?.nearest?.values.first == .number(0))
    }

    @Test func disagreesInAFate() throws {
        let comparison = try Answered(Self.forked).compare(["r 0 - a k11 f l"])
        guard case .disagrees(let found) = comparison.result else {
            Issue.record("\(comparison.name)")
            return
        }
        // p:b was not written, and p was killed.
        #expect(found.first?.differing == [1, 2])
    }

    @Test func whatCannotBeSeenIsNotCompared() throws {
        #expect(try Answered(Self.forked).compare(["r ? 1 a f f l"]).name == "agrees")
    }

    @Test func racesShowSomeOfWhatTheModelAllows() throws {
        let race = try Answered(
            "map x: anonymous private = 0\nprocess p { thread t { *x = 1 }; a = *x }")
        guard case .modelAllowsMore(seen: 1, allowed: 2) = try race.compare(["r 0 a f f l"]).result else {
            Issue.record("not seen as one of two")
            return
        }
        #expect(try race.compare(["r 0 a f f l", "r 1 a f f l"]).name == "agrees")
        #expect(try race.compare(["r 0 a f f l", "r 2 a f f l"]).name == "disagrees")
    }

    @Test func kernelsThatCannotOrDoNot() throws {
        let test = try Answered(Self.forked)
        func name(_ answer: TestResult.Answer) -> String {
            TestComparison(
                TestResult(answer), to: test.test, looks: [], model: nil, release: KernelRelease("6.1.0")
            ).name
        }
        #expect(name(.notRunnable("no swap")) == "not runnable")
        #expect(name(.broken("no memory")) == "broken")
        #expect(name(.unanswered("panic")) == "no answer")
        #expect(try test.compare(["r a l"]).name == "broken")
    }

    @Test func onlyWhatFailsAgainCounts() throws {
        let race = try Answered(
            "map x: anonymous private = 0\nprocess p { thread t { *x = 1 }; a = *x }")
        let right = try race.compare(["r 0 a f f l", "r 1 a f f l"])
        let wrong = try race.compare(["r 2 a f f l"])
        let broken = try race.compare(["r a l"])
        #expect(!right.wantsSecondAnswer && wrong.wantsSecondAnswer && broken.wantsSecondAnswer)
        #expect(wrong.askedAgain(right).name == "agrees")
        #expect(wrong.askedAgain(right).atFirst.map(\.name) == ["disagrees"])
        #expect(wrong.askedAgain(wrong).name == "disagrees")
        #expect(wrong.askedAgain(wrong).atFirst.isEmpty)
        #expect(wrong.askedAgain(broken).name == "disagrees")
        #expect(broken.askedAgain(wrong).name == "disagrees")
        #expect(broken.askedAgain(right).atFirst.map(\.name) == ["broken"])
        let missing = TestComparison(
            TestResult(.notRunnable("no swap")), to: race.test, looks: [], model: nil,
            release: KernelRelease("6.1.0"))
        #expect(wrong.askedAgain(missing).name == "disagrees")
    }

    // MARK: Frames

    /// What comes of a store by the last process that maps a page: the frame before, and the one behind it.
    private func frames(
        _ first: Int, _ second: Int, declaring declaration: String = "", then statement: String = "",
        frames: Bool = true
    ) throws -> String {
        let test = try Answered(
            """
            map x: anonymous private = 0
            \(declaration)
            process p {
                f = frame(x)
                fork c { *x = 1; exit }
                wait c
                \(statement)
                *x = 2
                g = frame(x)
            }
            exists moved(p:x)
            """, frames: frames)
        let looks = test.looks.map { look in
            switch look {
            case .frame(process: 0, _, _): "\(second)"
            case .frameAtStart: "\(first)"
            default: "-"
            }
        }
        return try test.compare(
            ["r \(first) \(second) a f f l \(looks.joined(separator: " "))"], under: "exclusive",
            frames: frames
        ).name
    }

    @Test func framesOfOrderedTestsAreExact() throws {
        // The model reuses: the child is gone.
        #expect(try frames(50, 50) == "agrees")
        #expect(try frames(50, 60) == "disagrees")
    }

    @Test func whereBatchesAreNotEmptiedAKernelMayCopyMore() throws {
        #expect(try frames(50, 50, declaring: "memcg p 4") == "agrees")
        #expect(try frames(50, 60, declaring: "memcg p 4") == "agrees")
    }

    @Test func framesAreNotComparedUnlessAskedFor() throws {
        #expect(try frames(50, 60, frames: false) == "agrees")
    }

    @Test func aKernelMayNotReuseMore() throws {
        let test = try Answered(
            """
            map x: anonymous private = 0
            process p { f = frame(x); fork c { r = *x }; *x = 2; g = frame(x) }
            """, frames: true)
        func name(_ end: Int) throws -> String {
            let looks = test.looks.map { look in
                switch look {
                case .frame(process: 0, _, _): "\(end)"
                case .frame: "50"
                default: "-"
                }
            }
            return try test.compare(
                ["r 50 0 \(end) a f f l \(looks.joined(separator: " "))"], under: "exclusive", frames: true
            ).name
        }
        #expect(try name(60) == "agrees")
        #expect(try name(50) == "disagrees")
        #expect(try name(1) == "disagrees")
    }

    // MARK: Tests that are not modelled

    @Test func earlierAnswers() throws {
        let test = try Answered(
            "file F = 5\nmap x: file F private\nprocess p { madvise(x, MADV_NOHUGEPAGE)\nr = *x }")
        guard case .notModelled(.none) = try test.compare(["r 5 a f l"]).result else {
            Issue.record("there is no earlier answer")
            return
        }
        var log = AnswerLog(test.test)
        log.record(
            AnswerLog.Block(
                release: KernelRelease("6.1.0"), date: "2026-11-21", answer: .ran(["p:r=5; p=-;"])))
        guard case .notModelled(.same) = try test.compare(["r 5 a f l"], earlier: log).result else {
            Issue.record("it is the same answer")
            return
        }
        let other = try test.compare(["r 6 a f l"], earlier: log)
        guard case .notModelled(.other(["p:r=5; p=-;"])) = other.result else {
            Issue.record("it is another answer")
            return
        }
        #expect(other.isFailure)
    }
}
