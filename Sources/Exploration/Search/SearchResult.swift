import VirtualMemory

/// Everything that a search found.
struct SearchResult: Sendable {
    /// Every outcome, in order.
    var outcomes: [Outcome] = []
    /// Every way in which a guarantee was broken.
    var violations = ViolationSet()
    /// What of the rules was consulted.
    var footprint = Footprint()
    /// Distinct states.
    var states = 0
    /// Steps taken.
    var transitions = 0
    /// Bytes at the most.
    var bytes = 0
    /// Why it is not complete; nil when it is.
    var stopped: Stopped?
}

/// How a search goes about it.
public struct SearchOptions: Sendable {
    /// Frames are renamed, so that states which differ in their numbers only are one.
    public var usesSymmetry: Bool
    /// Movers are joined to their neighbours.
    public var joinsMovers: Bool

    /// Makes options; both reductions are on unless said otherwise.
    public init(usesSymmetry: Bool = true, joinsMovers: Bool = true) {
        self.usesSymmetry = usesSymmetry
        self.joinsMovers = joinsMovers
    }
}
