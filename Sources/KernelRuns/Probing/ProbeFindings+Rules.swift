import RuleLanguage

extension ProbeFindings {
    /// The text of a rule set with what was found: it extends the nearest set and changes only what differs.
    ///
    /// - Parameters:
    ///   - name: the set's name; see ``RuleSetChanges/isName(_:)``.
    ///   - kernel: which kernel was probed, in words.
    ///   - date: the day, as `2026-11-21`.
    public func text(named name: String, kernel: String, date: String) -> String {
        var changes = RuleSetChanges(name: name, extending: nearest.name)
        changes.description =
            followsNearest
            ? "What \(kernel) did in the tests: the same as \(nearest.name)."
            : "What \(kernel) did in the tests: as \(nearest.name), but for what stands here."
        changes.comments = ["Found by probing \(kernel) on \(date)."] + scope
        changes.sections = composition.sections().map { aspect, section in
            var section = section
            section.comments = aspect.map(comments) ?? ["Presupposed by the clauses above."]
            return section
        }
        return changes.text
    }

    /// How far what was found goes.
    private var scope: [String] {
        var lines = [
            "\(tests) tests were held against the model, \(recordedTests) against what other kernels answered."
        ]
        let open = aspects.filter { $0.verdict == .open || $0.verdict == .kept }.map(\.aspect.name)
        if !open.isEmpty {
            lines.append("No test that ran there tells all of: \(open.joined(separator: ", ")).")
        }
        if !unexplained.isEmpty {
            lines.append("These rules do not allow what it did in: \(unexplained.joined(separator: ", ")).")
        }
        return lines
    }

    private func comments(of aspect: Aspect) -> [String] {
        guard let finding = aspects.first(where: { $0.aspect == aspect }) else { return [] }
        var lines = ["\(aspect.name): as \(finding.sets.joined(separator: ", "))."]
        if !finding.evidence.isEmpty {
            lines.append("Seen in: " + finding.evidence.prefix(4).joined(separator: ", ") + ".")
        }
        if !finding.rivals.isEmpty {
            lines.append("It may as well be as: " + finding.rivals.joined().joined(separator: ", ") + ".")
        }
        return lines
    }
}
