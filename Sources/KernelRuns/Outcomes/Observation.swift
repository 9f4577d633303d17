import Exploration
import TestLanguage

/// A way in which runs of a test ended on a kernel, in the columns of the model's outcomes.
public struct ObservedOutcome: Sendable, Hashable {
    /// How many runs ended like that.
    public let count: Int
    /// One value for each column; nil where the kernel does not let it be seen.
    public let values: [OutcomeValue?]
    /// Whether the condition's formula is true of it; nil without a condition, and where that cannot be seen.
    public let satisfies: Bool?

    /// Makes an outcome.
    public init(count: Int, values: [OutcomeValue?], satisfies: Bool?) {
        self.count = count
        self.values = values
        self.satisfies = satisfies
    }

    /// A value as reports write it: `?` for what cannot be seen.
    public func text(ofColumn column: Int) -> String { values[column]?.text ?? "?" }
}

/// All that a kernel showed of a test, in the columns of the model's outcomes.
public struct Observation: Sendable {
    /// The test.
    public let test: ResolvedTest
    /// The columns of the outcomes.
    public let columns: OutcomeColumns
    /// What was seen, each once, in order of the values.
    public let outcomes: [ObservedOutcome]
    /// How often the test ran.
    public let runs: Int
    /// How long all runs took, in nanoseconds of the kernel's own clock.
    public let nanoseconds: Int

    /// Reads what was measured.
    ///
    /// Frames are named f1, f2, … in the order of the columns, so that runs which differ only in the numbers of their
    /// frames are one outcome.
    ///
    /// - Parameters:
    ///   - looks: what the compiled test looked at.
    ///   - finalFrames: whether the frames of all pages are columns.
    /// - Returns: nil where the histogram is not one of this test.
    public init?(
        _ histogram: Histogram, of test: ResolvedTest, looks: [CompiledLook], finalFrames: Bool = false
    ) {
        let columns = OutcomeColumns(test, finalFrames: finalFrames)
        let evaluator = test.test.condition.map {
            ConditionEvaluator(test: test, columns: columns, formula: $0.formula)
        }
        var counts: [[OutcomeValue?]: Int] = [:]
        for outcome in histogram.outcomes {
            guard let reader = MeasurementReader(outcome, of: test, looks: looks) else { return nil }
            counts[reader.values(of: columns), default: 0] += outcome.count
        }
        outcomes = counts.map { values, count in
            ObservedOutcome(count: count, values: values, satisfies: evaluator?.truth(of: values))
        }.sorted { Observation.precedes($0.values, $1.values) }
        self.test = test
        self.columns = columns
        runs = histogram.runs
        nanoseconds = histogram.nanoseconds
    }

    /// Takes outcomes as they are, each seen once.
    init(_ outcomes: [ObservedOutcome], of test: ResolvedTest, columns: OutcomeColumns) {
        self.test = test
        self.columns = columns
        self.outcomes = outcomes
        runs = outcomes.map(\.count).reduce(0, +)
        nanoseconds = 0
    }

    private static func precedes(_ a: [OutcomeValue?], _ b: [OutcomeValue?]) -> Bool {
        for (first, second) in zip(a, b) where first != second {
            guard let first else { return true }
            return second.map { first < $0 } ?? false
        }
        return false
    }

    /// How many runs ended with the condition's formula true, or false, or either as far as can be seen.
    public var truths: (positive: Int, negative: Int, unknown: Int) {
        var sums = (positive: 0, negative: 0, unknown: 0)
        for outcome in outcomes {
            switch outcome.satisfies {
            case true?: sums.positive += outcome.count
            case false?: sums.negative += outcome.count
            case nil: sums.unknown += outcome.count
            }
        }
        return sums
    }

    /// The columns that no outcome shows.
    public var unseenColumns: [Int] {
        columns.columns.indices.filter { column in outcomes.allSatisfy { $0.values[column] == nil } }
    }
}
