/// How often tests run on a kernel, and how long.
public struct RunOptions: Sendable, Hashable {
    /// Runs of a test that has races; an ordered one runs once. At least 1.
    public var runs = 1000
    /// For all runs of one test, in milliseconds; one run is made in any case.
    public var milliseconds = 2000
    /// For one run, in milliseconds; what takes longer is no outcome.
    public var limitMilliseconds = 20_000
    /// What the delays in races are made from.
    public var seed: UInt32 = 1

    /// The usual: 1,000 runs, or 2 s.
    public init() {}

    /// As the compiled program takes them.
    var arguments: [String] {
        [
            "--runs", "\(runs)", "--milliseconds", "\(milliseconds)", "--limit", "\(limitMilliseconds)",
            "--seed", "\(seed)",
        ]
    }
}
