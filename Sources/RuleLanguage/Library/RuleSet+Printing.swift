import Rules

extension RuleSet {
    /// The whole set in one fixed form, with what it extends written out and, behind `#`, where each part comes from.
    /// Reading it gives a set that behaves alike.
    public var effectiveText: String {
        var printer = RulePrinter()
        printer.line("rules \(name)")
        printer.source(syntax)
        if !bases.isEmpty { printer.line("# extends " + bases.joined(separator: ", which extends ")) }
        printer.line("# behaviour \(hash)")
        printer.blank()
        printMechanisms(&printer)
        printer.blank()
        printClauses(&printer)
        printInterfaces(&printer)
        return printer.text
    }

    private func printMechanisms(_ printer: inout RulePrinter) {
        let width = Mechanism.allCases.map(\.name.count).max() ?? 0
        for mechanism in Mechanism.allCases {
            let origin = mechanismOrigins[mechanism]?.set ?? "nothing said"
            printer.mechanism(mechanism, rules[mechanism], width: width, comment: comment(origin))
        }
    }

    /// Neighbours that one operation, one text and one clause have in common share a head.
    private func printClauses(_ printer: inout RulePrinter) {
        var rest = Path.allCases.filter { rules.clauses[$0] != nil }[...]
        while let first = rest.first, let clause = rules.clauses[first] {
            let group = rest.prefix {
                $0.operation == first.operation && rules.clauses[$0] == clause
                    && clauseOrigins[$0]?.set == clauseOrigins[first]?.set
            }
            let origin = clauseOrigins[first]?.set ?? name
            printer.clause(heads: Path.heads(of: Array(group)), clause, comment: comment(origin))
            printer.blank()
            rest = rest.dropFirst(group.count)
        }
    }

    private func printInterfaces(_ printer: inout RulePrinter) {
        let width = Interface.allCases.map(\.name.count).max() ?? 0
        for interface in Interface.allCases {
            guard let request = rules.request(for: interface) else { continue }
            let origin = interfaceOrigins[interface]?.set ?? name
            printer.interface(interface, request, width: width, comment: comment(origin))
        }
    }

    private func comment(_ origin: String) -> String? { origin == name ? nil : origin }
}
