/// What one kernel answered to all tests of a program.
public struct KernelAnswers: Sendable {
    /// The kernel, as it said itself; as it was expected where it never came to say so.
    public internal(set) var release: KernelRelease
    /// One for each test of the program.
    public internal(set) var results: [TestResult]
    /// What ran the guest's instructions; nil on the host.
    public internal(set) var accelerator: Accelerator?
    /// What the user should know, each once.
    public internal(set) var notes: [String] = []
    /// How each start of the machine ended; more than one where tests made it panic or hang.
    public internal(set) var machineRuns: [MachineRun] = []
    /// From the first start to the last end.
    public internal(set) var duration: Duration = .zero
    /// Whether it was told to stop.
    public internal(set) var isStopped = false

    mutating func note(_ text: String) {
        if !notes.contains(text) { notes.append(text) }
    }
}
