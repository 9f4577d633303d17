import TestLanguage

/// A test as C, with what is needed to read its answers.
public struct CompiledTest: Sendable {
    /// The test.
    public let test: ResolvedTest
    /// What is looked at when a run is over, in the order of ``MeasuredOutcome/looks``.
    public let looks: [CompiledLook]
    /// Whether all of its steps are ordered, so that it runs once.
    public let isOrdered: Bool
    /// What it needs of the kernel.
    public let needs: [Feature]
    /// Why no kernel can run it; nil where one may.
    public let impossible: String?
    /// Its functions and tables in C.
    let code: String
    /// The name of its `struct test` initializer's parts.
    let entry: String

    /// Makes C of a test.
    ///
    /// - Parameters:
    ///   - prefix: what all names of the test begin with in C; empty for a program that has no other test.
    ///   - frames: whether to look at the frames of all pages in the end, too.
    ///   - plans: orders in which statements are to begin in some runs, where not all are ordered.
    public init(
        _ test: ResolvedTest, prefix: String = "", frames: Bool = false, plans: [RacePlan] = []
    ) {
        var writer = CWriter(test, names: CNames(test, prefix: prefix), frames: frames)
        if !writer.isOrdered { writer.plans = Array(plans.prefix(RacePlan.most)) }
        writer.write()
        self.test = test
        looks = writer.looks
        isOrdered = writer.isOrdered
        needs = writer.needs.sorted { $0.rawValue < $1.rawValue }
        impossible = writer.impossible
        code = writer.code
        entry = writer.entry
    }
}
