/// FNV-1a over bytes, 64 bits wide: the same on every machine and in every release, unlike Swift's own hashing.
package struct StableHash: Sendable {
    /// The hash of what was fed so far.
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    /// Begins with nothing.
    package init() {}

    /// Feeds a string and a mark that ends it, so that neighbours do not run together.
    package mutating func feed(_ text: String) {
        for byte in text.utf8 { mix(byte) }
        mix(0xff)
    }

    /// Feeds a number.
    package mutating func feed(_ number: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) {
            mix(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }

    private mutating func mix(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x100_0000_01b3
    }
}
