import Diagnostics

/// Reads texts and joins each with what it extends, whatever their order.
struct RuleSetJoiner {
    /// Chains of sets that extend one another may be this long.
    static let longestChain = 64

    private let known: [RuleSet]
    private var texts: [Text] = []
    private var failed: Set<String> = []
    private(set) var errors: [DiagnosticsError] = []

    private struct Text {
        let syntax: RuleSetSyntax
        let source: SourceText
        let warnings: [Diagnostic]
    }

    init(known: [RuleSet]) {
        self.known = known
    }

    /// Reads a text; what is wrong with it is kept.
    mutating func read(_ source: SourceText) {
        var warnings: [Diagnostic] = []
        do throws(DiagnosticsError) {
            let syntax = try RuleSetSyntax(parsing: source, warnings: &warnings)
            if let other = fileName(ofSetNamed: syntax.name.value) {
                report(
                    "'\(other)' has a rule set of the name '\(syntax.name.value)' already",
                    at: syntax.name.span,
                    in: source, help: "give it another name; it may extend '\(syntax.name.value)'")
            } else {
                texts.append(Text(syntax: syntax, source: source, warnings: warnings))
            }
        } catch {
            errors.append(error)
        }
    }

    private func fileName(ofSetNamed name: String) -> String? {
        texts.first { $0.syntax.name.value == name }?.source.name
            ?? known.first { $0.name == name }?.source.name
    }

    /// Joins what was read.
    mutating func join() -> [RuleSet] {
        var joined: [String: RuleSet] = [:]
        for set in known { joined[set.name] = set }
        for text in texts { join(text.syntax.name.value, into: &joined) }
        return texts.compactMap { joined[$0.syntax.name.value] }
    }

    private mutating func join(_ name: String, into joined: inout [String: RuleSet]) {
        let chain = unjoined(from: name, joined)
        for text in chain.reversed() {
            guard let base = text.syntax.base?.value else {
                joined[text.syntax.name.value] = RuleSet(
                    text.syntax, source: text.source, base: nil, warnings: text.warnings)
                continue
            }
            guard let found = joined[base] else { return }
            joined[text.syntax.name.value] = RuleSet(
                text.syntax, source: text.source, base: found, warnings: text.warnings)
        }
    }

    /// The texts from a name on along `extends`, up to one that is joined, or that extends nothing, or that is wrong.
    private mutating func unjoined(from name: String, _ joined: [String: RuleSet]) -> [Text] {
        var chain: [Text] = []
        var next: String? = name
        while let current = next, joined[current] == nil {
            guard let text = texts.first(where: { $0.syntax.name.value == current }) else {
                if let last = chain.last { reportUnknownBase(of: last) }
                break
            }
            chain.append(text)
            next = text.syntax.base?.value
            guard chain.count <= RuleSetJoiner.longestChain,
                !chain.contains(where: { $0.syntax.name.value == next })
            else {
                reportCycle(chain, next)
                break
            }
        }
        return chain
    }

    private mutating func reportUnknownBase(of text: Text) {
        guard let base = text.syntax.base, failed.insert(text.syntax.name.value).inserted else { return }
        let names = known.map(\.name) + texts.map(\.syntax.name.value)
        report(
            "no rule set '\(base.value)' to extend", at: base.span, in: text.source,
            help: nearestName(to: base.value, among: names).map { "did you mean '\($0)'?" })
    }

    /// Reports at the text that closes the cycle, once for each cycle.
    private mutating func reportCycle(_ chain: [Text], _ next: String?) {
        guard let text = chain.last, let base = text.syntax.base else { return }
        let names = chain.map(\.syntax.name.value).drop { $0 != next }
        guard !names.isEmpty else {
            guard failed.insert(text.syntax.name.value).inserted else { return }
            let message = "more than \(RuleSetJoiner.longestChain) rule sets extend one another"
            return report(message, at: base.span, in: text.source, help: nil)
        }
        guard failed.isDisjoint(with: names) else { return }
        failed.formUnion(names)
        let message =
            names.count == 1
            ? "'\(base.value)' extends itself"
            : "'\(base.value)' extends itself: " + (names + [base.value]).joined(separator: " extends ")
        report(message, at: base.span, in: text.source, help: nil)
    }

    private mutating func report(_ message: String, at span: Span, in source: SourceText, help: String?) {
        let diagnostic = Diagnostic(message, at: span, help: help)
        errors.append(DiagnosticsError(source: source, diagnostics: [diagnostic]))
    }
}
