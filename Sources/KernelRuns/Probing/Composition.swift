import Diagnostics
import RuleLanguage
import Rules

/// A rule set that takes some aspects from others.
struct Composition: Sendable {
    /// The set that everything else is taken from.
    let base: RuleSet
    /// Where an aspect is taken from; none is where it is as in the base.
    private(set) var donors: [Aspect: RuleSet] = [:]

    init(_ base: RuleSet) { self.base = base }

    /// The set that decides an aspect.
    func source(of aspect: Aspect) -> RuleSet { donors[aspect] ?? base }

    /// The same with one aspect taken from a set.
    func taking(_ aspect: Aspect, from set: RuleSet) -> Composition {
        var copy = self
        copy.donors[aspect] = set.behaves(as: base, in: aspect) ? nil : set
        return copy
    }

    /// The aspects that are not as in the base, in order.
    var changed: [Aspect] { Aspect.allCases.filter { donors[$0] != nil } }

    /// What distinguishes two compositions.
    var key: String {
        ([base.name] + changed.map { "\($0.rawValue) \(source(of: $0).name)" }).joined(separator: ", ")
    }

    /// What it changes in the base, aspect by aspect; at the end what these changes presuppose.
    func sections() -> [(aspect: Aspect?, section: RuleSetChanges.Section)] {
        var sections: [(aspect: Aspect?, section: RuleSetChanges.Section)] = changed.map { aspect in
            (aspect, section(of: aspect))
        }
        let presupposed = self.presupposed(by: sections.flatMap { $0.section.clauses.map(\.clause) })
        if !presupposed.isEmpty { sections.append((nil, presupposed)) }
        return sections
    }

    private func section(of aspect: Aspect) -> RuleSetChanges.Section {
        let (own, other) = (base.rules, source(of: aspect).rules)
        var section = RuleSetChanges.Section()
        section.mechanisms = aspect.mechanisms.filter { own[$0] != other[$0] }.map { ($0, other[$0]) }
        section.clauses = aspect.paths.compactMap { path in
            guard own.behaviour(of: path) != other.behaviour(of: path) else { return nil }
            return other.clauses[path].map { (path, $0) }
        }
        section.requests = aspect.interfaces.compactMap { interface in
            guard own.request(for: interface) != other.request(for: interface) else { return nil }
            return other.request(for: interface).map { (interface, $0) }
        }
        return section
    }

    /// Marks that the clauses ask for and that the base does not keep, as the donors keep them.
    private func presupposed(by clauses: [Clause]) -> RuleSetChanges.Section {
        var section = RuleSetChanges.Section()
        let facts = Set(clauses.flatMap(\.steps).flatMap { $0.condition?.facts ?? [] })
        for mechanism in Aspect.presupposed {
            let needs = facts.compactMap(\.need).filter { $0.mechanism == mechanism }
            guard let need = needs.first, !need.values.contains(base.rules[mechanism]) else { continue }
            let kept = changed.map { source(of: $0).rules[mechanism] }.first(where: need.values.contains)
            if let value = kept ?? need.values.first { section.mechanisms.append((mechanism, value)) }
        }
        return section
    }

    /// The text of the set under a name.
    func text(named name: String) -> String {
        var changes = RuleSetChanges(name: name, extending: base.name)
        changes.sections = sections().map(\.section)
        return changes.text
    }
}

extension RuleSet {
    /// Whether both decide an aspect alike.
    func behaves(as other: RuleSet, in aspect: Aspect) -> Bool {
        aspect.paths.allSatisfy { rules.behaviour(of: $0) == other.rules.behaviour(of: $0) }
            && aspect.mechanisms.allSatisfy { rules[$0] == other.rules[$0] }
            && aspect.interfaces.allSatisfy { rules.request(for: $0) == other.rules.request(for: $0) }
    }
}

extension RuleLibrary {
    /// Makes rule sets of compositions, in their order.
    func sets(of compositions: [Composition]) throws(RuleLibraryError) -> [RuleSet] {
        var names: [String] = []
        var sources: [SourceText] = []
        for (number, composition) in compositions.enumerated() {
            if composition.changed.isEmpty {
                names.append(composition.base.name)
                continue
            }
            names.append("composed-\(number)")
            sources.append(SourceText(name: "composed", text: composition.text(named: "composed-\(number)")))
        }
        let library = try adding(sources)
        let found = Dictionary(library.sets.map { ($0.name, $0) }) { first, _ in first }
        return names.compactMap { found[$0] }
    }
}
