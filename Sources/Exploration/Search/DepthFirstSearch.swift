import Rules
import VirtualMemory

/// Goes through every state of a program under a rule set, depth first, in batches.
///
/// A batch of states is expanded before any of its successors is looked up, so that the loads of the table's slots overlap.
struct DepthFirstSearch: ~Copyable {
    private let simulation: Simulation
    private let limits: SearchLimits
    private let control: SearchControl
    private var visited = VisitedSet()
    private var stack: StateList
    private var batch: StateList
    private var fingerprints: [UInt64] = []
    private var ends: EndReader
    private var waits: [Wait?]
    private var result = SearchResult()
    private let deadline: ContinuousClock.Instant

    private static let batchSize = 16

    init(
        _ lowered: LoweredTest, _ simulation: Simulation, limits: SearchLimits, control: SearchControl
    ) {
        self.simulation = simulation
        self.limits = limits
        self.control = control
        stack = StateList(stateSize: simulation.stateSize)
        batch = StateList(stateSize: simulation.stateSize)
        ends = EndReader(lowered)
        waits = Array(repeating: nil, count: simulation.threadCount)
        deadline = .now + .seconds(limits.seconds)
    }

    /// Searches to the end, or until a limit is reached.
    ///
    /// - Throws: what kept the machine from going on faithfully.
    consuming func run() throws(Trouble) -> SearchResult {
        _ = visited.insert(simulation.fingerprint)
        stack.append(simulation.state)
        var reported = 0
        while stack.count > 0 {
            expandBatch()
            if let trouble = simulation.trouble { throw trouble }
            insertBatch()
            if visited.count - reported > 2048 || visited.count > limits.states {
                control.report(newStates: visited.count - reported, queue: stack.count)
                reported = visited.count
                if let stopped = overLimit() {
                    result.stopped = stopped
                    break
                }
            }
        }
        control.report(newStates: visited.count - reported, queue: 0)
        if result.stopped == nil, control.isStopped { result.stopped = .interrupted }
        result.outcomes = ends.outcomes.sorted()
        result.footprint = simulation.footprint
        result.states = visited.count
        result.bytes = max(result.bytes, visited.byteCount + stack.byteCount + batch.byteCount)
        return result
    }

    private mutating func overLimit() -> Stopped? {
        let bytes = visited.byteCount + stack.byteCount + batch.byteCount
        result.bytes = max(result.bytes, bytes)
        if control.isStopped { return .interrupted }
        if visited.count > limits.states { return .states(limits.states) }
        if bytes > limits.memory { return .memory(limits.memory) }
        if ContinuousClock.now > deadline { return .seconds(limits.seconds) }
        return nil
    }

    private mutating func expandBatch() {
        batch.removeAll()
        fingerprints.removeAll(keepingCapacity: true)
        var taken = 0
        while taken < Self.batchSize, stack.count > 0 {
            taken += 1
            expand(stack.removeLast())
        }
    }

    /// Tries every thread, and every choice of its step.
    private mutating func expand(_ state: UnsafeRawPointer) {
        var hasMoved = false
        simulation.load(state)
        for thread in 0..<simulation.threadCount {
            var choice = 0
            var choices = 1
            repeat {
                switch simulation.advance(thread, choice: choice) {
                case .taken:
                    hasMoved = true
                    choices = simulation.choices
                    keepSuccessor()
                    simulation.load(state)
                    waits[thread] = nil
                case .blocked(let wait): waits[thread] = wait
                case .idle: waits[thread] = nil
                }
                choice += 1
            } while choice < choices
        }
        if !hasMoved {
            let end = ends.take(simulation, waits)
            result.violations.formUnion(end.violations)
        }
    }

    @inline(__always) private mutating func keepSuccessor() {
        result.transitions &+= 1
        let violations = simulation.violations
        if !violations.isEmpty { result.violations.formUnion(violations) }
        fingerprints.append(simulation.fingerprint)
        batch.append(simulation.state)
    }

    private mutating func insertBatch() {
        var warm: UInt64 = 0
        for fingerprint in fingerprints { warm ^= visited.touch(fingerprint) }
        withExtendedLifetime(warm) {}
        for index in fingerprints.indices where visited.insert(fingerprints[index]) {
            stack.append(batch.state(at: index))
        }
    }
}
