import Exploration
import TestLanguage
import VirtualMemory

/// Tells two states apart in words.
struct ChangeFinder {
    let names: TestNames
    let before: NamedState
    let after: NamedState
    /// The thread that ran in between.
    let thread: Int

    /// Everything that is different, in the order in which it is told.
    func changes() -> [Change] {
        lives() + entries() + mappings() + frames() + cachedPages() + references() + registers() + marks()
            + translations()
            + locks()
    }

    var processes: Range<Int> { 0..<after.snapshot.spaces.count }
    var pages: Range<Int> { 0..<names.test.program.geometry.pages }

    // MARK: Processes and threads

    private func lives() -> [Change] {
        var changes: [Change] = []
        for process in processes {
            let old = before.snapshot.spaces[process].facts
            let new = after.snapshot.spaces[process].facts
            let name = names.process(process)
            if new.isExiting, !old.isExiting {
                changes.append(Change(.life, name, new.isKilled ? killed(process) : "is about to exit"))
            }
            guard new.life != old.life else { continue }
            switch new.life {
            case .absent: break
            case .forming: changes.append(Change(.bookkeeping, name, "its memory is being made"))
            case .live: changes.append(Change(.life, name, "runs from now on"))
            case .failed: changes.append(Change(.life, name, "never comes to life: memory ran out"))
            case .dead: changes.append(Change(.life, name, "is over"))
            }
        }
        for thread in names.test.test.actors.indices {
            let isAsleep = after.snapshot.threads[thread].awaitsUserfault
            guard isAsleep != before.snapshot.threads[thread].awaitsUserfault else { continue }
            let text = isAsleep ? "sleeps until its userfaultfd is answered" : "is woken"
            changes.append(Change(.life, names.actor(thread), text))
        }
        for thread in names.test.test.actors.indices where names.test.test.actors[thread].kind == .thread {
            let old = before.snapshot.threads[thread].place
            let new = after.snapshot.threads[thread].place
            if old == .notStarted, new != .notStarted {
                changes.append(Change(.life, names.actor(thread), "runs from now on"))
            } else if new == .gone, old != .gone {
                changes.append(Change(.life, names.actor(thread), "ends with its process"))
            }
        }
        return changes
    }

    /// Why a process is killed: by another one, or because its own access cannot be served.
    private func killed(_ process: Int) -> String {
        guard names.test.processes[thread] == process,
            case .running(let statement) = before.snapshot.threads[thread].place
        else { return "is killed (SIGKILL)" }
        let operations = names.test.program.threads[thread].operations
        guard statement < operations.count else { return "is killed" }
        let mapping: MachineSnapshot.Mapping?
        let isAllowed: Bool
        switch operations[statement] {
        case .store(let page, _, _):
            mapping = before.snapshot.spaces[process].pages[Int(page)].mapping
            isAllowed = mapping?.isWritable ?? false
        case .load(let page, _, _):
            mapping = before.snapshot.spaces[process].pages[Int(page)].mapping
            isAllowed = mapping?.isReadable ?? false
        default: return "is killed (SIGKILL)"
        }
        if isAllowed {
            return isBehindTheEnd(operations[statement])
                ? "is killed (SIGBUS): the file has no such page"
                : "is killed: there is no memory to handle the fault"
        }
        return mapping == nil
            ? "is killed (SIGSEGV): nothing is mapped there"
            : "is killed (SIGSEGV): the mapping does not allow the access"
    }

    private func isBehindTheEnd(_ operation: VirtualMemory.Operation) -> Bool {
        switch operation {
        case .store(let page, _, _), .load(let page, _, _):
            names.test.program.geometry.backings[Int(page)].isBehindTheEnd
        default: false
        }
    }

    // MARK: Registers

    private func registers() -> [Change] {
        names.test.test.registers.compactMap { register in
            let old = before.snapshot.registers[register.index]
            let new = after.snapshot.registers[register.index]
            guard old != new, let text = names.value(ofRegister: register.index, after) else { return nil }
            // A frame that is freed loses its number; the register still means the same.
            if case .frame = old, case .retiredFrame = new { return nil }
            // That a reference was taken is told of the reference.
            if register.kind == .reference, new == .number(0) { return nil }
            return Change(.register, names.test.test.title(of: register), "= \(text)")
        }
    }

    // MARK: Marks

    private func marks() -> [Change] {
        processes.flatMap { process -> [Change] in
            let old = before.snapshot.spaces[process].facts
            let new = after.snapshot.spaces[process].facts
            let name = names.process(process)
            guard new.life != .dead else { return [] }
            var changes: [Change] = []
            if old.hasPinned != new.hasPinned {
                changes.append(Change(.mark, name, "mm->has_pinned \(old.hasPinned) → \(new.hasPinned)"))
            }
            if old.charged != new.charged {
                changes.append(
                    Change(.mark, name, "pages charged to its cgroup \(old.charged) → \(new.charged)"))
            }
            return changes
        }
    }
}

extension TestNames {
    /// What a register holds; nil where nothing was written.
    func value(ofRegister index: Int, _ state: NamedState) -> String? {
        switch state.snapshot.registers[index] {
        case .unwritten: nil
        case .number(let value): number(value)
        case .zeroPage: "the zero page"
        case .frame, .retiredFrame: state.registerFrames[index].map { "f\($0)" } ?? "a frame"
        }
    }
}
