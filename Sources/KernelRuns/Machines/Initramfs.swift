/// The file system that a machine starts with: a program that is its own /init, modules, and the program's arguments.
///
/// `Runtime/init.h` is what reads it there.
struct Initramfs: Sendable {
    /// The archive that the kernel unpacks.
    let bytes: [UInt8]

    /// Packs it.
    ///
    /// - Parameters:
    ///   - program: A static ELF file.
    ///   - modules: In the order in which to load them.
    ///   - arguments: What the program finds after its name; line breaks within one become spaces.
    init(program: [UInt8], modules: [KernelModule], arguments: [String]) {
        var archive = CpioArchive()
        for folder in ["dev", "proc", "sys", "tmp", "modules", "muster"] { archive.addFolder(folder) }
        archive.addFile("init", program, isExecutable: true)
        var order: [String] = []
        for (index, module) in modules.enumerated() {
            let number = index < 9 ? "0\(index + 1)" : "\(index + 1)"
            let path = "modules/\(number)-\(module.name).ko"
            archive.addFile(path, module.contents)
            order.append("/" + path)
        }
        archive.addFile("modules/order", Initramfs.text(order))
        archive.addFile("muster/options", Initramfs.text(arguments))
        archive.end()
        bytes = archive.bytes
    }

    private static func text(_ lines: [String]) -> [UInt8] {
        Array(lines.map { line in String(line.map { $0.isNewline ? " " : $0 }) + "\n" }.joined().utf8)
    }
}
