import Subprocess
import SystemPackage

/// A program of the system that does a step for us and is then over: a package tool, an unpacker.
struct HelperProgram: Sendable {
    /// Its name, as it is looked for in `PATH`.
    let name: String
    /// What is set in its environment beside what we have ourselves.
    var environment: [String: String] = [:]
    /// Where it works; where we do unless said otherwise.
    var folder: String?

    /// What a helper may print at the most, in bytes: an uncompressed kernel is about a tenth of this.
    private static let outputLimit = 1 << 30

    /// Why a helper gave nothing.
    enum Failure: Error, Sendable, Hashable {
        /// There is no such program.
        case missing(program: String)
        /// It ended with an error; what it said last.
        case failed(program: String, words: String)
    }

    init(_ name: String) { self.name = name }

    /// Runs it and gives what it prints.
    ///
    /// - Parameter input: What it reads from its standard input.
    @discardableResult
    func run(_ arguments: [String], input: [UInt8] = []) async throws(Failure) -> [UInt8] {
        var variables: [Environment.Key: String?] = ["LC_ALL": "C"]
        for (key, value) in environment {
            if let key = Environment.Key(rawValue: key) { variables[key] = value }
        }
        do {
            let result = try await Subprocess.run(
                .name(name), arguments: Arguments(arguments), environment: .inherit.updating(variables),
                workingDirectory: folder.map { FilePath($0) }, input: .array(input),
                output: .bytes(limit: HelperProgram.outputLimit), error: .bytes(limit: 1 << 20))
            guard result.terminationStatus.isSuccess else {
                let words = String(decoding: result.standardError, as: UTF8.self)
                throw Failure.failed(program: name, words: lastLines(of: words))
            }
            return result.standardOutput
        } catch let failure as Failure {
            throw failure
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw .missing(program: name)
        } catch {
            throw .failed(program: name, words: "\(error)")
        }
    }

    private func lastLines(of words: String) -> String {
        let lines = words.split(separator: "\n").suffix(4)
        return lines.isEmpty ? "it ended with an error" : lines.joined(separator: "\n")
    }
}
