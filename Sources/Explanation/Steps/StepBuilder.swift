import Exploration
import RuleLanguage
import VirtualMemory

/// Makes the numbered steps of an explanation out of the sections of an execution.
struct StepBuilder {
    let execution: ToldExecution
    let rules: RuleText
    let level: Level

    init(_ execution: ToldExecution, _ ruleSet: RuleSet, level: Level) {
        self.execution = execution
        rules = RuleText(ruleSet: ruleSet)
        self.level = level
    }

    var replay: Replay { execution.replay }
    var names: TestNames { execution.names }
    var states: [NamedState] { execution.states }

    /// The steps, in order.
    func steps() -> [ExplainedStep] {
        let groups = level == .syscalls ? statementGroups() : level == .pages ? pageGroups() : allSections()
        var steps = groups.map(step)
        markParts(&steps)
        return steps
    }

    // MARK: Which sections are told together

    private func allSections() -> [ClosedRange<Int>] { replay.steps.indices.map { $0...$0 } }

    /// Sections that changed something, neighbours of one kind together; and of a statement that changed nothing the last.
    private func pageGroups() -> [ClosedRange<Int>] {
        let hasShown = statementsWithVisibleSections()
        var groups: [ClosedRange<Int>] = []
        for index in replay.steps.indices {
            let key = StatementKey(self, index)
            guard isVisible(index) || (!hasShown.contains(key) && isOnlyWitness(index)) else { continue }
            if let last = groups.last, last.upperBound == index - 1, isRepetition(index) {
                groups[groups.count - 1] = last.lowerBound...index
            } else {
                groups.append(index...index)
            }
        }
        return groups
    }

    /// Runs of sections of one statement; parts of a statement that changed nothing are left out.
    private func statementGroups() -> [ClosedRange<Int>] {
        var runs: [ClosedRange<Int>] = []
        for index in replay.steps.indices {
            if let last = runs.last, StatementKey(self, last.lowerBound) == StatementKey(self, index) {
                runs[runs.count - 1] = last.lowerBound...index
            } else {
                runs.append(index...index)
            }
        }
        let hasShown = statementsWithVisibleSections()
        let shown = runs.filter { run in
            run.contains(where: isVisible)
                || (!hasShown.contains(StatementKey(self, run.lowerBound))
                    && isOnlyWitness(run.upperBound))
        }
        // What was left out in between may have parted what now stands side by side.
        return shown.reduce(into: []) { groups, run in
            if let last = groups.last,
                StatementKey(self, last.lowerBound) == StatementKey(self, run.lowerBound),
                !(last.upperBound..<run.lowerBound).dropFirst().contains(where: isVisible)
            {
                groups[groups.count - 1] = last.lowerBound...run.upperBound
            } else {
                groups.append(run)
            }
        }
    }

    /// A statement of a thread, or its exit.
    private struct StatementKey: Hashable {
        let thread: Int
        let start: Int?

        init(_ builder: StepBuilder, _ index: Int) {
            let step = builder.replay.steps[index]
            thread = step.thread
            start = builder.start(of: step)
        }
    }

    /// Where a section's statement begins in the text; nil for an exit, and for what the kernel does by itself.
    private func start(of step: Replay.Step) -> Int? {
        guard let operation = step.operation, step.thread < replay.test.statements.count else { return nil }
        let statements = replay.test.statements[step.thread]
        return operation < statements.count ? statements[operation].span.start : nil
    }

    private func statementsWithVisibleSections() -> Set<StatementKey> {
        Set(replay.steps.indices.filter(isVisible).map { StatementKey(self, $0) })
    }

    /// Whether a section stands for its statement, of which nothing else is told: it is the last of it.
    private func isOnlyWitness(_ index: Int) -> Bool {
        guard replay.steps[index].site != nil else { return false }
        let key = StatementKey(self, index)
        return !replay.steps.indices.dropFirst(index + 1).contains { StatementKey(self, $0) == key }
    }

    /// Whether a section does what its predecessor did: the next word, the next page.
    private func isRepetition(_ index: Int) -> Bool {
        StatementKey(self, index) == StatementKey(self, index - 1)
            && replay.steps[index].site == replay.steps[index - 1].site && replay.steps[index].site != nil
            && replay.steps[index].decisions.isEmpty
    }

    /// Whether a section changed something that the level tells, decided something, or broke something.
    private func isVisible(_ index: Int) -> Bool {
        let step = replay.steps[index]
        if !step.violations.isEmpty || step.choice > 0 { return true }
        if changes(index...index).contains(where: { $0.isTold(at: level) }) { return true }
        return level == .pages && !step.decisions.isEmpty && !isDecidedAgain(index)
    }

    /// Whether the same thing is decided again before the statement ends: after an allocation, say.
    private func isDecidedAgain(_ index: Int) -> Bool {
        let key = StatementKey(self, index)
        let paths = replay.steps[index].decisions.map(\.path)
        return replay.steps[(index + 1)...].contains { later in
            later.thread == key.thread && start(of: later) == key.start
                && later.decisions.map(\.path) == paths
                && later.decisions.map(\.walk.step)
                    == replay.steps[index].decisions.map(\.walk.step)
        }
    }

    // MARK: What is told of them

    private func changes(_ sections: ClosedRange<Int>) -> [Change] {
        ChangeFinder(
            names: names, before: states[sections.lowerBound], after: states[sections.upperBound + 1],
            thread: replay.steps[sections.lowerBound].thread
        ).changes()
    }

    private func step(_ sections: ClosedRange<Int>) -> ExplainedStep {
        let first = replay.steps[sections.lowerBound]
        var step = ExplainedStep(
            sections: sections, thread: first.thread, statement: statement(first), doing: doing(sections))
        step.changes = changes(sections).filter { $0.isTold(at: level) }
        if level == .syscalls {
            step.rules = summary(sections).decisions
        } else {
            for decision in own(sections).flatMap(\.decisions) {
                let text = rules.text(decision) + (isSatisfied(decision, sections) ? ", done already" : "")
                if !step.rules.contains(text) { step.rules.append(text) }
            }
        }
        for index in sections { addNotes(index, to: &step) }
        if level == .locks { step.held = held(at: sections.upperBound) }
        return step
    }

    /// Whether what the rules want first need not be done any more: the reference is taken at once.
    private func isSatisfied(_ decision: DecisionTrace, _ sections: ClosedRange<Int>) -> Bool {
        rules.choice(decision) == nil
            && states[sections.lowerBound].snapshot.references
                != states[sections.upperBound + 1].snapshot.references
    }

    /// The sections of the statement that a group is about; others that changed nothing may stand among them.
    private func own(_ sections: ClosedRange<Int>) -> [Replay.Step] {
        let key = StatementKey(self, sections.lowerBound)
        return sections.filter { StatementKey(self, $0) == key }.map { replay.steps[$0] }
    }

    private func statement(_ step: Replay.Step) -> String {
        let operations = replay.test.program.threads[step.thread].operations
        if let operation = step.operation, operation < operations.count {
            return names.statement(step.thread, operation)
        }
        let process = replay.test.processes[step.thread]
        if step.operation != nil { return "(end of block)" }
        return states[states.count - 1].snapshot.spaces[process].facts.isKilled ? "(killed)" : "exit"
    }

    private func doing(_ sections: ClosedRange<Int>) -> String {
        if level == .syscalls { return summary(sections).text }
        return SectionText(
            names: names, rules: rules, states: states, index: sections.lowerBound,
            namesLocks: level == .locks
        ).text(
            replay.steps[sections.lowerBound])
    }

    private func summary(_ sections: ClosedRange<Int>) -> StatementSummary {
        StatementSummary(
            steps: own(sections), rules: rules, hasOnePage: names.test.program.geometry.pages == 1)
    }

    private func addNotes(_ index: Int, to step: inout ExplainedStep) {
        if let note = TranslationNote(execution: execution, index: index).text { step.notes.append(note) }
        for violation in replay.steps[index].violations.members {
            let reason = ViolationReason(execution: execution, index: index, violation: violation)
            step.broken.append(.init(violation: violation, reason: reason.text))
        }
    }

    /// The locks that the thread of a section holds behind it, and the one that it took for just that section.
    private func held(at index: Int) -> [String] {
        let thread = replay.steps[index].thread
        var held: [String] = []
        for earlier in 0...index where replay.steps[earlier].thread == thread {
            for change in changes(earlier...earlier) {
                switch change.lock {
                case .taken(let lock): held.append(lock)
                case .dropped(let lock):
                    if let last = held.lastIndex(of: lock) { held.remove(at: last) }
                case nil: break
                }
            }
        }
        return held
    }

    // MARK: Parts of a statement

    /// Marks statements that others ran in the middle of.
    private func markParts(_ steps: inout [ExplainedStep]) {
        for index in steps.indices {
            let key = StatementKey(self, steps[index].sections.lowerBound)
            let isOther = { (other: ExplainedStep) in StatementKey(self, other.sections.lowerBound) != key }
            let earlier = steps[..<index].lastIndex { !isOther($0) }
            steps[index].isResumed = earlier.map { steps[($0 + 1)..<index].contains(where: isOther) } ?? false
            let later = steps[(index + 1)...].firstIndex { !isOther($0) }
            steps[index].isUnfinished =
                later.map { steps[(index + 1)..<$0].contains(where: isOther) } ?? false
        }
    }
}
