import Glibc

/// What lies in a folder.
enum FolderListing {
    /// The names of what is directly in a folder, in order.
    static func names(in path: String) throws(KernelError) -> [String] {
        guard let directory = opendir(path) else {
            throw .unreadable(path: path, reason: FileBytes.reason())
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The bytes that a file, or all that is in a folder, takes up on disk.
    static func size(of path: String) -> Int {
        var status = stat()
        guard lstat(path, &status) == 0 else { return 0 }
        let own = Int(status.st_blocks) * 512
        guard status.st_mode & S_IFMT == S_IFDIR else { return own }
        let names = (try? names(in: path)) ?? []
        return names.reduce(own) { $0 + size(of: path + "/" + $1) }
    }

    /// Removes a file, or a folder with all that is in it, as far as that goes.
    static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        for name in (try? names(in: path)) ?? [] { remove(path + "/" + name) }
        rmdir(path)
    }
}
