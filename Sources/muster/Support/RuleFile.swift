import ArgumentParser
import Glibc
import KernelRuns
import Reports
import RuleLanguage

/// The file that a rule set is written to.
struct RuleFile {
    private let path: String
    private let name: String
    private let force: Bool

    /// Chooses the set's name, and sees to it early that the file may be written.
    ///
    /// - Throws: an exit code, after a message.
    init(path: String, name: String?, force: Bool, library: RuleLibrary) throws {
        let stem = path.split(separator: "/").last.map { String($0.dropLast(".rules".count)) } ?? ""
        let chosen = name ?? (RuleSetChanges.isName(stem) ? stem : "probed")
        self.path = path
        self.name = chosen
        self.force = force
        if library[chosen] != nil {
            Terminal.complain("there is a rule set '\(chosen)' already; choose another name with --name")
            throw ExitCode(.usage)
        }
        if !force, access(path, F_OK) == 0 {
            Terminal.complain("'\(path)' is there already; --force writes over it")
            throw ExitCode(.usage)
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        guard access(folder, W_OK | X_OK) == 0 else {
            Terminal.complain("'\(path)' cannot be written: \(String(cString: strerror(errno)))")
            throw ExitCode(.usage)
        }
    }

    /// Writes what was found, whole or not at all.
    ///
    /// - Throws: an exit code, after a message.
    func write(_ results: ProbeResults) throws {
        let kernel = "\(results.kernel.release) (\(results.kernel.machine))"
        let text = results.findings.text(named: name, kernel: kernel, date: AnswerFiles.today())
        let temporary = "\(path).\(getpid())"
        let bytes = Array(text.utf8)
        let file = fopen(temporary, "wxe")
        let isWritten = file.map { fwrite(bytes, 1, bytes.count, $0) == bytes.count } ?? false
        let isClosed = file.map { fclose($0) == 0 } ?? false
        guard isWritten, isClosed, putInPlace(temporary) else {
            let reason = String(cString: strerror(errno))
            if file != nil { unlink(temporary) }
            Terminal.complain("'\(path)' cannot be written: \(reason)")
            throw ExitCode(.internal)
        }
    }

    /// Without force, somebody else's file of the name stays, though it came only now.
    private func putInPlace(_ temporary: String) -> Bool {
        if force { return rename(temporary, path) == 0 }
        guard link(temporary, path) == 0 else { return false }
        unlink(temporary)
        return true
    }
}
