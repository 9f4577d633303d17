import Corpus
import Diagnostics
import Exploration
import RuleLanguage
import TestLanguage
import TestSupport

@testable import KernelRuns
@testable import Reports

/// Probes of kernels that do exactly what a composition of shipped rule sets says.
enum ProbeSample {
    private static let texts = [
        """
        test get-outlives-mapping
        map x: anonymous private = 1
        process parent {
            fork child {
                kept = vmsplice(x)
                munmap(x)
                signal taken
                await stored
                seen = read(kept)
            }
            await taken
            *x = 2
            signal stored
        }
        """,
        """
        test pin-then-fork
        map x: anonymous private = 1
        process parent {
            buffer = io_uring_register(x)
            fork child {
            }
            *x = 2
            device = dma_read(buffer)
        }
        """,
        """
        test pin-then-protect
        map x: anonymous private = 1
        process main {
            buffer = io_uring_register(x)
            mprotect(x, PROT_READ)
            mprotect(x, PROT_READ | PROT_WRITE)
            *x = 2
            device = dma_read(buffer)
        }
        """,
        """
        test read-pin-of-nothing
        map x: anonymous private
        process main {
            buffer = vfio_map(x, read)
            *x = 2
            device = dma_read(buffer)
        }
        """,
    ]

    private static let notModelled = """
        test from-a-file
        file F = 5
        map x: file F private
        process main {
            mprotect(x, PROT_READ)
            r = pagemap_scan(x)
        }
        """

    private static func test(_ text: String) throws -> (ResolvedTest, SourceText) {
        let source = SourceText(name: "sample.cow", text: text + "\n")
        return (try ResolvedTest(parsing: source), source)
    }

    /// What a kernel of a release is found to do.
    static func results(
        _ composition: (RuleLibrary) throws -> Composition, label: String, release: String,
        unanswered: [ProbeResults.Unanswered] = [], changing change: (ProbedTest) -> ProbedTest = { $0 }
    ) async throws -> ProbeResults {
        let library = try ShippedRules.library()
        let tests = try texts.map { text in
            let (resolved, source) = try test(text)
            var lowered = try resolved.lowered(from: source)
            lowered.recordsFinalFrames = true
            return lowered
        }
        var explored = ExploredCompositions(tests, library: library, checker: Checker(), workers: 1)
        let truth = try composition(library)
        try await explored.explore([truth])
        var probed = zip(tests.indices, explored.places(of: truth)).map { place, known in
            let report = explored.known[place][known].report
            let seen = report.outcomes.map {
                ObservedOutcome(count: 1, values: $0.outcome.values, satisfies: nil)
            }
            return change(
                ProbedTest(
                    test: tests[place].test, lowered: tests[place],
                    observation: Observation(seen, of: tests[place].test, columns: report.columns)))
        }
        probed.append(try recorded())
        let kernel = KernelRelease(release)
        let found = try await Probe(library: library).findings(of: probed, release: kernel)
        guard let found else { throw NothingFound() }
        return ProbeResults(
            kernel: KernelOfRun(
                label: label, release: kernel, machine: "QEMU without KVM",
                ruleSet: try? library.set(forRelease: release).set),
            findings: found, tests: texts.count + 1 + unanswered.count, ran: probed.count,
            unanswered: unanswered)
    }

    /// A test that the engine does not know all words of, with the answers of two kernels.
    private static func recorded() throws -> ProbedTest {
        let (resolved, _) = try test(notModelled)
        guard case .test(_, let result)? = ResultLine("test 0 ran 1 9 | 1 r 0 a f l"),
            case .ran(let histogram) = result.answer,
            let observation = Observation(histogram, of: resolved, looks: [])
        else { throw NothingFound() }
        var log = AnswerLog(resolved)
        for (release, answer) in [
            ("5.10.0-46-cloud-amd64", observation.recordedOutcomes),
            ("6.12.117+deb13-cloud-amd64", ["main:r=1; main=-;"]),
        ] {
            log.record(
                AnswerLog.Block(release: KernelRelease(release), date: "2026-11-20", answer: .ran(answer)))
        }
        return ProbedTest(test: resolved, lowered: nil, observation: observation, earlier: log)
    }

    private struct NothingFound: Error {}
}
