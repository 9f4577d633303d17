import Diagnostics

/// The C sources that tests are compiled with, as texts.
public struct RuntimeSources: Sendable {
    /// Names and texts of the headers, each after those that it includes.
    let files: [(name: String, text: String)]

    /// Reads all headers of a folder.
    public init(folder: String) throws(SourceText.LoadingError) {
        var texts: [String: String] = [:]
        for path in try FileTree.files(below: folder, suffix: ".h") {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            let source = try SourceText(loading: path, limit: 1 << 20)
            texts[name] = String(decoding: source.bytes, as: UTF8.self)
        }
        self.init(texts)
    }

    /// Sorts headers, by their names, so that each comes after those that it includes; the reproducer's own is the last.
    init(_ texts: [String: String]) {
        var sorted: [(name: String, text: String)] = []
        var seen: Set<String> = []
        func add(_ name: String) {
            guard let text = texts[name], seen.insert(name).inserted else { return }
            for line in text.split(separator: "\n") where line.hasPrefix("#include \"") {
                add(line.split(separator: "\"").dropFirst().first.map(String.init) ?? "")
            }
            sorted.append((name, text))
        }
        for name in texts.keys.sorted() where name != "reproducer.h" && name != "init.h" { add(name) }
        add("reproducer.h")
        files = sorted
    }

    private init(files: [(name: String, text: String)]) { self.files = files }

    /// The same without some headers.
    func without(_ names: [String]) -> RuntimeSources {
        RuntimeSources(files: files.filter { !names.contains($0.name) })
    }
}
