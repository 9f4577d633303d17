import RuleLanguage

/// What a probe found out about a kernel.
public struct ProbeFindings: Sendable {
    /// The shipped rule set that the kernel is nearest to.
    public let nearest: RuleSet
    /// In how many of the tests the kernel did what that set does not allow.
    public let disagreements: Int
    /// Names of other shipped sets that what the kernel did does not tell from it.
    public let equals: [String]
    /// How many tests were held against the model.
    public let tests: Int
    /// How many tests that are not modelled were held against what other kernels answered.
    public let recordedTests: Int
    /// One for each aspect, in order.
    public let aspects: [AspectFinding]
    /// Names of tests in which the kernel did what no such combination of rule sets allows.
    public let unexplained: [String]
    /// The rules that were found: the nearest set where none differ, else one that extends it.
    public let rules: RuleSet

    let composition: Composition

    /// Whether the kernel follows the nearest set everywhere, as far as tests tell.
    public var followsNearest: Bool { composition.changed.isEmpty }
}

/// What a probe found out about one aspect.
public struct AspectFinding: Sendable {
    /// Which one.
    public let aspect: Aspect
    /// What it came to.
    public let verdict: Verdict
    /// Names of the shipped sets that decide so, the preferred one first.
    public let sets: [String]
    /// Other ways to decide that fit as well, each by the names of its sets.
    public let rivals: [[String]]
    /// Names of tests in which the kernel did what the rules found allow and others do not, the most telling first.
    public let evidence: [String]
    /// Names of tests that bear on the aspect and in which the kernel did what none of the sets allows.
    public let contrary: [String]
    /// Of the tests about it that are not modelled: how many there are answers of other kernels to, and in how many a
    /// kernel of these sets answered the same.
    public let recorded: (same: Int, of: Int)?
    /// Whether the nearest set decides otherwise.
    public let isChanged: Bool

    /// What an aspect came to.
    public enum Verdict: String, Sendable, Hashable, CaseIterable {
        /// The kernel decides as these sets and no others.
        case follows = "follows"
        /// The kernel may decide in several ways: no test that ran tells them apart.
        case open = "not told apart"
        /// The kernel decides as none of the sets.
        case none = "like none"
        /// All sets decide alike, so that there was nothing to find out.
        case same = "all alike"
        /// Only races would tell; the rules are those of the nearest set.
        case kept = "kept"
    }
}
