import RuleLanguage
import TestSupport
import Testing

@testable import Exploration

/// What is recorded of an end, and what conditions make of it.
@Suite struct OutcomeTests {
    /// The outcomes of a test, each as `title=value …`, in order.
    func outcomes(_ text: String, _ rules: String = "refcount") throws -> [String] {
        let test = try LoweredTest(text: text)
        let report = try #require(Checker().check(test, under: [try ShippedRules.set(rules)]).first)
        return report.outcomes.map { reported in
            zip(report.columns.titles, reported.outcome.values).filter { $0.1 != .absent }
                .map { "\($0)=\($1.text)" }.joined(separator: " ")
        }
    }

    /// The one outcome of a test that has no other.
    func outcome(_ text: String, _ rules: String = "refcount") throws -> String {
        let all = try outcomes(text, rules)
        #expect(all.count == 1)
        return all.first ?? ""
    }

    // MARK: Registers

    @Test func registersComeInTheOrderOfTheTextAndWhatWasNeverWrittenIsAbsent() throws {
        let test = try LoweredTest(
            text: """
                map x: anonymous private = 1
                process p {
                    fork c {
                        b = *x
                    }
                    a = *x
                    munmap(x)
                    never = *x
                }
                exists p:*x == 1 && c:*x.1 == 0 && c:b == 1
                """)
        #expect(
            OutcomeColumns(test).titles == ["c:b", "p:a", "p:never", "p", "c", "p:*x", "c:*x.1"])
    }

    @Test func callsThatFailLeaveTheNegativeErrno() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                e = munmap(x)
                f = madvise(x, MADV_DONTNEED)
                h = vmsplice(x)
                g = mprotect(x, PROT_READ)
                r = cow_opt_out()
            }
            """
        #expect(try outcome(text) == "p:e=0 p:f=-12 p:h=-14 p:g=-12 p:r=-22")
    }

    // MARK: Frames

    @Test func framesAreNamedInTheOrderOfTheRegisters() throws {
        let text = """
            map x: anonymous private = 1
            map y: anonymous private = 1
            process p {
                b = frame(y)
                fork c {
                    c = frame(x)
                    await e
                    d = frame(x)
                }
                *x = 2
                a = frame(x)
                signal e
            }
            """
        let all = try outcomes(text)
        // The child looks before or after its parent has got another frame; its own stays the same.
        #expect(all == ["p:b=f1 c:c=f2 c:d=f2 p:a=f3"])
    }

    @Test func theZeroPageIsZeroAndNothingIs0() throws {
        let text = """
            map x: anonymous private
            process p {
                a = frame(x)
                r = *x
                b = frame(x)
                *x = 1
                c = frame(x)
                munmap(x)
                d = frame(x)
            }
            """
        #expect(try outcome(text) == "p:a=0 p:r=0 p:b=zero p:c=f1 p:d=0")
    }

    /// A frame that is freed ends its name; the next page is another frame even where the number is the same.
    @Test(arguments: [true, false])
    func theNameOfAFreedFrameIsNotGivenAgain(_ usesSymmetry: Bool) throws {
        let test = try LoweredTest(
            text: """
                map x: anonymous private = 1
                process p {
                    a = frame(x)
                    b = frame(x)
                    madvise(x, MADV_DONTNEED)
                    *x = 1
                    c = frame(x)
                    madvise(x, MADV_DONTNEED)
                    *x = 1
                    d = frame(x)
                    e = frame(x)
                }
                """)
        let checker = Checker(options: SearchOptions(usesSymmetry: usesSymmetry))
        let report = try #require(checker.check(test, under: [try ShippedRules.set("refcount")]).first)
        #expect(
            report.outcomes.map { $0.outcome.values.prefix(5).map(\.text) } == [
                ["f1", "f1", "f2", "f3", "f3"]
            ])
    }

    @Test func aFrameThatOnlyAReferenceKeepsKeepsItsName() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                a = frame(x)
                h = get(x, write)
                fork c {
                    exit
                }
                wait c
                *x = 2
                b = frame(x)
            }
            exists coherent(h) && moved(p:x)
            """
        #expect(try outcome(text) == "p:a=f1 p:h=0 p:b=f2 coherent(h)=0 moved(p:x)=1")
        #expect(try outcome(text, "mapcount") == "p:a=f1 p:h=0 p:b=f1 coherent(h)=1 moved(p:x)=0")
    }

    // MARK: Facts

    @Test(arguments: [
        // Shared, then each its own.
        ("", "same(p:x, c:x)=1 moved(p:x)=0 mapped(c:x)=1"),
        ("*x = 2", "same(p:x, c:x)=0 moved(p:x)=1 mapped(c:x)=1"),
        ("munmap(x)", "same(p:x, c:x)=0 moved(p:x)=0 mapped(c:x)=1"),
        // A frame that was given back: whatever is mapped now is another one.
        ("madvise(x, MADV_DONTNEED)\n*x = 2", "same(p:x, c:x)=0 moved(p:x)=1 mapped(c:x)=1"),
    ])
    func factsAboutPages(_ statements: String, _ facts: String) throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                }
                \(statements)
            }
            exists same(p:x, c:x) && moved(p:x) && mapped(c:x)
            """
        #expect(try outcome(text) == facts)
    }

    @Test func whatWasNotThereAtTheStartHasNotMoved() throws {
        let text = """
            map x: anonymous private
            process p {
                *x = 1
                fork c {
                    exit
                }
                wait c
                *x = 2
            }
            exists moved(p:x)
            """
        #expect(try outcome(text) == "moved(p:x)=0")
    }

    @Test func aPageMovesThroughAFreedFrameToo() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                madvise(x, MADV_DONTNEED)
                *x = 2
            }
            exists moved(p:x)
            """
        #expect(try outcome(text) == "moved(p:x)=1")
    }

    @Test func theZeroPageIsTheSameForAll() throws {
        let text = """
            map x: anonymous private
            process p {
                fork c {
                    s = *x
                }
                r = *x
            }
            exists same(p:x, c:x)
            """
        #expect(try outcome(text) == "c:s=0 p:r=0 same(p:x, c:x)=1")
    }

    @Test func severalPagesAreCoherentTogether() throws {
        let text = """
            map x[2]: anonymous private = 1
            process p {
                h = io_uring_register(x)
                madvise(x[1], MADV_DONTNEED)
                *x[1] = 2
            }
            exists coherent(h)
            """
        #expect(try outcome(text) == "p:h=0 coherent(h)=0")
        #expect(
            try outcome(text.replacing("madvise(x[1], MADV_DONTNEED)", with: "")) == "p:h=0 coherent(h)=1")
    }

    @Test func aReferenceThatIsClosedOrWasNeverTakenIsNotCoherent() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                h = get(x, read)
                close(h)
            }
            exists coherent(h)
            """
        #expect(try outcome(text) == "p:h=0 coherent(h)=0")
    }

    @Test(arguments: [("frames 2", "forked(c)=0"), ("frames 3", "forked(c)=1")])
    func aForkSucceedsOrNot(_ limit: String, _ fact: String) throws {
        let text =
            "\(limit)\nmap x: anonymous private = 1\nprocess p {\nfork c {\nexit\n}\n}\nexists forked(c)"
        #expect(try outcome(text) == fact)
    }

    @Test(arguments: ["", "\nexists copies == 1"])
    func copiesAreCountedWhereTheyAreAskedFor(_ condition: String) throws {
        let text = """
            map x: anonymous private = 1
            process p {
                h = io_uring_register(x)
                fork c {
                }
                *x = 2
            }\(condition)
            """
        #expect(try outcome(text) == (condition.isEmpty ? "p:h=0" : "p:h=0 copies=1"))
    }

    // MARK: Ends of processes

    @Test func whoWasKilledSaysSoAndLeavesNoMemory() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                    munmap(x)
                    r = *x
                }
            }
            exists c:*x == 1 && p:*x == 1 && mapped(c:x)
            """
        #expect(try outcome(text) == "c=killed p:*x=1 mapped(c:x)=0")
    }

    @Test func aThreadThatHadEndedWasNotKilledWithItsProcess() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                thread t {
                    a = *x
                }
                thread u {
                    await never
                }
                join t
                mprotect(x, PROT_NONE)
                b = *x
            }
            process q {
                await late
                signal never
                signal late
            }
            """
        #expect(try outcome(text) == "t:a=1 p=killed u=killed q=blocked")
    }

    @Test func whoExitsIsNeitherKilledNorBlocked() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                a = *x
                exit
            }
            exists p:*x == 1
            """
        #expect(try outcome(text) == "p:a=1")
    }

    @Test func finalContentIsWhatALoadWouldGive() throws {
        let text = """
            map x: anonymous private
            map y: anonymous private = 4
            map z: anonymous private = 5
            process p {
                mprotect(y, PROT_NONE)
                mprotect(z, PROT_READ)
            }
            exists p:*x == 0 && p:*y == 4 && p:*z == 5 && p:*z.3 == 0
            """
        #expect(try outcome(text) == "p:*x=0 p:*z=5 p:*z.3=0")
    }
}

/// Conditions over outcomes.
@Suite struct ConditionTests {
    func verdict(_ condition: String, _ body: String = "", _ rules: String = "refcount") throws -> Verdict {
        let text = """
            map x: anonymous private = 1
            process p {
                a = *x
                fork c {
                    b = *x
                }
                f = frame(x)
                \(body)
            }
            \(condition)
            """
        let test = try LoweredTest(text: text)
        return try #require(Checker().check(test, under: [try ShippedRules.set(rules)]).first).verdict
    }

    @Test(arguments: [
        ("a == 1", true), ("a != 1", false), ("a < 2", true), ("a <= 1", true), ("a > 1", false),
        ("a >= 1", true),
        ("a == 1 && p:a == 2", false), ("a == 1 || p:a == 2", true), ("!", true),
    ])
    func comparisons(_ text: String, _ holds: Bool) throws {
        let formula = text == "!" ? "!(p:a == 2) && !(p:a != 1)" : "p:" + text
        #expect(try verdict("always \(formula)") == (holds ? .holds : .fails))
        #expect(try verdict("never \(formula)") == (holds ? .fails : .holds))
        #expect(try verdict("exists \(formula)") == (holds ? .holds : .fails))
    }

    /// A comparison with what was never written is false, `!=` too; its negation is true.
    @Test(arguments: [
        ("p:g == 1", false), ("p:g != 1", false), ("p:g < 1", false), ("!(p:g == 1)", true),
        ("p:g == p:g", false),
        ("c:*x == 1 || p:g == 1", true),
    ])
    func comparisonsWithWhatIsAbsent(_ formula: String, _ holds: Bool) throws {
        #expect(try verdict("always \(formula)", "munmap(x)\ng = *x") == (holds ? .holds : .fails))
    }

    @Test(
        arguments: [
            ("p:h == -EFAULT", true), ("p:h == -ENOMEM", false), ("p:h < 0", nil), ("p:f == zero", false),
            ("p:f != zero", true),
        ] as [(String, Bool?)])
    func errorsAndFrames(_ formula: String, _ holds: Bool?) throws {
        // `< 0` compares numbers.
        let expected = holds ?? true
        #expect(
            try verdict("always \(formula)", "munmap(x)\nh = vmsplice(x)") == (expected ? .holds : .fails))
    }

    @Test(arguments: [
        ("killed(p)", "munmap(x)\nr = *x", true), ("killed(p)", "", false),
        ("killed(c)", "munmap(x)\nr = *x", false),
        ("blocked(p)", "await e\nsignal e", true), ("blocked(c)", "await e\nsignal e", false),
        ("forked(c)", "", true),
    ])
    func factsAboutProcesses(_ fact: String, _ body: String, _ holds: Bool) throws {
        #expect(try verdict("always \(fact)", body) == (holds ? .holds : .fails))
    }

    @Test func quantifiersOverSeveralOutcomes() throws {
        let body = "*x = 2\nkill(c)"
        // The child may be killed before or after its load.
        #expect(try verdict("exists c:b == 1", body) == .holds)
        #expect(try verdict("always c:b == 1", body) == .fails)
        #expect(try verdict("never c:b == 1", body) == .fails)
        #expect(try verdict("never c:b == 2", body) == .holds)
        #expect(try verdict("", body) == .none)
    }
}
