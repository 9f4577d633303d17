import TestLanguage

extension ReproducerWriter {
    /// What runs the test: asking for what it needs, a run, and main.
    func program() throws(Reproducer.Failure) -> String {
        let parts = try featureParts()
        let before = parts.compactMap(\.before)
        let after = parts.compactMap(\.after)
        return whyNot(parts.compactMap(\.missing)) + memory + processes + run(before, after)
            + main(parts.compactMap(\.missing))
    }

    // MARK: What is needed

    private struct Part: Hashable {
        let missing, before, after: String?
    }

    /// The functions of the features that the test needs, each once.
    private func featureParts() throws(Reproducer.Failure) -> [Part] {
        var parts: [Part] = []
        for feature in statements.needs.sorted(by: { $0.rawValue < $1.rawValue }) {
            guard let macro = plumbing.declaration(of: feature.part) else { throw .unsupported(feature.part) }
            let inside = macro.text.drop { $0 != "{" }.dropFirst().prefix { $0 != "}" }
            let names = inside.split(separator: ",").map {
                $0.filter { $0 != " " && $0 != "\\" && $0 != "\n" }
            }
            // Only references that are sent are kept by somebody else meanwhile.
            let spared = traits.sends ? ["NULL"] : ["NULL", "begin_keeping", "end_keeping"]
            let functions = names.map { spared.contains($0) ? nil : $0 }
            guard functions.count == 3 else { throw .unsupported(feature.part) }
            let earlier = parts
            func once(_ index: Int, _ path: KeyPath<Part, String?>) -> String? {
                earlier.contains { $0[keyPath: path] == functions[index] } ? nil : functions[index]
            }
            parts.append(
                Part(missing: once(0, \.missing), before: once(1, \.before), after: once(2, \.after)))
        }
        return parts
    }

    private func whyNot(_ missing: [String]) -> String {
        guard !missing.isEmpty else { return "" }
        let asks = missing.enumerated().map { index, function in
            index == 0
                ? "    const char *reason = \(function)();\n" : "    if (!reason) reason = \(function)();\n"
        }
        return """
            /* Why the test cannot run here; NULL where it can. */
            static const char *why_not(void) {
            \(asks.joined())    return reason;
            }


            """
    }

    // MARK: A run

    private var firstActors: [ResolvedTest.Actor] { test.actors.filter { $0.parent == nil } }

    private var processes: String {
        let isAlone = firstActors.count == 1
        let first = names.actors[0]
        let looks = statements.looksAtFrames
        var text = """
            /* \(isAlone ? "Starts the process that has the memory of the test." : "Starts a process; the first one has the memory of the test.") */
            static void start_process(int actor) {
                atomic_store(&control->actors[actor].state, RUNNING);
                int pid = fork();
                if (pid < 0) give_up("fork: %s", strerror(errno));
                if (pid > 0) {
                    atomic_store(&control->actors[actor].pid, pid);
                    return;
                }

            """
        if traits.canKill { text += "    catch_fatal_signals();\n" }
        if statements.isOrdered { text += "    stay_on_cpu(sched_getcpu());\n" }
        text += "    begin(actor);\n"
        var prepare = traits.mapsPlainly ? "prepare_memory();\n" : "prepare_first_memory();\n"
        if test.mappings.isEmpty { prepare = "" }
        if looks { prepare += "settle();\ndrain_lru();\nnote_frames_at_start();\n" }
        if isAlone {
            text += prepare.split(separator: "\n").map { "    \($0)\n" }.joined()
        } else {
            text += "    if (actor == \(first)) {\n"
            text += prepare.split(separator: "\n").map { "        \($0)\n" }.joined() + "    }\n"
            text += "    /* Nobody begins before everybody is there. */\n"
            text += "    atomic_fetch_add(&control->ready, 1);\n"
            text += "    while (atomic_load(&control->ready) < \(firstActors.count)) sched_yield();\n"
        }
        return text + "    run_to_the_end(actor\(traits.hasExec ? ", 0" : ""));\n}\n\n"
    }

    private func run(_ before: [String], _ after: [String]) -> String {
        var text = """
            /* Runs the test once, in fresh processes. */
            static enum verdict run_once(void) {
                enum verdict verdict = UNKNOWN;
                memset((void *)control, 0, sizeof *control);

            """
        if verdicts?.plan != nil {
            text += """
                    static bool follows;
                    follows = !follows;
                    control->plan = follows ? 0 : -1;
                    for (int actor = 0; actor < ACTORS; actor++) control->actors[actor].step = -1;

                """
        }
        if !test.files.isEmpty { text += "    make_files();\n" }
        for function in before { text += "    \(function)();\n" }
        if traits.sends { text += "    make_mailboxes();\n" }
        for actor in firstActors {
            let name = names.actors[actor.index]
            text += "    start_process(\(name));\n"
        }
        text +=
            "    if (\(traits.canBlock ? "wait_until_quiet" : "wait_until_done")() && !control->broken) {\n"
        text += "        verdict = \(judgement);\n"
        text +=
            statements.isOrdered
            ? "        tell_outcome();\n" : "        if (verdict == \(sought)) tell_outcome();\n"
        text += "    }\n"
        text += "    kill_everybody();\n"
        for function in after { text += "    \(function)();\n" }
        if traits.sends { text += "    close_mailboxes();\n" }
        if !test.files.isEmpty { text += "    close_files();\n" }
        return text + "    return verdict;\n}\n\n"
    }

    private var judgement: String {
        switch test.test.condition?.quantifier {
        case .never: "is_bad() ? BAD : GOOD"
        case .always, .exists: "is_good() ? GOOD : BAD"
        case nil: "GOOD"
        }
    }

    // MARK: main

    private func main(_ missing: [String]) -> String {
        let isRace = !statements.isOrdered
        let name = statements.quoted(test.test.name.text)
        var text = "int main(\(isRace || traits.hasExec ? "int argc, char **argv" : "void")) {\n"
        if traits.hasExec { text += "    go_on_after_exec(argc, argv);\n" }
        if style == .kselftest { text += "    printf(\"TAP version 13\\n1..1\\n\");\n" }
        text += traits.hasExec ? "    make_control();\n" : "    share_memory();\n"
        if !missing.isEmpty {
            text += "    const char *reason = why_not();\n"
            text += "    if (reason) return finish(\(name), UNKNOWN, reason);\n"
        }
        if isRace {
            text += """
                    long runs = argc > 1 ? atol(argv[1]) : 10000, run = 0;
                    uint64_t end = nanoseconds_now() + SECONDS_FOR_ALL_RUNS * NANOSECONDS_OF_SECOND;
                    enum verdict verdict;
                    do verdict = run_once();
                    while (verdict == \(sought == "BAD" ? "GOOD" : "BAD") && ++run < runs && nanoseconds_now() < end);
                    printf("# %ld runs\\n", run + (verdict == \(sought)));

                """
        } else {
            text += "    enum verdict verdict = run_once();\n"
        }
        return text + "    return finish(\(name), verdict, control->trouble);\n}\n"
    }
}
