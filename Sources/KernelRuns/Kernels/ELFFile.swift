/// What little we need to know of an ELF file of 64 bits.
struct ELFFile {
    /// How such a file begins.
    static let magic: [UInt8] = [0x7f, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F")]

    private let bytes: [UInt8]

    private static let noteSegment = 4

    /// Takes a file; nil where it is none of 64 bits with the least significant byte first.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 64, bytes.starts(with: ELFFile.magic), bytes[4] == 2, bytes[5] == 1 else {
            return nil
        }
        self.bytes = bytes
    }

    /// The processor that it is for.
    var processor: Int? { bytes.number(at: 18, bytes: 2) }

    /// The bytes of the section of a name; nil where there is none.
    func section(named name: String) -> ArraySlice<UInt8>? {
        guard let table = bytes.number(at: 40, bytes: 8), let size = bytes.number(at: 58, bytes: 2),
            let count = bytes.number(at: 60, bytes: 2), let namesIndex = bytes.number(at: 62, bytes: 2),
            let names = contents(ofSectionAt: table + namesIndex * size)
        else { return nil }
        for index in 0..<count {
            guard let offset = bytes.number(at: table + index * size, bytes: 4) else { return nil }
            let label = names.dropFirst(offset).prefix { $0 != 0 }
            if label.elementsEqual(name.utf8) { return contents(ofSectionAt: table + index * size) }
        }
        return nil
    }

    private func contents(ofSectionAt header: Int) -> ArraySlice<UInt8>? {
        guard let offset = bytes.number(at: header + 24, bytes: 8),
            let size = bytes.number(at: header + 32, bytes: 8)
        else { return nil }
        return bytes.slice(at: offset, bytes: size)
    }

    /// Whether it has a note of an owner and a type.
    func hasNote(owner: String, type: Int) -> Bool {
        guard let table = bytes.number(at: 32, bytes: 8), let size = bytes.number(at: 54, bytes: 2),
            let count = bytes.number(at: 56, bytes: 2)
        else { return false }
        for index in 0..<count {
            let header = table + index * size
            guard bytes.number(at: header, bytes: 4) == ELFFile.noteSegment,
                let offset = bytes.number(at: header + 8, bytes: 8),
                let length = bytes.number(at: header + 32, bytes: 8), length < bytes.count
            else { continue }
            if hasNote(owner: owner, type: type, from: offset, to: offset + length) { return true }
        }
        return false
    }

    private func hasNote(owner: String, type: Int, from start: Int, to end: Int) -> Bool {
        var place = start
        while place < end, let ownerLength = bytes.number(at: place, bytes: 4),
            let length = bytes.number(at: place + 4, bytes: 4),
            let found = bytes.number(at: place + 8, bytes: 4)
        {
            let name = bytes.slice(at: place + 12, bytes: ownerLength)?.prefix { $0 != 0 }
            if found == type, let name, name.elementsEqual(owner.utf8) { return true }
            place += 12 + (ownerLength + 3) / 4 * 4 + (length + 3) / 4 * 4
        }
        return false
    }
}
