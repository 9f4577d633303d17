import Exploration
import VirtualMemory

/// Says which translation an access used where the TLB left a choice.
struct TranslationNote {
    let execution: ToldExecution
    /// The section, from 0.
    let index: Int

    /// The words; nil where there was no choice.
    var text: String? {
        let step = execution.replay.steps[index]
        guard step.choices > 1, let page = accessedPage(step) else { return nil }
        let name = execution.names.test.name(ofPage: page)
        guard let held = execution.usedTranslation(at: index) else {
            return "the TLB no longer holds an old translation of \(name): the CPU walks"
        }
        return "the TLB still holds \(name) → \(execution.states[index].text(held)), and the access uses it"
    }

    private func accessedPage(_ step: Replay.Step) -> Int? {
        switch execution.names.operation(of: step) {
        case .store(let page, _, _), .load(let page, _, _): Int(page)
        default: nil
        }
    }
}
