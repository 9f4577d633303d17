extension [UInt8] {
    /// The number of so many bytes at an offset, least significant byte first; nil where the array ends before.
    func number(at offset: Int, bytes count: Int) -> Int? {
        guard offset >= 0, count <= 8, offset <= self.count - count else { return nil }
        var value: UInt64 = 0
        for index in (0..<count).reversed() { value = value << 8 | UInt64(self[offset + index]) }
        return Int(exactly: value)
    }

    /// The bytes of a range; nil where the array ends before.
    func slice(at offset: Int, bytes count: Int) -> ArraySlice<UInt8>? {
        guard offset >= 0, count >= 0, offset <= self.count, count <= self.count - offset else { return nil }
        return self[offset..<offset + count]
    }
}
