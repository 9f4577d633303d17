extension Schedule {
    /// Why a string is no schedule.
    public enum ParseError: Error, Hashable, Sendable {
        /// What stands at an offset (in bytes of UTF-8) does not fit; what was expected there, in words.
        case malformed(at: Int, expected: String)
        /// It takes more sections than any execution.
        case tooLong(at: Int)

        /// The offset of the first byte that does not fit.
        public var offset: Int {
            switch self {
            case .malformed(let offset, _), .tooLong(let offset): offset
            }
        }

        /// The error in words.
        public var message: String {
            switch self {
            case .malformed(_, let expected): "expected \(expected)"
            case .tooLong: "a schedule has at most \(Schedule.longest) sections"
            }
        }
    }

    /// Sections of the longest schedule that is read.
    public static let longest = 100_000

    /// Reads the string.
    public init(parsing text: String) throws(ParseError) {
        var parser = ScheduleParser(bytes: Array(text.utf8))
        self = try parser.parse()
    }
}

private struct ScheduleParser {
    let bytes: [UInt8]
    var index = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func parse() throws(Schedule.ParseError) -> Schedule {
        var moves: [Move] = []
        while index < bytes.count, bytes[index] != UInt8(ascii: "-") {
            let start = index
            moves += try parseMoves()
            guard moves.count <= Schedule.longest else { throw .tooLong(at: start) }
        }
        guard index < bytes.count else {
            throw .malformed(at: index, expected: "'-' and the hash of what the schedule belongs to")
        }
        index += 1
        return Schedule(moves: moves, origin: try parseOrigin())
    }

    private mutating func parseMoves() throws(Schedule.ParseError) -> [Move] {
        let letter = bytes[index]
        guard letter >= UInt8(ascii: "a"), letter <= UInt8(ascii: "z") else {
            let wanted = index == 0 ? "the letter of a thread" : "the letter of a thread, a number, or '-'"
            throw .malformed(at: index, expected: wanted)
        }
        let thread = letter - UInt8(ascii: "a")
        index += 1
        if index < bytes.count, bytes[index] == UInt8(ascii: "'") {
            index += 1
            let start = index
            guard let choice = parseNumber(), (1...255).contains(choice) else {
                throw .malformed(at: start, expected: "the number of a choice, 1 to 255")
            }
            return [Move(thread: thread, choice: UInt8(choice))]
        }
        let start = index
        let run = parseNumber() ?? 1
        guard run > 0 else { throw .malformed(at: start, expected: "a number of sections, 1 or more") }
        guard run <= Schedule.longest else { throw .tooLong(at: start) }
        return Array(repeating: Move(thread: thread, choice: 0), count: run)
    }

    private mutating func parseNumber() -> Int? {
        var value: Int?
        while index < bytes.count, bytes[index] >= UInt8(ascii: "0"), bytes[index] <= UInt8(ascii: "9") {
            value = min((value ?? 0) * 10 + Int(bytes[index] - UInt8(ascii: "0")), 1_000_000)
            index += 1
        }
        return value
    }

    private mutating func parseOrigin() throws(Schedule.ParseError) -> ScheduleOrigin {
        var value: UInt32 = 0
        for _ in 0..<8 {
            guard index < bytes.count, let digit = Character(UnicodeScalar(bytes[index])).hexDigitValue else {
                throw .malformed(at: index, expected: "eight hexadecimal digits behind '-'")
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        guard index == bytes.count else { throw .malformed(at: index, expected: "the end of the schedule") }
        return ScheduleOrigin(
            test: UInt16(truncatingIfNeeded: value >> 16), rules: UInt16(truncatingIfNeeded: value))
    }
}
