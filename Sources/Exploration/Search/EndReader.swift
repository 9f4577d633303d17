import VirtualMemory

/// Collects the outcomes of ends, each once.
struct EndReader {
    private let reader: OutcomeReader
    private(set) var outcomes: Set<Outcome> = []

    init(_ lowered: LoweredTest) {
        reader = OutcomeReader(lowered)
    }

    /// Takes in the end that a simulation is in.
    ///
    /// - Parameter waits: for each thread what it waits for, nil for one that has nothing to do.
    /// - Returns: what is broken there, and the outcome if it is new.
    mutating func take(
        _ simulation: Simulation, _ waits: [Wait?]
    ) -> (violations: ViolationSet, outcome: Outcome, isNew: Bool) {
        var violations = simulation.checkEnd()
        if waits.contains(.kernelLock) { violations.formUnion(simulation.noteStuck()) }
        let outcome = reader.read(simulation.view, blocked: waits.map { $0 != nil })
        return (violations, outcome, outcomes.insert(outcome).inserted)
    }
}
