/// An ELF file of 64 bits with one section beside that of the names.
enum SmallELF {
    static func file(section name: String, _ contents: [UInt8]) -> [UInt8] {
        let names = [0] + Array(name.utf8) + [0]
        let tableOffset = 64 + contents.count + names.count
        var bytes = header(tableOffset: tableOffset)
        bytes += contents + names
        bytes += sectionHeader(name: 1, offset: 64, size: contents.count)
        bytes += sectionHeader(name: 0, offset: 64 + contents.count, size: names.count)
        return bytes
    }

    /// A module that needs others.
    static func module(needs: String) -> [UInt8] {
        file(section: ".modinfo", Array("license=GPL\0depends=\(needs)\0name=x\0".utf8))
    }

    private static func header(tableOffset: Int) -> [UInt8] {
        var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 57)
        bytes.replaceSubrange(40..<48, with: little(tableOffset, 8))
        bytes.replaceSubrange(58..<60, with: little(64, 2))
        bytes.replaceSubrange(60..<62, with: little(2, 2))
        bytes.replaceSubrange(62..<64, with: little(1, 2))
        return bytes
    }

    private static func sectionHeader(name: Int, offset: Int, size: Int) -> [UInt8] {
        little(name, 4) + [UInt8](repeating: 0, count: 20) + little(offset, 8) + little(size, 8)
            + [UInt8](repeating: 0, count: 24)
    }

    private static func little(_ number: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}
