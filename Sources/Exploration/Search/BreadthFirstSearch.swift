import Rules
import VirtualMemory

/// What a witness shows.
enum Sought: Hashable, Sendable {
    case violation(Violation)
    case outcome(Outcome)
}

/// Finds for outcomes and broken guarantees the shortest executions, in sections without reductions.
///
/// Frames are renamed, which changes no execution's length; movers are not joined. Among executions of one length the one
/// whose threads come first is taken, so that the answer does not depend on how the search is run.
struct BreadthFirstSearch: ~Copyable {
    private struct Node {
        var parent: UInt32
        var move: Move
    }

    private let simulation: Simulation
    private let limits: SearchLimits
    private let control: SearchControl
    private var visited = VisitedSet()
    private var nodes: [Node] = [Node(parent: 0, move: Move(thread: 0, choice: 0))]
    private var frontier: StateList
    private var frontierNodes: [UInt32] = [0]
    private var ends: EndReader
    private var waits: [Wait?]
    private var found: [Sought: [Move]] = [:]
    private let deadline: ContinuousClock.Instant

    init(_ lowered: LoweredTest, _ simulation: Simulation, limits: SearchLimits, control: SearchControl) {
        self.simulation = simulation
        self.limits = limits
        self.control = control
        frontier = StateList(stateSize: simulation.stateSize)
        ends = EndReader(lowered)
        waits = Array(repeating: nil, count: simulation.threadCount)
        deadline = .now + .seconds(limits.seconds)
    }

    /// Searches until everything sought is found, or everything was seen, or a limit is reached.
    consuming func run(for sought: Set<Sought>) throws(Trouble) -> [Sought: [Move]] {
        _ = visited.insert(simulation.fingerprint)
        frontier.append(simulation.state)
        while frontier.count > 0, found.count < sought.count, !isOverLimit {
            var next = StateList(stateSize: simulation.stateSize, capacity: max(64, frontier.count))
            var nextNodes: [UInt32] = []
            for index in 0..<frontier.count where found.count < sought.count {
                expand(frontier.state(at: index), frontierNodes[index], sought, &next, &nextNodes)
                if let trouble = simulation.trouble { throw trouble }
            }
            frontier = next
            frontierNodes = nextNodes
        }
        return found
    }

    private var isOverLimit: Bool {
        control.isStopped || visited.count > limits.states
            || visited.byteCount + frontier.byteCount + nodes.count * 8 > limits.memory
            || ContinuousClock.now > deadline
    }

    private mutating func expand(
        _ state: UnsafeRawPointer, _ node: UInt32, _ sought: Set<Sought>, _ next: inout StateList,
        _ nextNodes: inout [UInt32]
    ) {
        var hasMoved = false
        simulation.load(state)
        for thread in 0..<simulation.threadCount {
            var choice = 0
            var choices = 1
            repeat {
                let move = Move(thread: UInt8(thread), choice: UInt8(choice))
                switch simulation.advance(thread, choice: choice) {
                case .taken:
                    hasMoved = true
                    choices = simulation.choices
                    note(simulation.violations, sought, node, move)
                    if visited.insert(simulation.fingerprint) {
                        next.append(simulation.state)
                        nextNodes.append(UInt32(nodes.count))
                        nodes.append(Node(parent: node, move: move))
                    }
                    simulation.load(state)
                    waits[thread] = nil
                case .blocked(let wait): waits[thread] = wait
                case .idle: waits[thread] = nil
                }
                choice += 1
            } while choice < choices
        }
        guard !hasMoved else { return }
        let end = ends.take(simulation, waits)
        note(end.violations, sought, node, nil)
        if end.isNew, sought.contains(.outcome(end.outcome)), found[.outcome(end.outcome)] == nil {
            found[.outcome(end.outcome)] = path(to: node, and: nil)
        }
    }

    private mutating func note(
        _ violations: ViolationSet, _ sought: Set<Sought>, _ node: UInt32, _ move: Move?
    ) {
        guard !violations.isEmpty else { return }
        for violation in violations.members
        where sought.contains(.violation(violation)) && found[.violation(violation)] == nil {
            found[.violation(violation)] = path(to: node, and: move)
        }
    }

    private func path(to node: UInt32, and last: Move?) -> [Move] {
        var moves: [Move] = last.map { [$0] } ?? []
        var node = Int(node)
        while node != 0 {
            moves.append(nodes[node].move)
            node = Int(nodes[node].parent)
        }
        return moves.reversed()
    }
}
