import TestLanguage

/// A stand-alone C program that shows one test on the kernel that it runs on.
///
/// It has the test first, then what is needed to run it, and nothing that it does not need. It exits with 0 when the
/// kernel is good, 1 when it is not, and 4 where that cannot be told, as selftests of the kernel do.
public struct Reproducer: Sendable {
    /// The program.
    public let text: String

    /// How it reports.
    public enum Style: Sendable, Hashable {
        /// In lines for people.
        case plain
        /// As selftests of the kernel do: TAP version 13.
        case kselftest
    }

    /// Why there can be no such program.
    public enum Failure: Error, Sendable, Hashable {
        /// No kernel can run the test; why.
        case impossible(String)
        /// No kernel shows what the condition asks for: that part of it.
        case invisible(String)
        /// The runtime lacks what the test needs.
        case unsupported(String)

        /// The error in words.
        public var message: String {
            switch self {
            case .impossible(let reason): "no kernel can run the test: \(reason)"
            case .invisible("copies"):
                "no kernel shows 'copies'; ask for frames instead: 'same', 'moved', or frame() at two moments"
            case .invisible(let what):
                "no kernel shows '\(what)'; ask for what the processes and devices read instead"
            case .unsupported(let what): "the runtime has no '\(what)'"
            }
        }
    }

    /// Makes the program.
    ///
    /// - Parameters:
    ///   - test: the test.
    ///   - verdicts: what the model says about kernels; nil where it does not know the test's words yet.
    ///   - runtime: the C sources of tests.
    public init(
        _ test: ResolvedTest, verdicts: KernelVerdicts?, runtime: RuntimeSources, style: Style = .plain
    ) throws(Failure) {
        var writer = ReproducerWriter(test, verdicts: verdicts, runtime: runtime, style: style)
        text = try writer.write()
    }
}
