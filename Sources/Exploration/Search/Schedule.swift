import TestLanguage
import VirtualMemory

/// One step of an execution: which thread, and which of the ways in which its section can go on.
package struct Move: Hashable, Sendable {
    package var thread: UInt8
    package var choice: UInt8
}

/// What a schedule belongs to: schedules of anything else mean nothing.
public struct ScheduleOrigin: Hashable, Sendable, CustomStringConvertible {
    /// Hash of the test's program and of the engine.
    public let test: UInt16
    /// Hash of the rules and of the engine.
    public let rules: UInt16

    /// Eight hexadecimal digits: four of the test, four of the rules.
    public var description: String { ScheduleOrigin.digits(test) + ScheduleOrigin.digits(rules) }

    private static func digits(_ hash: UInt16) -> String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}

/// An execution as a short string: who runs, for how many sections, run-length coded, over sections without reductions.
///
/// Threads are letters in the order of the test's actors (`a` is the first), a number behind says for how many sections,
/// an apostrophe and a number which way a section goes on where it has several. Behind a dash stand hashes of the test and
/// of the rules: a schedule that does not fit is refused.
public struct Schedule: Hashable, Sendable, CustomStringConvertible {
    package let moves: [Move]
    /// What the schedule belongs to.
    public let origin: ScheduleOrigin

    package init(moves: [Move], origin: ScheduleOrigin) {
        self.moves = moves
        self.origin = origin
    }

    /// How many sections it takes.
    public var length: Int { moves.count }

    /// The string.
    public var description: String {
        var text = ""
        var index = 0
        while index < moves.count {
            let move = moves[index]
            text.append(Character(UnicodeScalar(UInt8(ascii: "a") + move.thread)))
            if move.choice > 0 {
                text += "'\(move.choice)"
                index += 1
                continue
            }
            var run = 1
            while index + run < moves.count, moves[index + run] == move { run += 1 }
            if run > 1 { text += "\(run)" }
            index += run
        }
        return text + "-\(origin)"
    }
}
