import Rules
import VirtualMemory

@testable import Exploration

/// What a search finds, in a form that can be compared.
struct Findings: Equatable {
    var outcomes: Set<Outcome> = []
    var violations = ViolationSet()
}

/// A search that is as plain as it can be, to hold the real one against: sections one at a time, states as exact bytes in
/// a set, one queue; no movers, no renaming, no fingerprints, no batches.
struct ReferenceSearch {
    let test: LoweredTest
    let rules: Rules
    /// States after which it gives up.
    var limit = Int.max

    /// Why there are no findings.
    enum Failure: Error, Equatable {
        case tooManyStates
        case trouble(Trouble)
        /// A thread that could not go on left the state changed.
        case changedWithoutStep(thread: Int)
    }

    /// All that can happen.
    func run() throws(Failure) -> (findings: Findings, states: Int) {
        var program = test.program
        while true {
            do {
                return try run(program)
            } catch .trouble(let trouble) {
                guard program.makeRoom(for: trouble) else { throw .trouble(trouble) }
            }
        }
    }

    private func run(_ program: Program) throws(Failure) -> (findings: Findings, states: Int) {
        let simulation = Simulation(program, rules, joinsMovers: false, usesSymmetry: false)
        let reader = OutcomeReader(test)
        var findings = Findings()
        var seen: Set<[UInt8]> = [bytes(simulation)]
        var queue: [[UInt8]] = [bytes(simulation)]
        while let state = queue.popLast() {
            let waits = try expand(state, simulation, &findings) { successor in
                if seen.insert(successor).inserted { queue.append(successor) }
            }
            if seen.count > limit { throw .tooManyStates }
            if let waits { end(state, waits, simulation, reader, &findings) }
        }
        return (findings, seen.count)
    }

    private func bytes(_ simulation: Simulation) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: simulation.state, count: simulation.stateSize))
    }

    private func go(to state: [UInt8], _ simulation: Simulation) {
        state.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress { simulation.load(base) }
        }
    }

    /// Tries every thread with every choice.
    ///
    /// - Returns: what each thread waits for if none could go on; otherwise nil.
    private func expand(
        _ state: [UInt8], _ simulation: Simulation, _ findings: inout Findings, _ keep: ([UInt8]) -> Void
    ) throws(Failure) -> [Wait?]? {
        var waits: [Wait?] = Array(repeating: nil, count: simulation.threadCount)
        var hasMoved = false
        for thread in 0..<simulation.threadCount {
            var choice = 0
            var choices = 1
            while choice < choices {
                go(to: state, simulation)
                let step = simulation.advance(thread, choice: choice)
                if let trouble = simulation.trouble { throw .trouble(trouble) }
                if step == .taken {
                    hasMoved = true
                    choices = simulation.choices
                    findings.violations.formUnion(simulation.violations)
                    keep(bytes(simulation))
                } else {
                    if case .blocked(let wait) = step { waits[thread] = wait }
                    guard bytes(simulation) == state else { throw .changedWithoutStep(thread: thread) }
                }
                choice += 1
            }
        }
        return hasMoved ? nil : waits
    }

    private func end(
        _ state: [UInt8], _ waits: [Wait?], _ simulation: Simulation, _ reader: OutcomeReader,
        _ findings: inout Findings
    ) {
        go(to: state, simulation)
        findings.violations.formUnion(simulation.checkEnd())
        if waits.contains(.kernelLock) { findings.violations.insert(Violation(.safety)) }
        findings.outcomes.insert(reader.read(simulation.view, blocked: waits.map { $0 != nil }))
    }
}
