import Corpus
import KernelRuns

/// What a probe of a kernel came to, with what became of the tests.
public struct ProbeResults: Sendable {
    /// The kernel; its rule set is the one of its release, if there is one.
    public let kernel: KernelOfRun
    /// What was found out.
    public let findings: ProbeFindings
    /// How many tests there are whose steps are all ordered.
    public let tests: Int
    /// How many of them the kernel ran.
    public let ran: Int
    /// Tests that the kernel gave no answer to.
    public let unanswered: [Unanswered]
    /// What is wrong with the paths and texts that gave no test.
    public let errors: [InputError]

    /// A test without an answer: the kernel died, or something around the test went wrong.
    public struct Unanswered: Sendable, Hashable {
        /// The test's name.
        public let test: String
        /// What happened, in words; further lines have the end of the console.
        public let reason: String

        /// Makes one.
        public init(test: String, reason: String) {
            self.test = test
            self.reason = reason
        }
    }

    /// Makes results.
    public init(
        kernel: KernelOfRun, findings: ProbeFindings, tests: Int, ran: Int, unanswered: [Unanswered],
        errors: [InputError] = []
    ) {
        self.kernel = kernel
        self.findings = findings
        self.tests = tests
        self.ran = ran
        self.unanswered = unanswered
        self.errors = errors
    }

    /// How the process is to end.
    public var status: ExitStatus {
        if !errors.isEmpty { return .badInput }
        if !findings.unexplained.isEmpty || !unanswered.isEmpty { return .differs }
        return findings.tests == 0 ? .undecided : .asExpected
    }
}
