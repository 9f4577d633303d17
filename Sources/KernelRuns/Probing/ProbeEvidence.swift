import Exploration
import RuleLanguage
import TestLanguage

/// What speaks for the rules that a search came to.
struct ProbeEvidence {
    let search: ProbeSearch
    let recorded: RecordedAnswers
    let best: Composition

    var findings: ProbeFindings {
        let nearest = Composition(best.base)
        let equals = search.candidates.filter { $0.name != best.base.name && fits($0, asWellAs: best.base) }
        let judgements = search.judgements(of: best)
        return ProbeFindings(
            nearest: best.base, disagreements: search.disagreements(nearest),
            equals: equals.map(\.name), tests: search.tests.count, recordedTests: recorded.rows.count,
            aspects: Aspect.allCases.map(finding),
            unexplained: zip(search.tests, judgements).filter(\.1.disagrees).map(\.0.name),
            rules: search.explored.set(of: best) ?? best.base, composition: best)
    }

    /// Whether what the kernel did speaks against one set exactly where it speaks against another one.
    private func fits(_ one: RuleSet, asWellAs other: RuleSet) -> Bool {
        func disagreements(_ set: RuleSet) -> [Bool] {
            search.judgements(of: Composition(set)).map(\.disagrees)
        }
        func unlike(_ set: RuleSet, _ aspect: Aspect) -> Int? {
            recorded.disagreements(of: search.names(deciding: aspect, as: set), in: aspect)
        }
        return disagreements(one) == disagreements(other)
            && Aspect.allCases.allSatisfy { unlike(one, $0) ?? 0 == unlike(other, $0) ?? 0 }
    }

    private func finding(_ aspect: Aspect) -> AspectFinding {
        let source = best.source(of: aspect)
        let choices = search.choices(of: aspect)
        let sets = search.names(deciding: aspect, as: source)
        let isChanged = best.changed.contains(aspect)
        guard aspect.isSeenInOrder, choices.count > 1 else {
            return AspectFinding(
                aspect: aspect, verdict: choices.count > 1 ? .kept : .same, sets: sets, rivals: [],
                evidence: [], contrary: [], recorded: nil, isChanged: isChanged)
        }
        let others = choices.filter { !$0.behaves(as: source, in: aspect) }
        let modelled = modelEvidence(aspect, others)
        let records = recordEvidence(aspect, source, others)
        let rivals = others.filter {
            !modelled.refuted.contains($0.name) && !records.refuted.contains($0.name)
        }
        let verdict: AspectFinding.Verdict =
            !modelled.contrary.isEmpty ? .none : rivals.isEmpty ? .follows : .open
        return AspectFinding(
            aspect: aspect, verdict: verdict, sets: sets,
            rivals: rivals.map { search.names(deciding: aspect, as: $0) },
            evidence: modelled.tests + records.tests, contrary: modelled.contrary, recorded: records.recorded,
            isChanged: isChanged)
    }

    // MARK: The model

    private struct ModelEvidence {
        /// Names of sets that stand for ways to decide which do not fit.
        var refuted: Set<String> = []
        var tests: [String] = []
        var contrary: [String] = []
    }

    private func modelEvidence(_ aspect: Aspect, _ others: [RuleSet]) -> ModelEvidence {
        var evidence = ModelEvidence()
        guard search.explored.reach(aspect) else { return evidence }
        let tests = search.tests
        let own = search.judgements(of: best)
        let variants = others.map { search.judgements(of: best.taking(aspect, from: $0)) }
        let count = own.count(where: \.disagrees)
        for (set, variant) in zip(others, variants) where variant.count(where: \.disagrees) > count {
            evidence.refuted.insert(set.name)
        }
        var telling: [(test: ProbedTest, refutes: Int)] = []
        for (place, test) in tests.enumerated() {
            let there = variants.map { $0[place] }
            guard there.contains(where: { $0.allowed != own[place].allowed }) else { continue }
            if own[place].disagrees {
                evidence.contrary.append(test.name)
            } else if own[place].agrees == true, there.contains(where: \.disagrees) {
                telling.append((test, there.count(where: \.disagrees)))
            }
        }
        // The most telling first, and of those the simplest.
        evidence.tests = telling.sorted { a, b in
            let sizes = (a.test.test.test.statementCount, b.test.test.test.statementCount)
            return (-a.refutes, sizes.0, a.test.name) < (-b.refutes, sizes.1, b.test.name)
        }.map(\.test.name)
        return evidence
    }

    // MARK: Records

    private func recordEvidence(
        _ aspect: Aspect, _ source: RuleSet, _ others: [RuleSet]
    ) -> (refuted: Set<String>, tests: [String], recorded: (same: Int, of: Int)?) {
        let rows = recorded.rows(of: aspect)
        let names = search.names(deciding: aspect, as: source)
        guard let count = recorded.disagreements(of: names, in: aspect) else { return ([], [], nil) }
        let all = others.map { other -> (set: RuleSet, names: [String], count: Int?) in
            let names = search.names(deciding: aspect, as: other)
            return (other, names, recorded.disagreements(of: names, in: aspect))
        }
        let refuted = all.filter { ($0.count ?? 0) > count }
        let tests = rows.filter { row in
            names.contains { row.isSame[$0] == true }
                && refuted.contains { $0.names.contains { row.isSame[$0] == false } }
        }
        return (Set(refuted.map(\.set.name)), tests.map(\.test), (rows.count - count, rows.count))
    }
}
