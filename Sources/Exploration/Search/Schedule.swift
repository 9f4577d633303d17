import TestLanguage
import VirtualMemory

/// One step of an execution: which thread, and which of the ways in which its section can go on.
struct Move: Hashable, Sendable {
    var thread: UInt8
    var choice: UInt8
}

/// An execution as a short string: who runs, for how many sections, run-length coded, over sections without reductions.
///
/// Threads are letters in the order of the test's actors (`a` is the first), a number behind says for how many sections,
/// an apostrophe and a number which way a section goes on where it has several. Behind a dash stands a hash of test, rules
/// and engine: a schedule that does not fit is refused.
public struct Schedule: Hashable, Sendable, CustomStringConvertible {
    let moves: [Move]
    /// Hash of what the schedule belongs to.
    let origin: UInt32

    init(moves: [Move], origin: UInt32) {
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
        let hash = String(origin, radix: 16)
        return text + "-" + String(repeating: "0", count: max(0, 6 - hash.count)) + hash
    }

    /// Why a string is no schedule.
    public enum ParseError: Error, Hashable, Sendable {
        /// It is not of the form at all; the offset of the first character that does not fit.
        case malformed(Int)
    }

    /// Reads the string.
    public init(parsing text: String) throws(ParseError) {
        let bytes = Array(text.utf8)
        guard let dash = bytes.lastIndex(of: UInt8(ascii: "-")) else { throw .malformed(bytes.count) }
        guard let origin = UInt32(String(decoding: bytes[(dash + 1)...], as: UTF8.self), radix: 16) else {
            throw .malformed(dash + 1)
        }
        var moves: [Move] = []
        var index = 0
        func number() -> Int? {
            var value: Int?
            while index < dash, bytes[index] >= UInt8(ascii: "0"), bytes[index] <= UInt8(ascii: "9") {
                value = min((value ?? 0) * 10 + Int(bytes[index] - UInt8(ascii: "0")), 1_000_000)
                index += 1
            }
            return value
        }
        while index < dash {
            let byte = bytes[index]
            guard byte >= UInt8(ascii: "a"), byte <= UInt8(ascii: "z") else { throw .malformed(index) }
            let thread = byte - UInt8(ascii: "a")
            index += 1
            if index < dash, bytes[index] == UInt8(ascii: "'") {
                index += 1
                guard let choice = number(), choice < 256 else { throw .malformed(index) }
                moves.append(Move(thread: thread, choice: UInt8(choice)))
            } else {
                let start = index
                let run = number() ?? 1
                guard run >= 1, run <= 100_000 else { throw .malformed(start) }
                moves += Array(repeating: Move(thread: thread, choice: 0), count: run)
            }
        }
        self.init(moves: moves, origin: origin)
    }
}
