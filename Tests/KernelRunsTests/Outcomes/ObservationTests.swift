import Exploration
import KernelRuns
import TestLanguage
import Testing

@Suite struct ObservationTests {
    @Test func registersAndFates() throws {
        let test = try Answered(
            "map x: anonymous private\nprocess p { a = *x; fork c { b = *x }; e = munmap(x) }")
        #expect(test.test.registers.map { test.test.title(of: $0) } == ["p:a", "c:b", "p:e"])
        #expect(try test.seen(["r 0 7 -14 a f f l"]) == ["p:a=0 c:b=7 p:e=-14"])
        #expect(try test.seen(["r 0 - ? a f k11 l"]) == ["p:a=0 p:e=? c=killed"])
        #expect(try test.seen(["r - - - a b n l"]) == ["p=blocked"])
    }

    @Test func framesHaveNamesInTheOrderOfTheText() throws {
        let test = try Answered(
            "map x: anonymous private\nprocess p { f = frame(x); g = frame(x); h = frame(x); i = frame(x) }")
        #expect(try test.seen(["r 900 800 900 0 a f l"]) == ["p:f=f1 p:g=f2 p:h=f1 p:i=0"])
        #expect(try test.seen(["r 1 800 - ? a f l"]) == ["p:f=zero p:g=f1 p:i=?"])
        // Runs that differ only in the numbers of frames are one outcome.
        #expect(try test.seen(["r 5 6 5 5 a f l", "r 8 2 8 8 a f l"]).count == 1)
    }

    @Test func factsAboutFrames() throws {
        let test = try Answered(
            """
            map x: anonymous private = 0
            process p { fork c { *x = 1 } }
            exists same(p:x, c:x) && moved(p:x) && forked(c)
            """)
        func seen(_ first: String, _ second: String, _ start: String) throws -> String? {
            let values = test.looks.map { look in
                switch look {
                case .frame(process: 0, _, _): first
                case .frame: second
                default: start
                }
            }
            return try test.seen(["r a f f l \(values.joined(separator: " "))"]).first
        }
        #expect(try seen("70", "70", "70") == "same(p:x, c:x)=1 moved(p:x)=0 forked(c)=1")
        #expect(try seen("70", "71", "72") == "same(p:x, c:x)=0 moved(p:x)=1 forked(c)=1")
        #expect(try seen("0", "0", "72") == "same(p:x, c:x)=0 moved(p:x)=0 forked(c)=1")
        #expect(try seen("70", "-", "0") == "same(p:x, c:x)=0 moved(p:x)=0 forked(c)=1")
        #expect(try seen("?", "71", "72") == "same(p:x, c:x)=? moved(p:x)=? forked(c)=1")
        #expect(try test.seen(["r a f n l ? ? ?"]).first?.hasSuffix("forked(c)=0") == true)
    }

    @Test func contentsAndFiles() throws {
        let test = try Answered(
            """
            file F = 5
            map x: file F private
            process p { *x = 1 }
            exists p:*x == 1 && file F == 5 && mapped(p:x)
            """)
        #expect(try test.seen(["r a f l 1 5 1"]) == ["p:*x=1 file F=5 mapped(p:x)=1"])
        #expect(try test.seen(["r a f l - 5 -"]) == ["file F=5 mapped(p:x)=0"])
    }

    @Test func finalFrames() throws {
        let test = try Answered(
            "map x: anonymous private = 0\nprocess p { fork c { r = *x } }", frames: true)
        let looks = test.looks.map { look in
            if case .frame = look { "40" } else { "0" }
        }
        #expect(
            try test.seen(["r 0 a f f l \(looks.joined(separator: " "))"], frames: true)
                == ["c:r=0 frame(p:x)=f1 frame(c:x)=f1"])
    }

    @Test func whatIsOfAnotherTest() throws {
        let test = try Answered("map x: anonymous private\nprocess p { a = *x }")
        for text in ["r a f l", "r 1 1 a f l", "r 1 a l", "r 1 a f l 5"] {
            let histogram = test.histogram([try test.outcome(text)])
            #expect(Observation(histogram, of: test.test, looks: test.looks) == nil)
        }
    }

    @Test(arguments: [
        ("p:a == 1", "r 1 - a f l", true), ("p:a == 1", "r ? - a f l", nil),
        ("p:a == 1 && p:b == 1", "r ? 2 a f l", false), ("p:a == 1 || p:b == 2", "r ? 2 a f l", true),
        ("p:a == 1 || p:b == 1", "r ? 2 a f l", nil), ("!(p:a == 1)", "r ? 2 a f l", nil),
        ("p:a == p:b", "r ? - a f l", false), ("killed(p)", "r ? - a k9 l", true),
        ("copies == 0", "r 0 0 a f l", nil),
    ])
    func truths(_ formula: String, _ answer: String, _ truth: Bool?) throws {
        let test = try Answered(
            "map x: anonymous private\nprocess p { a = *x; b = *x }\nexists \(formula)")
        let histogram = test.histogram([try test.outcome(answer)])
        let observation = try #require(Observation(histogram, of: test.test, looks: test.looks))
        #expect(observation.outcomes.first?.satisfies == truth)
    }
}
