/// How QEMU is called.
struct QEMUArguments: Sendable {
    /// A file that QEMU can boot.
    let kernel: String
    /// The initramfs.
    let initramfs: String
    let needs: MachineNeeds
    let accelerator: Accelerator

    /// Its name.
    static let program = "qemu-system-x86_64"

    /// Everything after the name. Standard output is the second serial port, standard error the first one and what QEMU
    /// itself has to say.
    var list: [String] {
        let ports = [(1, "results"), (2, "console")].flatMap { file, name in
            ["-chardev", "file,id=\(name),path=/proc/self/fd/\(file)"]
        }
        return [
            "-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none", "-nic", "none",
            "-no-reboot",
            // The guest's memory is no business of the host's KSM, which may be busy with a test of its own.
            "-machine", "q35,kernel-irqchip=split,mem-merge=off",
            "-accel", accelerator.rawValue, "-cpu", processor, "-smp", "2",
        ] + memory + devices + ports + ["-serial", "chardev:console", "-serial", "chardev:results"]
            + ["-kernel", kernel, "-initrd", initramfs, "-append", commandLine.joined(separator: " ")]
    }

    private var processor: String {
        switch accelerator {
        case .kvm: "host"
        // QEMU 7.2 leaves wrong flags behind a compare-and-exchange of 16 bytes, from which kernels die. Page tables of
        // five levels take the translator longer to walk.
        case .tcg: "max,cx16=off,la57=off"
        }
    }

    private static let mebibytes = 2048

    private var memory: [String] {
        let total = ["-m", "\(QEMUArguments.mebibytes)"]
        guard needs.contains(.nodes) else { return total }
        return total
            + (0..<2).flatMap { node in
                [
                    "-object", "memory-backend-ram,id=memory\(node),size=\(QEMUArguments.mebibytes / 2)M",
                    "-numa", "node,nodeid=\(node),cpus=\(node),memdev=memory\(node)",
                ]
            }
    }

    private var devices: [String] {
        needs.contains(.device) ? ["-device", "intel-iommu", "-device", "edu"] : []
    }

    /// A busy host makes a guest that is translated measure its time stamp counter wrongly, by factors: its seconds, and
    /// so all time limits, would be too short.
    private var clock: String {
        switch accelerator {
        case .kvm: "tsc=reliable"
        case .tcg: "clocksource=hpet"
        }
    }

    /// What the kernel is told.
    private var commandLine: [String] {
        var words = [
            "console=ttyS0", "quiet", "loglevel=4",
            // A kernel in trouble says so and ends, instead of going on with memory that may be wrong.
            "panic=-1", "oops=panic",
            // What moves, merges or fills pages does it only when a test asks for it.
            "numa_balancing=disable", "transparent_hugepage=madvise",
            // Since 6.12, kernels may be built to refuse writes with FOLL_FORCE.
            "proc_mem.force_override=always",
            // The rest saves time while the machine starts, and none of it bears on memory.
            "nokaslr", "mitigations=off", "no_timer_check", "random.trust_cpu=on",
            "rcupdate.rcu_expedited=1", "cryptomgr.notests",
            clock,
        ]
        if needs.contains(.device) { words += ["intel_iommu=on", "iommu=pt"] }
        return words
    }
}
