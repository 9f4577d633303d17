import ArgumentParser
import Corpus
import KernelRuns
import Reports
import RuleLanguage

/// On which kernels to run tests, and how.
struct KernelOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "A kernel to run on: 'host', a series or release that is installed, or the path of a bzImage; may be repeated.",
            discussion: "The host's kernel where none is named.", valueName: "host|series|path"),
        completion: .file())
    var kernel: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The folder of the modules (lib/modules/RELEASE) of the kernel that was named by its path.",
            valueName: "path"), completion: .directory)
    var modules: String?

    @Flag(name: .long, help: "Look at page frames, too, which needs root on the host.")
    var frames = false

    @Option(
        name: .long,
        help: ArgumentHelp("How often a test runs that is a race, at the most.", valueName: "number"))
    var runs: Int?

    @Option(
        name: .long,
        help: ArgumentHelp("Seconds for all runs of a test, at the most.", valueName: "seconds"))
    var time: Double?

    func validate() throws {
        if let runs, !(1...1_000_000_000).contains(runs) {
            throw ValidationError("--runs must be between 1 and 1000000000")
        }
        if let time, !(time > 0 && time <= 86400) {
            throw ValidationError("--time must be a number of seconds above 0, a day at the most")
        }
        if modules != nil, kernel.filter(KernelOptions.isPath).count != 1 {
            throw ValidationError("--modules belongs to one --kernel that is a path")
        }
    }

    /// How to run, with what is usual where nothing was said.
    func options(runs usualRuns: Int, milliseconds usual: Int) -> RunOptions {
        var options = RunOptions()
        options.runs = runs ?? usualRuns
        options.milliseconds = time.map { max(1, Int($0 * 1000)) } ?? usual
        return options
    }

    /// The machines of the kernels that were named.
    ///
    /// - Throws: an exit code, after a message.
    func machines() throws -> [NamedMachine] {
        do throws(KernelError) {
            var machines: [NamedMachine] = []
            for name in kernel.isEmpty ? ["host"] : kernel {
                if machines.contains(where: { $0.label == name }) { continue }
                machines.append(
                    NamedMachine(label: name, machine: try KernelOptions.machine(name, modules: modules)))
            }
            return machines
        } catch {
            throw Terminal.failure(error)
        }
    }

    /// The machine of one kernel.
    ///
    /// - Throws: an exit code, after a message.
    static func named(_ name: String, modules: String?) throws -> NamedMachine {
        do throws(KernelError) {
            return NamedMachine(label: name, machine: try machine(name, modules: modules))
        } catch {
            throw Terminal.failure(error)
        }
    }

    private static func machine(_ name: String, modules: String?) throws(KernelError) -> any Machine {
        if name == "host" { return HostMachine() }
        guard KernelOptions.isPath(name) else {
            return VirtualMachine(try KernelStore.ofUser().kernel(named: name))
        }
        return VirtualMachine(try Kernel(image: name, modules: modules))
    }

    private static func isPath(_ name: String) -> Bool { name.contains("/") }
}

/// A machine with the name by which it was asked for.
struct NamedMachine {
    let label: String
    let machine: any Machine

    /// What it is, in words.
    func words(_ accelerator: Accelerator?) -> String {
        switch accelerator {
        case .kvm: "QEMU with KVM"
        case .tcg: "QEMU without KVM"
        case nil: machine is HostMachine ? "the host" : "QEMU"
        }
    }
}
