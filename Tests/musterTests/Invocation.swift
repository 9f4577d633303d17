import Foundation
import TestSupport
import Testing

/// What a run of the built tool came to.
struct Invocation {
    let status: Int32
    let output: String
    let errors: String

    /// The tool, built beside the tests.
    static let executable: String = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return (tests as NSString).deletingLastPathComponent + "/muster"
    }()

    /// Runs the tool and waits for its end.
    ///
    /// - Parameters:
    ///   - directory: where it runs; the package's folder unless said otherwise.
    ///   - environment: what is set beside the tests' own environment.
    init(
        _ arguments: [String], input: String = "", directory: String = ShippedRules.repository,
        environment: [String: String] = [:]
    ) throws {
        try self.init(
            Invocation.executable, arguments, input: input, directory: directory, environment: environment)
    }

    /// Runs a line of shell in which `$muster` is the tool.
    init(shell line: String, directory: String = ShippedRules.repository) throws {
        try self.init(
            "/bin/sh", ["-c", line], input: "", directory: directory,
            environment: ["muster": Invocation.executable])
    }

    private init(
        _ executable: String, _ arguments: [String], input: String, directory: String,
        environment: [String: String]
    ) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        var all = ProcessInfo.processInfo.environment
        all["MUSTER_HOME"] = nil
        all["CLICOLOR_FORCE"] = nil
        process.environment = all.merging(environment) { $1 }
        let stdout = Pipe()
        // Files, so that a full pipe of one stream cannot keep another from being read, and so that a tool which ends
        // without reading its input does no harm.
        let folder = try Folder()
        let errors = try folder.write("errors", "")
        let inputFile = try folder.write("input", input)
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: inputFile))
        process.standardOutput = stdout
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
        try process.run()
        output = String(decoding: stdout.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        status =
            process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        self.errors = String(decoding: try Data(contentsOf: URL(fileURLWithPath: errors)), as: UTF8.self)
    }
}

/// Texts of tests for runs of the tool.
enum Texts {
    static let holds = """
        test holds
        map x: anonymous private = 1
        process parent {
            fork child {
                seen = *x
            }
            *x = 2
        }
        exists child:seen == 1

        """

    static let fails = """
        test fails
        map x: anonymous private = 1
        process parent {
            buffer = io_uring_register(x)
            fork child {
            }
            *x = 2
            device = dma_read(buffer)
        }
        always parent:device == 2

        """

    /// With words that the engine does not know.
    static let notModelled = """
        test later
        file F = 5
        map x: file F private
        process p {
            madvise(x, MADV_NOHUGEPAGE)
            seen = *x
        }

        """

    /// Explored for minutes.
    static let endless: String = {
        let thread = { (name: String) in
            "    thread \(name) {\n"
                + (1...6).map { "        *x[\($0 % 4)] = \($0)\n        fork \(name)\($0) {\n        }\n" }
                .prefix(2)
                .joined() + "        *x[3] = 9\n    }\n"
        }
        return "test endless\nmap x[4]: anonymous private = 1\nprocess parent {\n"
            + ["s", "t", "u", "v"].map(thread).joined() + "}\n"
    }()
}
