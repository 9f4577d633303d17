/// A 64-bit hash of words by folded multiplication, two lanes wide. Fast, and the same on every run.
struct Fingerprint {
    private var a: UInt64
    private var b: UInt64 = 0xC2B2_AE3D_27D4_EB4F

    init(length: Int) {
        a = 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: length)
    }

    @inline(__always) static func fold(_ x: UInt64, _ y: UInt64) -> UInt64 {
        let product = x.multipliedFullWidth(by: y)
        return product.high ^ product.low
    }

    /// Mixes bytes, a multiple of 8.
    @inline(__always) mutating func mix(_ bytes: UnsafeRawPointer, _ count: Int) {
        var offset = 0
        while offset &+ 32 <= count {
            let x0 = bytes.load(fromByteOffset: offset, as: UInt64.self)
            let x1 = bytes.load(fromByteOffset: offset &+ 8, as: UInt64.self)
            let x2 = bytes.load(fromByteOffset: offset &+ 16, as: UInt64.self)
            let x3 = bytes.load(fromByteOffset: offset &+ 24, as: UInt64.self)
            a = Self.fold(x0 ^ 0xA076_1D64_78BD_642F, x1 ^ a)
            b = Self.fold(x2 ^ 0xE703_7ED1_A0B4_28DB, x3 ^ b)
            offset &+= 32
        }
        mixWords(bytes + offset, (count &- offset) / 8)
    }

    /// Mixes words of 8 bytes.
    @inline(__always) mutating func mixWords(_ bytes: UnsafeRawPointer, _ count: Int) {
        for index in 0..<count {
            let word = bytes.load(fromByteOffset: index &* 8, as: UInt64.self)
            a = Self.fold(word ^ 0x8EBC_6AF0_9C88_C6E3, a ^ 0x5899_65CC_7537_4CC3)
        }
    }

    var value: UInt64 {
        let hash = Self.fold(a ^ 0x1D8E_4E27_C47D_124F, b ^ a)
        return hash == 0 ? 1 : hash
    }
}
