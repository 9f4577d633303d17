/// A line of what a compiled corpus prints.
///
/// The first line names the format and the kernel, then comes a line for each test, and the last one says how many there
/// were: without it, the stream is not whole.
public enum ResultLine: Sendable, Hashable {
    /// `muster 1 RELEASE TESTS`
    case begins(KernelRelease, tests: Int)
    /// `test INDEX …`: the answer to the test of an index.
    case test(Int, TestResult)
    /// `done TESTS`
    case ends(tests: Int)
    /// `note TEXT`: for people.
    case note(String)

    /// Reads a line; nil for one that is damaged.
    public init?(_ line: some StringProtocol) {
        let space: Character = " "
        let words = String(line).split(maxSplits: 3, whereSeparator: { $0 == space }).map { String($0) }
        switch (words.first, words.count) {
        case ("muster", 4):
            guard words[1] == "1", let tests = Int(words[3]) else { return nil }
            self = .begins(KernelRelease(words[2]), tests: tests)
        case ("done", 2):
            guard let tests = Int(words[1]) else { return nil }
            self = .ends(tests: tests)
        case ("test", 4):
            guard let index = Int(words[1]), let answer = ResultLine.answer(words[2], words[3]) else {
                return nil
            }
            self = .test(index, TestResult(answer))
        case ("note", 2...):
            self = .note(String(line.dropFirst(5)))
        default: return nil
        }
    }

    private static func answer(_ kind: String, _ rest: String) -> TestResult.Answer? {
        switch kind {
        case "missing": .notRunnable(rest)
        case "broken": .broken(rest)
        case "ran": histogram(rest).map { .ran($0) }
        default: nil
        }
    }

    /// `RUNS NANOSECONDS | COUNT r … a … l … | …`
    private static func histogram(_ text: String) -> Histogram? {
        let parts = text.split(separator: "|").map { $0.split(separator: " ") }
        guard let head = parts.first, head.count == 2, let runs = Int(head[0]), let time = Int(head[1])
        else { return nil }
        let outcomes = parts.dropFirst().map(outcome)
        guard !outcomes.contains(nil), runs > 0 else { return nil }
        return Histogram(runs: runs, nanoseconds: time, outcomes: outcomes.compactMap(\.self))
    }

    private static func outcome(_ words: [Substring]) -> MeasuredOutcome? {
        guard let count = words.first.flatMap({ Int($0) }), let registers = words.firstIndex(of: "r"),
            let actors = words.firstIndex(of: "a"), let looks = words.firstIndex(of: "l"),
            registers == 1, registers < actors, actors < looks
        else { return nil }
        let values = words[(registers + 1)..<actors].map(measurement)
        let fates = words[(actors + 1)..<looks].map(fate)
        let seen = words[(looks + 1)...].map(measurement)
        guard !values.contains(nil), !fates.contains(nil), !seen.contains(nil) else { return nil }
        return MeasuredOutcome(
            count: count, registers: values.compactMap(\.self), actors: fates.compactMap(\.self),
            looks: seen.compactMap(\.self))
    }

    private static func measurement(_ word: Substring) -> Measurement? {
        switch word {
        case "-": .absent
        case "?": .notObservable
        default: Int(word).map { .number($0) }
        }
    }

    /// `n`, `f`, `b`, or `k9`.
    private static func fate(_ word: Substring) -> Fate? {
        switch word {
        case "n": .notStarted
        case "f": .finished
        case "b": .blocked
        default: word.first == "k" ? Int(word.dropFirst()).map { .killed(signal: $0) } : nil
        }
    }
}
