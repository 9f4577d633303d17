import Exploration
import Testing

/// Schedules as strings.
@Suite struct ScheduleTests {
    @Test(arguments: ["a-00000000", "a12b3a-0123abcd", "ab'1c'12b9999-ffffffff", "-12345678", "z2-00000001"])
    func readsBackTheSame(_ text: String) throws {
        #expect("\(try Schedule(parsing: text))" == text)
    }

    @Test func runsAreCounted() throws {
        #expect(try Schedule(parsing: "a2b'1a'2c10-00000000").length == 14)
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        let text: String
        let offset: Int
        let message: String
        var testDescription: String { text }

        init(_ text: String, _ offset: Int, _ message: String) {
            self.text = text
            self.offset = offset
            self.message = message
        }
    }

    @Test(arguments: [
        Mistake("", 0, "expected '-' and the hash of what the schedule belongs to"),
        Mistake("a3b", 3, "expected '-' and the hash of what the schedule belongs to"),
        Mistake("3a-00000000", 0, "expected the letter of a thread"),
        Mistake("a3_b-00000000", 2, "expected the letter of a thread, a number, or '-'"),
        Mistake("a3B-00000000", 2, "expected the letter of a thread, a number, or '-'"),
        Mistake("a0-00000000", 1, "expected a number of sections, 1 or more"),
        Mistake("a'-00000000", 2, "expected the number of a choice, 1 to 255"),
        Mistake("a'0b-00000000", 2, "expected the number of a choice, 1 to 255"),
        Mistake("a'256-00000000", 2, "expected the number of a choice, 1 to 255"),
        Mistake("a3-0000", 7, "expected eight hexadecimal digits behind '-'"),
        Mistake("a3-0000000g", 10, "expected eight hexadecimal digits behind '-'"),
        Mistake("a3-000000000", 11, "expected the end of the schedule"),
        Mistake("a99999999999999999999-00000000", 1, "a schedule has at most 100000 sections"),
        Mistake("a100000b-00000000", 7, "a schedule has at most 100000 sections"),
        Mistake("ä-00000000", 0, "expected the letter of a thread"),
    ])
    func mistakesHaveTheirPlace(_ mistake: Mistake) {
        let error = #expect(throws: Schedule.ParseError.self) { try Schedule(parsing: mistake.text) }
        #expect(error?.offset == mistake.offset)
        #expect(error?.message == mistake.message)
    }
}
