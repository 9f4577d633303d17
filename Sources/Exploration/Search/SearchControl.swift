import Synchronization

/// What a search may use up before it gives up, undecided.
public struct SearchLimits: Sendable {
    /// Distinct states.
    public var states: Int
    /// Bytes of the states and the table of those that were seen, for one search.
    public var memory: Int
    /// Seconds, for one search.
    public var seconds: Double

    /// Makes limits.
    public init(states: Int = 200_000_000, memory: Int = 8 << 30, seconds: Double = 600) {
        self.states = states
        self.memory = memory
        self.seconds = seconds
    }
}

/// Why a search ended before it had seen every state.
public enum Stopped: Error, Hashable, Sendable {
    /// More states than allowed.
    case states(Int)
    /// More bytes than allowed.
    case memory(Int)
    /// More seconds than allowed.
    case seconds(Double)
    /// Somebody asked it to stop.
    case interrupted
    /// The machine keeps less than the test needs; what, in words.
    case capacity(String)

    /// In words.
    public var text: String {
        switch self {
        case .states(let limit): "the limit of \(limit) states"
        case .memory(let limit): "the limit of \(limit >> 20) MiB of memory"
        case .seconds(let limit): "the limit of \(limit) seconds"
        case .interrupted: "an interrupt"
        case .capacity(let text): text
        }
    }
}

/// Where searches that run at the same time hear that they are to stop, and tell how far they are.
public final class SearchControl: Sendable {
    private let stops = Atomic<Bool>(false)
    private let statesSeen = Atomic<Int>(0)
    private let statesQueued = Atomic<Int>(0)

    /// Makes a control.
    public init() {}

    /// Asks every search to stop at its next look. Safe in a signal handler.
    public func stop() { stops.store(true, ordering: .relaxed) }
    /// Whether searches are to stop.
    public var isStopped: Bool { stops.load(ordering: .relaxed) }
    /// Distinct states seen by all searches so far.
    public var states: Int { statesSeen.load(ordering: .relaxed) }
    /// States that wait in the search that reported last.
    public var queue: Int { statesQueued.load(ordering: .relaxed) }

    func report(newStates: Int, queue: Int) {
        statesSeen.add(newStates, ordering: .relaxed)
        statesQueued.store(queue, ordering: .relaxed)
    }
}
