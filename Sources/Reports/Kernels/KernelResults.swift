import Corpus
import KernelRuns
import RuleLanguage

/// A kernel that tests ran on.
public struct KernelOfRun: Sendable {
    /// As it was asked for: `host`, `6.12`, the path of an image.
    public let label: String
    /// What it says that it is.
    public let release: KernelRelease
    /// What it ran on, in words: `the host`, `QEMU with KVM`.
    public let machine: String
    /// The rule set that says what it may do; nil where none is known for it.
    public let ruleSet: RuleSet?

    /// Makes a kernel.
    public init(label: String, release: KernelRelease, machine: String, ruleSet: RuleSet?) {
        self.label = label
        self.release = release
        self.machine = machine
        self.ruleSet = ruleSet
    }
}

/// What kernels answered to tests, held against the model.
public struct KernelResults: Sendable {
    /// The kernels, in the order in which they were asked for.
    public let kernels: [KernelOfRun]
    /// The tests.
    public let tests: [SelectedTest]
    /// For each test, one comparison for each kernel.
    public let comparisons: [[TestComparison]]
    /// What is wrong with the paths and texts that gave no test.
    public let errors: [InputError]
    /// Whether somebody interrupted it.
    public let isInterrupted: Bool

    /// Makes results.
    public init(
        kernels: [KernelOfRun], tests: [SelectedTest], comparisons: [[TestComparison]],
        errors: [InputError] = [], isInterrupted: Bool = false
    ) {
        self.kernels = kernels
        self.tests = tests
        self.comparisons = comparisons
        self.errors = errors
        self.isInterrupted = isInterrupted
    }

    /// How the process is to end.
    public var status: ExitStatus {
        if isInterrupted { return .interrupted }
        if !errors.isEmpty { return .badInput }
        let all = comparisons.joined()
        if all.contains(where: \.isFailure) { return .differs }
        return all.contains(where: \.isUnknown) ? .undecided : .asExpected
    }
}

extension TestComparison {
    /// Whether it ought to have come to something, and did not.
    var isUnknown: Bool {
        switch result {
        case .undecided, .broken: true
        case .agrees, .modelAllowsMore, .disagrees, .notRunnable, .notModelled, .unanswered: false
        }
    }

    /// Why it came to nothing, in words; nil where it did.
    var reason: String? {
        switch result {
        case .notRunnable(let text), .undecided(let text), .unanswered(let text), .broken(let text): text
        case .agrees, .modelAllowsMore, .disagrees, .notModelled: nil
        }
    }

    /// Titles of what the kernel does not let be seen.
    var unseenTitles: [String] {
        observation.map { observation in
            observation.unseenColumns.map { observation.columns.titles[$0] }
        } ?? []
    }
}
