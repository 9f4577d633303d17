/// Something that runs a compiled test program and gives its result lines as they come: the host, or a machine that QEMU
/// emulates with a kernel of its own.
public protocol Machine: Sendable {
    /// The kernel that answers.
    var release: KernelRelease { get }

    /// Runs a program to its end, or to the end of what it is allowed.
    ///
    /// Nothing that it started is left when this returns, in whatever way it ends.
    ///
    /// - Parameter receive: Handed each line of the result stream without its end, in order, as it comes.
    func run(
        _ job: MachineJob, receive: @escaping @Sendable (String) -> Void
    ) async throws(MachineError) -> MachineRun
}

/// What a machine is to run.
public struct MachineJob: Sendable {
    /// A static ELF file that `Runtime/init.h` is part of.
    public var program: String
    /// What it finds after its name.
    public var arguments: [String]
    /// What it wants of the machine.
    public var needs: MachineNeeds
    /// How long it may take.
    public var limits: MachineLimits
    /// Tells the line that proves the results to be whole; `done N` unless said otherwise.
    public var isClosing: @Sendable (String) -> Bool
    /// Asked now and then; where it says so, the run is ended.
    public var isStopped: @Sendable () -> Bool

    /// Makes a job.
    public init(
        program: String, arguments: [String] = [], needs: MachineNeeds = .all,
        limits: MachineLimits = MachineLimits(), isStopped: @escaping @Sendable () -> Bool = { false }
    ) {
        self.program = program
        self.arguments = arguments
        self.needs = needs
        self.limits = limits
        self.isStopped = isStopped
        isClosing = { $0.hasPrefix("done ") }
    }
}

/// How long a run may take; what goes on longer is taken for hung.
public struct MachineLimits: Sendable, Hashable {
    /// Until the first line of the results, the start of the machine included.
    public var start: Duration = .seconds(90)
    /// Between one line and the next.
    public var silence: Duration = .seconds(60)
    /// Altogether.
    public var total: Duration = .seconds(1800)

    /// The usual limits: 90 s to the first line, 60 s between lines, half an hour altogether.
    public init() {}
}

/// How a run ended.
public struct MachineRun: Sendable, Hashable {
    /// How it ended.
    public let ending: Ending
    /// The last lines of the console or of standard error, with what QEMU said.
    public let console: [String]
    /// What runs the guest's instructions; nil on the host.
    public let accelerator: Accelerator?
    /// What the user should know, such as why there was no help of the hardware.
    public let notes: [String]
    /// From the start to the first result line; nil where none came.
    public let timeToFirstLine: Duration?

    /// The ways in which a run can end.
    public enum Ending: Sendable, Hashable {
        /// The closing line came: the results are whole.
        case finished
        /// The kernel panicked, in its own words.
        case panicked(String)
        /// It took longer than a limit, in words.
        case hung(String)
        /// The program, or the machine, went away before the closing line; how, in words.
        case vanished(String)
        /// It was told to stop.
        case stopped
    }
}

/// What runs the instructions of an emulated machine.
public enum Accelerator: String, Sendable, Hashable, CaseIterable {
    /// The processor itself, through /dev/kvm.
    case kvm
    /// QEMU's translator.
    case tcg
}

/// Why a machine cannot be started at all.
public enum MachineError: Error, Sendable, Hashable {
    /// There is no QEMU.
    case noQEMU
    /// The kernel cannot be had.
    case kernel(KernelError)
    /// The program to run cannot be read or started.
    case program(path: String, reason: String)
    /// The system refused something, such as memory or a process.
    case system(String)

    /// The error in words, without a full stop.
    public var message: String {
        switch self {
        case .noQEMU:
            "there is no qemu-system-x86_64 on this system; install QEMU (on Debian and Ubuntu: "
                + "apt-get install qemu-system-x86)"
        case .kernel(let error): error.message
        case .program(let path, let reason): "\(path): cannot be run: \(reason)"
        case .system(let reason): reason
        }
    }

    /// Whether something that is needed is missing or refused, rather than wrong.
    public var isMissing: Bool {
        switch self {
        case .noQEMU, .system: true
        case .kernel(let error): error.isMissing
        case .program: false
        }
    }
}
