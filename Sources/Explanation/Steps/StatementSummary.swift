import Exploration
import Rules
import VirtualMemory

/// What a statement came to as a whole, in a few words, from what the rules decided and what was called on the way.
struct StatementSummary {
    /// The sections that are told together.
    let steps: [Replay.Step]
    let rules: RuleText
    /// Whether the test has but one page, which then needs no telling from others.
    let hasOnePage: Bool

    /// The words; empty where the changes say all.
    var text: String {
        var parts: [String] = []
        for step in steps {
            for words in words(of: step) where !parts.contains(words) { parts.append(words) }
        }
        return parts.joined(separator: "; ")
    }

    /// The decisions that shaped the outcome: whether a page was copied, kept or shared.
    var decisions: [String] {
        var texts: [String] = []
        for decision in steps.flatMap(\.decisions) where rules.choice(decision).map(isTold) ?? false {
            let text = rules.text(decision)
            if !texts.contains(text) { texts.append(text) }
        }
        return texts
    }

    private func isTold(_ choice: Choice) -> Bool {
        switch choice {
        case .copy, .reuse, .share, .upgrade, .keep: true
        default: false
        }
    }

    private func words(of step: Replay.Step) -> [String] {
        if let site = step.site {
            switch site.function {
            case "do_anonymous_page": return ["page fault: a new page of zeros"]
            case "await", "wait4", "pthread_join": return [site.act]
            default: break
            }
        }
        return step.decisions.compactMap { decision in
            rules.choice(decision).flatMap { words(decision.path, $0) }
        }
    }

    private func words(_ path: Path, _ choice: Choice) -> String? {
        switch (path, choice) {
        case (.writeFaultAnonymous, .copy), (.writeFaultZero, .copy), (.writeFaultKSM, .copy):
            "write fault: the page is copied"
        case (.writeFaultAnonymous, .reuse), (.writeFaultKSM, .reuse): "write fault: the page is kept"
        case (.unshareAnonymous, .copy), (.unshareZero, .copy), (.unshareKSM, .copy):
            "unshared first: the page is copied"
        case (.swapIn, _): "the page comes back from swap"
        case (.reclaimAdd, .keep), (.reclaimUnmap, .keep), (.reclaimWrite, .keep): "the page stays"
        case (.reclaimUnmap, .unmap): "the page is unmapped for swap"
        case (.lazyFree, .discard): "the page is thrown away"
        case (.migrateUnmap, .keep), (.migrateMove, .keep): "the page does not move"
        case (.migrateMove, .move): "the page moves"
        case (.ksmMerge, .skip): "the page is not merged"
        case (.numaHint, .protect): "the entry is hidden until the next access"
        case (.numaHint, .skip): "the page is left alone"
        case (.unshareAnonymous, .reuse): "unshared first: the page is kept"
        case (.forkAnonymous, .share): hasOnePage ? "the page is shared" : "a page is shared"
        case (.forkAnonymous, .copy): hasOnePage ? "the page is copied at once" : "a page is copied at once"
        default: nil
        }
    }
}
