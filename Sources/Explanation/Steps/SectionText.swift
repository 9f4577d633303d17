import Exploration
import VirtualMemory

/// Says what a section did: the kernel's function, and of what it may do there, what it did this time.
struct SectionText {
    let names: TestNames
    let rules: RuleText
    /// The states before the first section and behind each.
    let states: [NamedState]
    /// The section, from 0.
    let index: Int
    /// Whether to say that the page-table lock is taken for just the section.
    let namesLocks: Bool

    /// `do_wp_page: decides with the page locked, and drops both locks`
    func text(_ step: Replay.Step) -> String {
        guard let site = step.site else { return "reaches the end of its block" }
        var act = precise(site, step) ?? site.act
        if namesLocks, site.isUnderPageTableLock, !act.contains("page-table lock") {
            act += ", under the page-table lock"
        }
        return "\(site.function): \(act)"
    }

    private var before: MachineSnapshot { states[index].snapshot }
    private var after: MachineSnapshot { states[index + 1].snapshot }

    /// What happened where the section may do one thing or another; nil where its own words say it.
    private func precise(_ site: SectionSite, _ step: Replay.Step) -> String? {
        let isDone = before.threads[step.thread].place != after.threads[step.thread].place
        switch site.function {
        case "store": return isDone ? "stores" : "finds no entry that it may store through: a page fault"
        case "load": return isDone ? "loads" : "finds no entry that it may load through: a page fault"
        case "copy_present_pte" where step.decisions.isEmpty && before.spaces == after.spaces:
            return needsTable(step) ? "finds that the child needs a page table first" : nil
        case "copy_present_pte":
            switch step.decisions.last.flatMap({ rules.choice($0) }) {
            case .share? where before.frames != after.frames: return "shares the page"
            case .copy? where before.frames == after.frames && before.spaces == after.spaces:
                return "finds that the child needs a page of its own first"
            default: return nil
            }
        case "follow_page_pte":
            return before.references == after.references
                ? "looks at the entry: a fault must come first, or the call fails" : "takes the reference"
        default: return nil
        }
    }

    /// Whether a child that is being made has no page table for an entry that its parent has.
    private func needsTable(_ step: Replay.Step) -> Bool {
        let process = names.test.processes[step.thread]
        let perTable = names.test.program.geometry.entriesPerTable
        return after.spaces.contains { child in
            child.facts.life == .forming
                && child.pages.indices.contains { page in
                    after.spaces[process].pages[page].entry != nil && child.pages[page].mapping != nil
                        && !child.tables[page / perTable].isPresent
                }
        }
    }
}
