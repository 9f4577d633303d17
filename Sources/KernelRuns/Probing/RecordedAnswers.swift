import Exploration
import RuleLanguage
import TestLanguage

/// What other kernels were recorded to answer to tests that are not modelled, held against what the probed kernel showed.
struct RecordedAnswers {
    /// A test whose answers are recorded.
    struct Row {
        let test: String
        let aspects: Set<Aspect>
        /// For each rule set that a recorded kernel leads to: whether such a kernel answered the same.
        let isSame: [String: Bool]
    }

    let rows: [Row]

    init(_ tests: [ProbedTest], _ library: RuleLibrary) {
        rows = tests.compactMap { probed in
            guard probed.lowered == nil, let log = probed.earlier else { return nil }
            let features = CompiledTest(probed.test, frames: true).needs
            let aspects = Aspect.aspects(of: probed.test, needing: features)
            guard !aspects.isEmpty else { return nil }
            let now = probed.observation.recordedOutcomes.map(RecordedAnswers.values)
            var isSame: [String: Bool] = [:]
            for block in log.blocks {
                guard case .ran(let lines) = block.answer,
                    let set = try? library.set(forRelease: block.release.description).set
                else { continue }
                let then = lines.map(RecordedAnswers.values)
                let isEqual =
                    now.allSatisfy { seen in then.contains { RecordedAnswers.agree($0, seen) } }
                    && then.allSatisfy { old in now.contains { RecordedAnswers.agree($0, old) } }
                isSame[set.name] = (isSame[set.name] ?? false) || isEqual
            }
            return isSame.isEmpty ? nil : Row(test: probed.name, aspects: aspects, isSame: isSame)
        }
    }

    /// The rows of an aspect.
    func rows(of aspect: Aspect) -> [Row] { rows.filter { $0.aspects.contains(aspect) } }

    /// In how many tests of an aspect no kernel of these rule sets answered the same; nil where none was recorded.
    func disagreements(of names: [String], in aspect: Aspect) -> Int? {
        let rows = rows(of: aspect)
        guard rows.contains(where: { row in names.contains { row.isSame[$0] != nil } }) else { return nil }
        return rows.count { row in
            let answers = names.compactMap { row.isSame[$0] }
            return !answers.isEmpty && !answers.contains(true)
        }
    }

    /// The parts of a recorded outcome, `title=value;` each.
    private static func values(_ line: String) -> [Substring: Substring] {
        var values: [Substring: Substring] = [:]
        for part in line.split(separator: ";") {
            guard let sign = part.lastIndex(of: "=") else { continue }
            let title = part[..<sign].drop { $0 == " " }
            values[title] = part[part.index(after: sign)...]
        }
        return values
    }

    /// Whether two outcomes are the same in what both show.
    private static func agree(_ a: [Substring: Substring], _ b: [Substring: Substring]) -> Bool {
        a.allSatisfy { title, value in
            guard let other = b[title], value != "?", other != "?" else { return true }
            return value == other
        }
    }
}
