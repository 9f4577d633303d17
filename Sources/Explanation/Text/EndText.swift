import Exploration
import TestLanguage
import VirtualMemory

/// Tells how an execution ended: registers, contents, what is blocked, and what the condition says.
struct EndText {
    let replay: Replay
    let names: TestNames
    let state: NamedState

    private var test: ResolvedTest { replay.test.test }

    /// Registers that were written, in the order of the text.
    var registers: [(subject: String, text: String)] {
        test.registers.compactMap { register in
            // That a reference was taken is told of the reference.
            if register.kind == .reference, state.snapshot.registers[register.index] == .number(0) {
                return nil
            }
            return names.value(ofRegister: register.index, state).map { (test.title(of: register), $0) }
        }
    }

    /// Words as a load would find them, of all processes that live.
    var contents: [(subject: String, text: String)] {
        var rows: [(String, String)] = []
        for process in state.snapshot.spaces.indices {
            let space = state.snapshot.spaces[process]
            guard space.facts.life == .live else { continue }
            for page in space.pages.indices {
                guard let mapping = space.pages[page].mapping, mapping.isReadable else { continue }
                let frame = space.pages[page].entry?.frame
                let backing = names.test.program.geometry.backings[page]
                if backing.isBehindTheEnd { continue }
                for word in 0..<names.test.program.geometry.words {
                    let absent = backing.slot.map { state.snapshot.cache[$0].words[word] } ?? 0
                    let value = frame.map { state.snapshot.frames[$0].words[word] } ?? absent
                    rows.append((names.word(process, page, word), "\(value)"))
                }
            }
        }
        return rows + files
    }

    /// Words of files and memfds.
    private var files: [(subject: String, text: String)] {
        test.files.flatMap { file in
            (0..<file.pages).flatMap { page in
                let slot = replay.test.firstSlots[file.index] + page
                return state.snapshot.cache[slot].words.enumerated().map { word, value in
                    ("file \(names.slot(slot))\(word > 0 ? ".\(word)" : "")", "\(value)")
                }
            }
        }
    }

    /// What the condition asks beside registers and contents: facts about pages, and how many copies were made.
    var facts: [(subject: String, text: String)] {
        guard let outcome = replay.end.outcome else { return [] }
        let columns = OutcomeColumns(replay.test)
        return columns.columns.indices.compactMap { index in
            switch columns.columns[index] {
            case .fact: (columns.titles[index], outcome.values[index] == .number(1) ? "true" : "false")
            case .copies: (columns.titles[index], outcome.values[index].text)
            case .register, .actor, .content, .file, .frame: nil
            }
        }
    }

    /// What became of those that did not reach the end of their block.
    var actors: [(subject: String, text: String)] {
        test.actors.compactMap { actor in
            let process = replay.test.processes[actor.index]
            let facts = state.snapshot.spaces[process].facts
            switch replay.end.threads[actor.index] {
            case .blocked(.program, _):
                return (actor.name.text, "is blocked in '\(statement(of: actor.index))'")
            case .blocked(.kernelLock, let site):
                return (actor.name.text, "is stuck in '\(statement(of: actor.index))', in \(site.function)")
            case .canGoOn, .idle: break
            }
            guard actor.kind != .thread else { return nil }
            switch facts.life {
            case .failed: return (actor.name.text, "was never forked: memory ran out")
            case .absent where actor.kind == .fork: return (actor.name.text, "was never forked")
            case .dead: return (actor.name.text, facts.isKilled ? "was killed" : "has exited")
            default: return nil
            }
        }
    }

    private func statement(of thread: Int) -> String {
        guard case .running(let operation) = state.snapshot.threads[thread].place,
            operation < replay.test.statements[thread].count
        else { return "exit" }
        return names.statement(thread, operation)
    }

    /// What was broken at the very end: counts, or threads that are stuck.
    var broken: [ExplainedStep.Broken] {
        replay.end.violations.members.map { violation in
            let stuck = replay.end.threads.indices.filter {
                if case .blocked(.kernelLock, _) = replay.end.threads[$0] { true } else { false }
            }
            let reason =
                stuck.isEmpty
                ? "a frame's counts are not the sum of what is left"
                : "\(listed(stuck.map(names.actor))) \(stuck.count == 1 ? "waits" : "wait") for ever "
                    + "for a lock inside the kernel"
            return .init(violation: violation, reason: reason)
        }
    }

    /// The condition and what this execution says to it; nil where the test has none.
    var condition: (text: String, isBad: Bool)? {
        guard let condition = test.test.condition else { return nil }
        guard let satisfies = replay.end.satisfies else {
            return ("'\(condition)' is not decided: the execution is not at its end", false)
        }
        let formula = "\(condition.formula)"
        let truth = "\(formula.count > 40 ? "what it asks" : formula) is \(satisfies) here"
        return switch (condition.quantifier, satisfies) {
        case (.never, true), (.always, false): ("'\(condition)' fails: \(truth)", true)
        case (.exists, true): ("'\(condition)' holds: \(truth)", false)
        case (.never, false), (.always, true): ("'\(condition)' is kept in this execution: \(truth)", false)
        case (.exists, false): ("'\(condition)' is not met by this execution: \(truth)", false)
        }
    }
}
