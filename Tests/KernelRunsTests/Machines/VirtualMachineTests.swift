import Glibc
import KernelRuns
import Testing
import TestSupport

/// Machines that really start; skipped where there is no QEMU, or no kernel in the user's store.
@Suite(
    .enabled(if: Installed.hasQEMU, "there is no qemu-system-x86_64"),
    .enabled(if: Installed.kernel != nil, "no kernel is installed (muster kernels install 6.1)"), .serialized)
struct VirtualMachineTests {
    private func machine() throws -> VirtualMachine { VirtualMachine(try #require(Installed.kernel)) }

    @Test func runsAProgramAsTheFirstProcess() async throws {
        let answer = try #require(try await machine().run(guest: ["files", "b c"], needs: .all))
        #expect(answer.run.ending == .finished, "\(answer.run)")
        #expect(answer.lines.starts(with: ["word files", "word b c"]))
        for fact in ["dmar", "nodes", "cgroup", "tmp", "vfio", "fuse", "zram"] {
            #expect(answer.lines.contains("\(fact) 1"), "\(answer)")
        }
        #expect(answer.lines.last == "done 1")
        #expect(answer.run.accelerator != nil)
    }

    @Test func tellsOfAPanic() async throws {
        let answer = try #require(try await machine().run(guest: ["panic"]))
        #expect(answer.lines == ["word panic"])
        guard case .panicked(let words) = answer.run.ending else {
            Issue.record("\(answer.run)")
            return
        }
        #expect(words.contains("sysrq"))
        #expect(answer.run.console.contains { $0.contains("Kernel panic") })
    }

    @Test func tellsOfAProgramThatCrashes() async throws {
        let answer = try #require(try await machine().run(guest: ["crash"]))
        #expect(answer.run.ending == .vanished("QEMU ended with status 0"))
        #expect(answer.run.console.contains("muster: the program was ended by signal 11"))
    }
}

/// What this machine has to run kernels with.
enum Installed {
    static let hasQEMU: Bool = {
        let folders = (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":")
        return folders.contains { access("\($0)/qemu-system-x86_64", X_OK) == 0 }
    }()

    /// The oldest kernel of the store, which is the quickest to start.
    static let kernel = try? KernelStore.ofUser().kernels().first
}
