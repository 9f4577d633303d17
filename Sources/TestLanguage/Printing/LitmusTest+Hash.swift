extension LitmusTest {
    /// A hash of what the test does and asks, the same on every machine: 64-bit FNV-1a of its printed declarations,
    /// processes and condition. Name, summary, comments, layout and expectations do not count.
    public var programHash: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in program.joined(separator: "\n").utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return hash
    }
}
