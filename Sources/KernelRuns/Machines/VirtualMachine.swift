import Glibc

/// A machine that QEMU emulates: two processors, 2 GiB of memory, a kernel and an initramfs, no disk and no network.
public struct VirtualMachine: Machine {
    /// The kernel that it runs.
    public let kernel: Kernel
    /// What shall run its instructions; the processor where that works unless said otherwise.
    public let wish: AcceleratorWish

    /// The release of its kernel.
    public var release: KernelRelease { kernel.release }

    /// What shall run a machine's instructions.
    public enum AcceleratorWish: Sendable, Hashable {
        /// The processor where that works, else QEMU's translator.
        case best
        /// This and nothing else.
        case only(Accelerator)
    }

    /// Makes a machine; nothing is started.
    public init(_ kernel: Kernel, accelerator wish: AcceleratorWish = .best) {
        self.kernel = kernel
        self.wish = wish
    }

    /// Runs a program to its end, or to the end of what it is allowed: as ``Machine`` says.
    public func run(
        _ job: MachineJob, receive: @escaping @Sendable (String) -> Void
    ) async throws(MachineError) -> MachineRun {
        try VirtualMachine.findQEMU()
        let parts = try await Parts(kernel, job)
        switch wish {
        case .only(let accelerator):
            return try await start(parts, job, on: accelerator, notes: [], receive: receive)
        case .best:
            if let refusal = Virtualization.refusal {
                return try await start(parts, job, on: .tcg, notes: [refusal], receive: receive)
            }
            let first = try await start(
                parts, Virtualization.trial(job), on: .kvm, notes: [], receive: receive)
            guard first.timeToFirstLine == nil, let reason = Virtualization.reason(first) else {
                return first
            }
            Virtualization.refuse(reason)
            return try await start(parts, job, on: .tcg, notes: [reason], receive: receive)
        }
    }

    private func start(
        _ parts: Parts, _ job: MachineJob, on accelerator: Accelerator, notes: [String],
        receive: @escaping @Sendable (String) -> Void
    ) async throws(MachineError) -> MachineRun {
        let arguments = QEMUArguments(
            kernel: parts.kernelPath, initramfs: parts.initramfs.path, needs: job.needs,
            accelerator: accelerator)
        let watch = RunWatch(job, receive: receive)
        let end = try await LeashedProgram(path: QEMUArguments.program, arguments: arguments.list).run(watch)
        return watch.run(end: "QEMU \(end)", accelerator: accelerator, notes: notes)
    }

    /// The files that QEMU reads; gone with this.
    private struct Parts: Sendable {
        let kernelPath: String
        let initramfs: NamelessFile
        private let kernel: NamelessFile?

        init(_ kernel: Kernel, _ job: MachineJob) async throws(MachineError) {
            let program: [UInt8]
            let modules: [KernelModule]
            let boot: Kernel.Boot
            do throws(KernelError) {
                program = try FileBytes.read(job.program)
            } catch {
                throw .program(path: job.program, reason: error.reason)
            }
            do throws(KernelError) {
                modules = try await kernel.modules(for: job.needs).modules
                boot = try await kernel.boot()
            } catch {
                throw .kernel(error)
            }
            initramfs = try NamelessFile(
                Initramfs(program: program, modules: modules, arguments: job.arguments).bytes)
            switch boot {
            case .file(let path):
                self.kernel = nil
                kernelPath = path
            case .bytes(let bytes):
                let file = try NamelessFile(bytes)
                kernelPath = file.path
                self.kernel = file
            }
        }
    }

    private static func findQEMU() throws(MachineError) {
        let folders = (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":")
        let isFound = folders.contains { access("\($0)/\(QEMUArguments.program)", X_OK) == 0 }
        if !isFound { throw .noQEMU }
    }
}
