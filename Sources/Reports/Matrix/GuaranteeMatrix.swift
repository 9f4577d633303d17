import Exploration
import RuleLanguage
import VirtualMemory

/// Rule sets against guarantees: what each set kept, and what it broke, with the simplest test that shows it.
public struct GuaranteeMatrix: Sendable {
    /// One row for each rule set, in their order.
    public let rows: [Row]
    /// The tests that stand as witnesses, the simplest first.
    public let witnesses: [Witness]
    /// What was looked at.
    public let scope: Scope

    /// A rule set and what became of each guarantee, in their order.
    public struct Row: Sendable, Hashable {
        /// The set's name.
        public let ruleSet: String
        /// What kind of kernels the set describes.
        public let kind: RuleSet.Kind
        /// One cell for each guarantee.
        public let cells: [Cell]
    }

    /// What became of a guarantee.
    public enum Cell: Sendable, Hashable {
        /// No test broke it.
        case kept
        /// No test broke it so far, but not every test was explored to its end.
        case undecided
        /// The simplest test that breaks it, as an index of `witnesses`. Where some test breaks it otherwise than through
        /// a GET, the simplest of those.
        case broken(witness: Int, isOnlyThroughGet: Bool)
    }

    /// A test that breaks a guarantee. Tests with fewer statements are simpler, then the name decides.
    public struct Witness: Sendable, Hashable, Comparable {
        /// Statements of the test.
        public let statements: Int
        /// Its name.
        public let test: String

        /// Whether the first is simpler.
        public static func < (a: Witness, b: Witness) -> Bool {
            (a.statements, a.test) < (b.statements, b.test)
        }
    }

    /// What was looked at: everything that is said to be kept is kept in this scope, and nothing is said beyond it.
    public struct Scope: Sendable, Hashable {
        /// How many tests.
        public var tests = 0
        /// Pages of an address space at the most.
        public var pages = 0
        /// Threads at the most, those that processes begin with included.
        public var threads = 0
        /// Processes at the most.
        public var processes = 0
        /// Frames at the most.
        public var frames = 0
        /// Whether any test asks a tracker of writes.
        public var tracksWrites = false
    }

    /// Makes the matrix of results.
    public init(_ results: CheckResults) {
        var scope = Scope()
        for reports in results.reports {
            guard let test = reports.first?.test else { continue }
            let geometry = test.program.geometry
            scope.tests += 1
            scope.pages = max(scope.pages, geometry.pages)
            scope.threads = max(scope.threads, geometry.threads)
            scope.processes = max(scope.processes, geometry.processes)
            scope.tracksWrites = scope.tracksWrites || test.test.test.tracksWrites
            scope.frames = max(scope.frames, reports.map(\.frames).max() ?? 0)
        }
        self.scope = scope
        let found = results.ruleSets.indices.map { index in
            Guarantee.allCases.map { guarantee in
                Finding(
                    guarantee, results.reports.compactMap { $0.indices.contains(index) ? $0[index] : nil })
            }
        }
        let witnesses = Set(found.joined().compactMap { $0.witness }).sorted()
        self.witnesses = witnesses
        rows = zip(results.ruleSets, found).map { ruleSet, findings in
            Row(
                ruleSet: ruleSet.name, kind: ruleSet.kind,
                cells: findings.map { finding in
                    guard let witness = finding.witness, let index = witnesses.firstIndex(of: witness) else {
                        return finding.isDecided ? .kept : .undecided
                    }
                    return .broken(witness: index, isOnlyThroughGet: finding.isOnlyThroughGet)
                })
        }
    }

    /// What the tests say about one guarantee under one rule set.
    private struct Finding {
        let isDecided: Bool
        let isOnlyThroughGet: Bool
        let witness: Witness?

        init(_ guarantee: Guarantee, _ reports: [TestReport]) {
            isDecided = reports.allSatisfy(\.isDecided)
            let breaking = reports.filter { $0.brokenGuarantees.contains(guarantee) }
            let more = breaking.filter { report in
                report.broken.contains {
                    $0.violation.guarantee == guarantee && $0.violation.through != .get
                }
            }
            isOnlyThroughGet = more.isEmpty
            witness = (more.isEmpty ? breaking : more).map {
                Witness(statements: $0.test.test.test.statementCount, test: $0.test.name)
            }.min()
        }
    }
}
