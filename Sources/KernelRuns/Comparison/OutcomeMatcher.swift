import Exploration
import TestLanguage

/// Says whether a kernel's outcome is one that the model allows.
///
/// Registers, fates, contents and facts must be equal. Frames are compared only where that was asked for. Where nobody
/// empties the batches of the LRU, a page may wait in one, whose reference makes the kernel copy where the model
/// reuses: so a kernel may have more different frames there than the model, never fewer.
struct OutcomeMatcher {
    /// How a column is compared.
    enum Column: Hashable {
        /// It must be equal.
        case equal
        /// It holds the name of a frame.
        case frame
        /// Whether a page is on another frame than before.
        case moved
        /// It is not compared.
        case ignored
    }

    /// How each column is compared.
    let columns: [Column]
    private let isExact: Bool
    private let frameColumns: [Int]

    /// - Parameter frames: whether frames are compared.
    init(_ test: ResolvedTest, _ outcomeColumns: OutcomeColumns, frames: Bool) {
        let columns = outcomeColumns.columns.map { column in
            OutcomeMatcher.compares(column, of: test, frames: frames)
        }
        self.columns = columns
        frameColumns = columns.indices.filter { columns[$0] == .frame }
        isExact = test.hasEmptyBatches
    }

    private static func compares(
        _ column: OutcomeColumns.Column, of test: ResolvedTest, frames: Bool
    ) -> Column {
        switch column {
        case .register(let index) where test.registers[index].kind == .frame:
            return frames ? .frame : .ignored
        case .frame: return frames ? .frame : .ignored
        case .fact(.moved): return frames ? .moved : .ignored
        case .fact(.same): return frames ? .equal : .ignored
        case .copies: return .ignored
        case .register, .actor, .content, .file, .fact: return .equal
        }
    }

    /// The columns in which a kernel's outcome is not what the model's is; none where the model allows it.
    func differences(_ observed: ObservedOutcome, from modelled: Outcome) -> [Int] {
        let pairs = zip(observed.values, modelled.values)
        return zip(columns.indices, pairs).compactMap { column, pair in
            // What cannot be seen may be anything.
            guard let seen = pair.0 else { return nil }
            return differs(column, seen, pair.1, observed, modelled) ? column : nil
        }
    }

    private func differs(
        _ column: Int, _ seen: OutcomeValue, _ value: OutcomeValue, _ observed: ObservedOutcome,
        _ modelled: Outcome
    ) -> Bool {
        switch columns[column] {
        case .ignored: return false
        case .equal: return seen != value
        case .moved: return seen != value && (isExact || seen != .number(1))
        case .frame:
            guard case .frame = seen, case .frame = value else { return seen != value }
            return frameColumns.prefix { $0 < column }.contains { earlier in
                guard case .frame? = observed.values[earlier], case .frame = modelled.values[earlier] else {
                    return false
                }
                let isSame = observed.values[earlier] == seen
                let shouldBeSame = modelled.values[earlier] == value
                return isSame != shouldBeSame && (isExact || isSame)
            }
        }
    }

    /// A model's outcome with nothing but what is compared.
    func compared(_ outcome: Outcome) -> [OutcomeValue?] {
        zip(columns, outcome.values).map { $0 == .ignored ? nil : $1 }
    }
}

extension ResolvedTest {
    /// Whether no page waits in a batch of the LRU when a statement begins.
    ///
    /// Between the statements of an ordered test the runtime empties the batches, as long as no memory cgroup counts the
    /// pages that it takes; another test may do it itself. One that puts a page into a batch cannot say which processor's
    /// batch that is, and kernels look into their own processor's only.
    fileprivate var hasEmptyBatches: Bool {
        let isCounted = test.declarations.contains { declaration in
            if case .memcg = declaration.kind { true } else { false }
        }
        let drains = allStatements.contains { $0.statement.kind == .kernel(.lruDrain) }
        return drains || isOrdered && !isCounted && !fillsBatches
    }

    private var fillsBatches: Bool {
        allStatements.contains {
            if case .kernel(.lruAdd) = $0.statement.kind { true } else { false }
        }
    }
}
