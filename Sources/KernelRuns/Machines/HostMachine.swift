import Glibc

/// The machine that we are on.
public struct HostMachine: Machine {
    /// The release of the kernel that runs.
    public let release: KernelRelease

    /// Looks which kernel runs.
    public init() {
        var names = utsname()
        uname(&names)
        release = withUnsafeBytes(of: names.release) { bytes in
            KernelRelease(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
        }
    }

    /// Runs a program to its end, or to the end of what it is allowed: as ``Machine`` says.
    public func run(
        _ job: MachineJob, receive: @escaping @Sendable (String) -> Void
    ) async throws(MachineError) -> MachineRun {
        guard access(job.program, X_OK) == 0 else {
            throw .program(path: job.program, reason: FileBytes.reason())
        }
        // Without a slash, the shell would look for it elsewhere.
        let path = job.program.contains("/") ? job.program : "./" + job.program
        let watch = RunWatch(job, receive: receive)
        let end = try await LeashedProgram(path: path, arguments: job.arguments).run(watch)
        return watch.run(end: "the program \(end)", accelerator: nil, notes: [])
    }
}
