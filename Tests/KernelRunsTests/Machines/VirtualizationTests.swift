import Testing

@testable import KernelRuns

@Suite struct VirtualizationTests {
    private func reason(_ ending: MachineRun.Ending, console: [String] = []) -> String? {
        Virtualization.reason(
            MachineRun(ending: ending, console: console, accelerator: .kvm, notes: [], timeToFirstLine: nil))
    }

    @Test func goesOnWithoutTheProcessorWhereItIsOfNoUse() {
        #expect(
            reason(
                .vanished("QEMU ended by signal 6"), console: ["error: failed to set MSR 0x10a", "Aborted"])
                == "/dev/kvm does not work here (error: failed to set MSR 0x10a); QEMU translates all instructions, "
                + "which is slower")
        #expect(reason(.hung("no result after 30 s"))?.contains("(no result after 30 s)") == true)
    }

    @Test func blamesNoKernelsDoingOnTheProcessor() {
        #expect(reason(.finished) == nil)
        #expect(reason(.stopped) == nil)
        #expect(reason(.panicked("Kernel panic - not syncing: test")) == nil)
    }
}
