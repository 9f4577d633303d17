import Diagnostics

/// A folder `lib/modules/RELEASE`: the modules that were built for a kernel.
struct ModuleFolder {
    private let path: String
    /// Where the module of a name is.
    private let files: [String: String]
    private let builtIn: Set<String>

    private static let endings = [".ko", ".ko.xz", ".ko.gz", ".ko.zst"]

    /// Looks at a folder.
    init(_ path: String) throws(KernelError) {
        self.path = path
        // Links beside these lead to the sources and to where the kernel was built.
        let usual = ["kernel", "extra", "updates"].map { path + "/" + $0 }.filter(FileTree.isDirectory)
        let folders = usual.isEmpty ? [path] : usual
        var files: [String: String] = [:]
        for ending in ModuleFolder.endings {
            do throws(SourceText.LoadingError) {
                for folder in folders {
                    for file in try FileTree.files(below: folder, suffix: ending) {
                        files[ModuleFolder.name(of: file)] = file
                    }
                }
            } catch {
                throw .unreadable(path: path, reason: error.explanation)
            }
        }
        self.files = files
        let list = (try? FileBytes.read(path + "/modules.builtin")) ?? []
        builtIn = ModuleFolder.names(inBuiltInList: String(decoding: list, as: UTF8.self))
        if files.isEmpty, builtIn.isEmpty {
            throw .notAModuleFolder(path: path, why: "there are no modules (*.ko) in it")
        }
    }

    /// The modules that are in the kernel itself, by a file `modules.builtin`.
    static func names(inBuiltInList text: String) -> Set<String> {
        Set(text.split(separator: "\n").map { name(of: String($0)) })
    }

    /// The name by which the kernel knows the module in a file: there, a dash is an underscore.
    static func name(of file: String) -> String {
        let last = file.split(separator: "/").last ?? ""
        let stem = last.firstRange(of: ".ko").map { last[..<$0.lowerBound] } ?? last
        return String(stem.map { $0 == "-" ? "_" : $0 })
    }

    /// The modules of some names and those that they need, each after what it needs, with their contents unpacked.
    ///
    /// Which modules one needs is written in it, so that it does not matter whether depmod(8) was ever run here.
    func load(_ names: [String]) async throws(KernelError) -> Selection {
        var selection = Selection()
        for name in names { try await add(name, to: &selection) }
        return selection
    }

    /// Modules in the order in which to load them.
    struct Selection: Sendable {
        /// The modules.
        var modules: [KernelModule] = []
        /// The names of those that this kernel does not have at all.
        var missing: [String] = []

        fileprivate var seen: Set<String> = []
    }

    private func add(_ name: String, to selection: inout Selection) async throws(KernelError) {
        guard selection.seen.insert(name).inserted, !builtIn.contains(name) else { return }
        guard let file = files[name] else {
            selection.missing.append(name)
            return
        }
        var bytes = try FileBytes.read(file)
        if let compression = Compression(bytes) { bytes = try await compression.unpack(bytes) }
        guard let needed = KernelModule.needs(bytes) else {
            throw .notAModuleFolder(path: path, why: "\(file) is not a module of a 64-bit kernel")
        }
        for other in needed { try await add(other, to: &selection) }
        selection.modules.append(KernelModule(name: name, contents: bytes))
    }
}

/// A module, ready to be loaded.
struct KernelModule: Sendable, Hashable {
    /// Its name, as the kernel writes it.
    let name: String
    /// The ELF file.
    let contents: [UInt8]

    /// The names of the modules that a module needs; nil where the bytes are no module.
    static func needs(_ contents: [UInt8]) -> [String]? {
        guard let information = ELFFile(contents)?.section(named: ".modinfo") else { return nil }
        let key = Array("depends=".utf8)
        for field in information.split(separator: 0) where field.starts(with: key) {
            let names = String(decoding: field.dropFirst(key.count), as: UTF8.self)
            return names.split(separator: ",").map { String($0.map { $0 == "-" ? "_" : $0 }) }
        }
        return []
    }
}
