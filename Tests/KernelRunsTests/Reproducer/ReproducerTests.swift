import Corpus
import Diagnostics
import Exploration
import Foundation
import RuleLanguage
import Subprocess
import SystemPackage
import TestLanguage
import TestSupport
import Testing

@testable import KernelRuns

/// Stand-alone programs: their text, and that compilers take it without a warning.
@Suite struct ReproducerTests {
    private static let runtime = Result { try RuntimeSources(folder: ShippedRules.repository + "/Runtime") }

    private func reproducer(
        _ path: String, explored: Bool = false, style: Reproducer.Style = .plain
    ) throws -> Reproducer {
        let source = try SourceText(loading: ShippedRules.repository + "/Litmus/" + path, limit: 1 << 20)
        let test = try ResolvedTest(parsing: source)
        let verdicts =
            explored
            ? KernelVerdicts(
                try test.lowered(from: source), library: try ShippedRules.library(), checker: Checker()) : nil
        return try Reproducer(test, verdicts: verdicts, runtime: Self.runtime.get(), style: style)
    }

    private func refusal(_ body: String) -> Reproducer.Failure? {
        let text = "test t\n" + body
        do {
            let test = try ResolvedTest(parsing: SourceText(name: "t.cow", text: text))
            _ = try Reproducer(test, verdicts: nil, runtime: Self.runtime.get())
            return nil
        } catch {
            return error as? Reproducer.Failure
        }
    }

    // MARK: Golden texts; MUSTER_UPDATE_GOLDEN=1 writes them anew

    @Test(arguments: [
        ("pins/vmsplice-child-unmaps-parent-writes", Reproducer.Style.plain),
        ("fork/fork-torn-page", .kselftest),
    ])
    func theWholeText(_ name: String, _ style: Reproducer.Style) throws {
        let text = try reproducer(name + ".cow", explored: true, style: style).text
        let file =
            ShippedRules.repository + "/Tests/KernelRunsTests/Golden/"
            + (name.split(separator: "/").last.map(String.init) ?? name) + ".c"
        if ProcessInfo.processInfo.environment["MUSTER_UPDATE_GOLDEN"] != nil {
            try text.write(toFile: file, atomically: true, encoding: .utf8)
        } else {
            #expect(text == (try String(contentsOfFile: file, encoding: .utf8)))
        }
    }

    // MARK: Compilers

    private static let sample = [
        "pins/vmsplice-child-unmaps-parent-writes", "fork/fork-torn-page", "basics/store-after-unmap-kills",
        "basics/pin-device-and-cpu", "pins/pin-inherited-child-closes", "fork/fork-child-discards",
    ]

    /// Tests of the corpus: a sample, or all in a full run.
    private static var tests: [String] {
        guard FullRun.isWanted else { return sample }
        let litmus = ShippedRules.repository + "/Litmus/"
        let files = (try? FileTree.files(below: litmus, suffix: ".cow")) ?? []
        return files.map { String($0.dropFirst(litmus.count).dropLast(".cow".count)).drop { $0 == "/" } }.map(
            String.init)
    }

    /// Those of clang and gcc that are there.
    private static let compilers: [String] = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return ["clang", "gcc"].compactMap { name in
            folders.map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile)
        }
    }()

    @Test(.enabled(if: !compilers.isEmpty, "no C compiler"), arguments: tests)
    func compilersTakeItWithoutAWarning(_ name: String) async throws {
        for style in FullRun.isWanted ? [Reproducer.Style.plain, .kselftest] : [.plain] {
            let text: String
            do {
                text = try reproducer(name + ".cow", style: style).text
            } catch is Reproducer.Failure {
                return
            }
            #expect(
                !text.split(separator: "\n").contains {
                    $0.count > CLayout.width && !$0.hasPrefix(" *     ")
                })
            for compiler in Self.compilers {
                let result = try await Subprocess.run(
                    .path(FilePath(compiler)),
                    arguments: ["-S", "-o", "-", "-Wall", "-Wextra", "-Werror", "-O1", "-x", "c", "-"],
                    input: .string(text), output: .discarded, error: .string(limit: 1 << 16))
                #expect(result.terminationStatus.isSuccess, "\(compiler): \(result.standardError)")
            }
        }
    }

    // MARK: What cannot be

    @Test func whatNoKernelCanDo() {
        let failure = refusal("frames 6\nmap x: anonymous private\nprocess p {\n    *x = 1\n}\n")
        guard case .impossible = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }

    @Test func whatNoKernelShows() {
        let body =
            "map x: anonymous private = 1\nprocess p {\n    b = vmsplice(x)\n    c = page_count(x)\n}\n"
        #expect(refusal(body + "always coherent(b)\n") == .invisible("coherent(b)"))
        #expect(refusal(body + "never copies == 1\n") == .invisible("copies"))
        #expect(refusal(body + "never p:c == 1\n") == .invisible("page_count(x)"))
    }

    // MARK: Names

    @Test func namesThatMeanSomethingInCAreChanged() throws {
        let text = """
            test t
            map int: anonymous private = 1
            process main {
                fork read {
                    printf = *int
                    signal store
                }
                await store
            }
            never read:printf == 2
            """
        let test = try ResolvedTest(parsing: SourceText(name: "t.cow", text: text))
        let program = try Reproducer(test, verdicts: nil, runtime: Self.runtime.get()).text
        #expect(program.contains("enum { main_actor, read_actor, ACTORS };"))
        #expect(program.contains("enum { event_store, EVENTS };"))
        #expect(program.contains("*const map_int ="))
    }

    @Test func simplificationsFindWhatTheyReplace() throws {
        let runtime = try Self.runtime.get()
        let text =
            "test t\nmap x: anonymous private = 1\nprocess p {\n    *x = 1\n    fork c {\n    }\n}\nnever p:*x == 3\n"
        let source = SourceText(name: "t.cow", text: text)
        let test = try ResolvedTest(parsing: source)
        let verdicts = KernelVerdicts(
            try test.lowered(from: source), library: try ShippedRules.library(), checker: Checker())
        let lost = Simplification.lost(
            for: test, CWriter(test, names: CNames(test, prefix: ""), frames: false),
            traits: ReproducerTraits(test, verdicts), in: runtime.files.map(\.text))
        #expect(lost == [])
    }
}
