/// What a register of the program holds: one word, 0 while nothing was written.
///
/// A word with the top bit clear names a frame as page-table entries do; with it set it is a number. The same form
/// serves the logs.
public struct Register: Equatable, Hashable, BitwiseCopyable, Sendable {
    var word: UInt32

    private static let numberBit: UInt32 = 1 << 31
    private static let retiredBit: UInt32 = 1 << 30
    private static let offset: Int32 = 1 << 20

    init(word: UInt32) {
        self.word = word
    }

    /// Nothing was written.
    static var unwritten: Register { Register(word: 0) }

    /// A number, -2^20 ..< 2^29.
    init(_ number: Int) {
        word = Self.numberBit | UInt32(truncatingIfNeeded: Int32(truncatingIfNeeded: number) &+ Self.offset)
    }

    init(frame entry: PageTableEntry) {
        word = entry.word & PageTableEntry.frameBits
    }

    /// The name of a frame that was freed since; equal numbers were the same frame.
    init(retired index: Int) {
        word = Self.numberBit | Self.retiredBit | UInt32(truncatingIfNeeded: index)
    }

    /// The frame that it names; of a huge page, that of its head. Precondition: `namesFrame`.
    var frameNumber: Int { Int(word & PageTableEntry.frameBits) &- 1 }
    /// The number by which readers outside know what it names. Precondition: `namesFrame`.
    var nameNumber: Int { Int(word) &- 1 }
    /// Which of the pages of a huge page it names; 0 for a frame of one page.
    var subpage: Int { Int(word >> 24 & 0xf) }
    var namesFrame: Bool { word != 0 && word & Self.numberBit == 0 }
    var isRetired: Bool { word & (Self.numberBit | Self.retiredBit) == Self.numberBit | Self.retiredBit }

    /// What it holds, for readers outside the machine.
    public enum Value: Equatable, Hashable, Sendable {
        /// It was never written.
        case unwritten
        /// A number: a word of memory, a count, or a negative errno.
        case number(Int)
        /// The zero page.
        case zeroPage
        /// A frame in use, or with what stands above 24 bits a page of a huge page; equal numbers are the same frame.
        case frame(Int)
        /// A frame that was freed since; equal numbers were the same frame.
        case retiredFrame(Int)
    }

    /// What it holds.
    public var value: Value {
        if word == 0 { return .unwritten }
        if isRetired { return .retiredFrame(Int(word & ~(Self.numberBit | Self.retiredBit))) }
        if word & Self.numberBit != 0 {
            return .number(Int(Int32(truncatingIfNeeded: word & ~Self.numberBit) &- Self.offset))
        }
        return nameNumber == Machine.zeroFrame ? .zeroPage : .frame(nameNumber)
    }
}
