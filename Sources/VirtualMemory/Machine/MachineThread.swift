/// One thread on its own CPU: where it is in its program, and what it copies just now.
struct MachineThread: Equatable, BitwiseCopyable {
    enum Status: UInt8 {
        case notStarted, running
        /// Its block has ended; the process idles on.
        case finished
        /// The process ended it.
        case gone
    }

    /// Index of the statement that runs, `dying` while the thread exits.
    var statement: UInt16 = 0
    /// How many words of the operation's log are used.
    var logged: UInt8 = 0
    private var statusByte: UInt8 = 0
    /// Index of the process whose memory it uses.
    var process: UInt8 = 0
    /// Words of the copy in flight that are copied.
    var copiedWords: UInt8 = 0
    /// Whether its mm stored to a word after that word was copied, through what: a bit for each `Violation.Through`.
    var storedSince: UInt8 = 0
    var copyPage: UInt8 = 0
    /// The frame that a write fault of this thread copies just now, as an entry without rights.
    var copySource = PageTableEntry.none
    /// Of the first 16 words. Bits 2n and 2n + 1: 0 where log word n is a section's result; otherwise it is the result of a whole call, of one at
    /// this depth of nesting. Calls of different depths can begin at the same place in the log.
    var calls: UInt32 = 0

    static let dying: UInt16 = .max
    /// Log words of which `calls` knows.
    static let placesOfCalls = 16

    var status: Status {
        get { Status(rawValue: statusByte & 0x3f) ?? .gone }
        set { statusByte = statusByte & 0xc0 | newValue.rawValue }
    }
    /// A forced write of this thread has broken COW (FOLL_COW, FAULT_FLAG_WRITE having done its work).
    var hasBrokenCOW: Bool {
        get { statusByte & 0x40 != 0 }
        set { statusByte = newValue ? statusByte | 0x40 : statusByte & 0xbf }
    }
    /// A store of this thread has begun and faulted; kept only where it matters when stores begin.
    var hasBegunStore: Bool {
        get { statusByte & 0x80 != 0 }
        set { statusByte = newValue ? statusByte | 0x80 : statusByte & 0x7f }
    }
}
