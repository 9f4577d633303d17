import Glibc
import Synchronization

/// Whether the processor can help to run machines here.
enum Virtualization {
    private static let found = Mutex<String??>(nil)

    /// Why it cannot, for the user; nil where nothing speaks against it so far.
    static var refusal: String? {
        found.withLock { known in
            if let known { return known }
            let answer = look()
            known = answer
            return answer
        }
    }

    /// Remembers that it was tried in vain.
    static func refuse(_ reason: String) {
        found.withLock { $0 = reason }
    }

    /// What the user is told when a run on the processor came to nothing; nil where that had other causes.
    static func reason(_ run: MachineRun) -> String? {
        switch run.ending {
        case .hung(let words), .vanished(let words):
            // QEMU says first what was wrong; what follows are registers and the like.
            refusal("/dev/kvm does not work here (\(run.console.first ?? words))")
        case .finished, .panicked, .stopped: nil
        }
    }

    /// A job that is tried on a processor which may never come back from its first instruction.
    static func trial(_ job: MachineJob) -> MachineJob {
        var trial = job
        trial.limits.start = min(job.limits.start, .seconds(30))
        return trial
    }

    private static func look() -> String? {
        guard access("/dev/kvm", F_OK) == 0 else { return refusal("there is no /dev/kvm") }
        let device = open("/dev/kvm", O_RDWR | O_CLOEXEC)
        guard device >= 0 else { return refusal("/dev/kvm cannot be opened: \(FileBytes.reason())") }
        close(device)
        // Where the device is there and the processor's means are not, guests of ours stop at their first instruction
        // that somebody would have to emulate.
        guard let text = try? FileBytes.read("/proc/cpuinfo") else { return nil }
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        guard let flags = lines.first(where: { $0.hasPrefix("flags") })?.split(separator: " ") else {
            return nil
        }
        if flags.contains("vmx") || flags.contains("svm") { return nil }
        return refusal("/dev/kvm is there, but the processor has neither VMX nor SVM")
    }

    private static func refusal(_ why: String) -> String {
        why + "; QEMU translates all instructions, which is slower"
    }
}
