import Glibc

/// What the machine has to offer.
enum MachineLimits {
    /// Processors that this process may use, at least 1.
    static var processors: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// Bytes of memory that could be used now; those of the control group where it has fewer.
    static var availableMemory: Int {
        let machine =
            availableOfMachine ?? Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
        return min(machine, availableOfGroup ?? .max)
    }

    private static var availableOfMachine: Int? {
        guard let text = contents(of: "/proc/meminfo") else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
        }
        return nil
    }

    private static var availableOfGroup: Int? {
        let files = [
            ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
            ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
        ]
        for (limit, usage) in files {
            guard let most = number(in: limit), let used = number(in: usage) else { continue }
            return max(0, most - used)
        }
        return nil
    }

    private static func number(in path: String) -> Int? {
        contents(of: path).flatMap { Int($0.split(separator: "\n").first ?? "") }
    }

    private static func contents(of path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 16384)
        let count = fread(&buffer, 1, buffer.count, file)
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}
