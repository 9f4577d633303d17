import Exploration
import VirtualMemory

/// Says which translation an access used where the TLB left a choice.
struct TranslationNote {
    let names: TestNames
    let states: [NamedState]
    let index: Int
    let step: Replay.Step

    /// The words; nil where there was no choice.
    var text: String? {
        guard step.choices > 1, let page = accessedPage else { return nil }
        let name = names.test.name(ofPage: page)
        guard step.choice > 0 else {
            return "the TLB no longer holds its old translation of \(name): it walks"
        }
        let held = states[index + 1].snapshot.threads[step.thread].oldTranslations[page].first
        return "the TLB still holds \(name) → \(states[index].text(held)), and the access uses it"
    }

    private var accessedPage: Int? {
        switch names.operation(of: step) {
        case .store(let page, _, _), .load(let page, _, _): Int(page)
        default: nil
        }
    }
}
