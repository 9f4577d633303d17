import TestLanguage

/// One C program that runs many tests.
public struct CProgram: Sendable {
    /// Its tests; the program knows them by their place here.
    public let tests: [CompiledTest]
    /// What the program needs of the runtime.
    let features: [Feature]

    /// Makes a program of tests.
    ///
    /// - Parameters:
    ///   - frames: whether to look at the frames of all pages in the end, too.
    ///   - plans: for tests by their place, orders in which statements are to begin in some runs.
    public init(_ tests: [ResolvedTest], frames: Bool = false, plans: [Int: [RacePlan]] = [:]) {
        let compiled = tests.enumerated().map { index, test in
            CompiledTest(test, prefix: "t\(index)_", frames: frames, plans: plans[index] ?? [])
        }
        self.tests = compiled
        let needed = Set(compiled.flatMap(\.needs))
        features = Feature.allCases.filter(needed.contains)
    }

    /// Its text in C, which includes the runtime's headers.
    public var text: String {
        var text = """
            /* Generated from litmus tests: see the comment before each. */
            #include "runner.h"
            #include "init.h"

            """
        for header in Self.headers(of: features) { text += "#include \"\(header)\"\n" }
        text += "\nstatic const struct feature_part feature_parts[FEATURES] = {\n"
        for feature in features { text += "    [\(feature.constant)] = \(feature.part),\n" }
        text += "};\n"
        for test in tests {
            text += "\n/* test \(test.test.test.name.text) */\n\n" + test.code
        }
        text += "\nstatic const struct test tests[] = {\n"
        for test in tests { text += "    \(test.entry),\n" }
        if tests.isEmpty { text += "    {.name = NULL},\n" }
        text += """
            };

            int main(int count, char **words) {
                muster_init();
                go_on_after_exec(count, words, tests);
                read_options(count, words);
                return run_tests(tests, \(tests.count));
            }

            """
        return text
    }

    /// The headers of features, each once.
    static func headers(of features: [Feature]) -> [String] {
        var headers: [String] = []
        for feature in features where !headers.contains(feature.header) { headers.append(feature.header) }
        return headers
    }
}
