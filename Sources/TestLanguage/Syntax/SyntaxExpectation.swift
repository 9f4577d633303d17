/// `expect NAME, …: …`: what is expected of rule sets. Guarantees that it does not name must be kept.
public struct Expectation: Syntax {
    /// The rule sets: letters, digits, and `_ - .`; one at least.
    public let ruleSets: [Name]
    /// What the condition must come to; nil for a test without a condition.
    public let verdict: Verdict?
    /// The guarantees that must break, in the order of the text.
    public let broken: [Guarantee]
    /// Where it stands.
    public let place: Place

    /// Makes an expectation.
    public init(
        _ ruleSets: [Name], _ verdict: Verdict?, broken: [Guarantee] = [], at place: Place = .nowhere
    ) {
        self.ruleSets = ruleSets
        self.verdict = verdict
        self.broken = broken
        self.place = place
    }

    /// What a condition comes to.
    public enum Verdict: String, Sendable, Hashable, CaseIterable {
        /// It is true.
        case holds
        /// It is false.
        case fails
    }
}

/// What is checked of every test without being asked.
public enum Guarantee: String, Sendable, Hashable, CaseIterable {
    /// Nobody sees what another process stores into its private memory.
    case isolation
    /// What fork gives the child is a consistent cut of the parent's memory.
    case snapshot
    /// A pin stays on the page that its memory has there.
    case coherence
    /// No store that completed is lost.
    case durability
    /// No store reaches memory that the writer may not write.
    case authority
    /// Every store is reported by a tracker that was asked to.
    case tracking
    /// No page is copied that nobody else can see.
    case precision
    /// Counts are right, no freed frame is reached, nobody is stuck on a lock.
    case safety
}
