import VirtualMemory

extension ChangeFinder {
    // MARK: TLBs

    func translations() -> [Change] {
        after.snapshot.threads.indices.flatMap { other in
            pages.compactMap { page -> Change? in
                let old = before.snapshot.threads[other].oldTranslations[page]
                let new = after.snapshot.threads[other].oldTranslations[page]
                guard old != new, let text = describe(old, new) else { return nil }
                let subject = "TLB of \(names.actor(other)), \(names.test.name(ofPage: page))"
                return Change(other == thread ? .ownTLB : .foreignTLB, subject, text)
            }
        }
    }

    private func describe(
        _ old: [MachineSnapshot.Entry], _ new: [MachineSnapshot.Entry]
    ) -> String? {
        let added = new.filter { !old.contains($0) }
        if !added.isEmpty {
            return "may still hold \(listed(added.map { after.text($0) })), until it is flushed"
        }
        let gone = old.filter { !new.contains($0) }
        return gone.isEmpty ? nil : "no longer holds \(listed(gone.map { before.text($0) }))"
    }

    // MARK: Locks and sequence counts

    func locks() -> [Change] {
        processes.flatMap { process in
            mmapLock(process) + sequence(process) + tables(process) + vmaLocks(process)
        } + pageLocks()
    }

    private func mmapLock(_ process: Int) -> [Change] {
        let old = before.snapshot.spaces[process].facts
        let new = after.snapshot.spaces[process].facts
        guard new.life != .forming || old.life == .forming else { return [] }
        return lock(
            "mmap_lock of \(names.process(process))",
            .init(readers: old.readers, isWriteLocked: old.isWriteLocked),
            .init(readers: new.readers, isWriteLocked: new.isWriteLocked))
    }

    private func vmaLocks(_ process: Int) -> [Change] {
        let old = before.snapshot.spaces[process].vmaLocks
        let new = after.snapshot.spaces[process].vmaLocks
        return new.indices.flatMap { index in
            let page = names.test.program.geometry.mappingOfPage.firstIndex(of: index) ?? 0
            return lock("VMA lock of \(names.page(process, page))", old[index], new[index])
        }
    }

    /// What became of a lock for many readers or one writer.
    private func lock(
        _ name: String, _ old: MachineSnapshot.Lock, _ new: MachineSnapshot.Lock
    ) -> [Change] {
        var changes: [Change] = []
        let write = "\(name) for writing"
        let read = "\(name) for reading"
        if new.isWriteLocked, !old.isWriteLocked {
            changes.append(Change(.lock, name, "taken for writing", lock: .taken(write)))
        }
        if old.isWriteLocked, !new.isWriteLocked {
            changes.append(Change(.lock, name, "dropped", lock: .dropped(write)))
        }
        if new.readers > old.readers {
            let others = old.readers > 0 ? ", as \(old.readers) other\(old.readers > 1 ? "s" : "") did" : ""
            changes.append(Change(.lock, name, "taken for reading\(others)", lock: .taken(read)))
        }
        if new.readers < old.readers {
            changes.append(Change(.lock, name, "dropped", lock: .dropped(read)))
        }
        return changes
    }

    private func sequence(_ process: Int) -> [Change] {
        let old = before.snapshot.spaces[process].facts.writeProtectSequence
        let new = after.snapshot.spaces[process].facts.writeProtectSequence
        guard old != new, after.snapshot.spaces[process].facts.life == .live else { return [] }
        let meaning = new % 2 == 1 ? "odd: entries may become read-only" : "even"
        return [Change(.lock, names.process(process), "mm->write_protect_seq \(old) → \(new), \(meaning)")]
    }

    private func tables(_ process: Int) -> [Change] {
        let old = before.snapshot.spaces[process].tables
        let new = after.snapshot.spaces[process].tables
        return new.indices.flatMap { index -> [Change] in
            let first = index * names.test.program.geometry.entriesPerTable
            let name = names.page(process, first)
            let lock = "page-table lock of \(name)"
            var changes: [Change] = []
            if new[index].isPresent != old[index].isPresent {
                let text = new[index].isPresent ? "installed" : "freed"
                changes.append(Change(.bookkeeping, "page table of \(name)", text))
            }
            if new[index].isLocked, !old[index].isLocked {
                changes.append(Change(.lock, lock, "taken", lock: .taken(lock)))
            } else if old[index].isLocked, !new[index].isLocked {
                changes.append(Change(.lock, lock, "dropped", lock: .dropped(lock)))
            }
            return changes
        }
    }

    private func pageLocks() -> [Change] {
        let numbers = Set(before.numbers.values).union(after.numbers.values).sorted()
        return numbers.compactMap { number in
            let old = before.frame(numbered: number).map { before.snapshot.frames[$0].isLocked } ?? false
            let new = after.frame(numbered: number).map { after.snapshot.frames[$0].isLocked } ?? false
            guard old != new else { return nil }
            let lock = "page lock of f\(number)"
            return Change(.lock, lock, new ? "taken" : "dropped", lock: new ? .taken(lock) : .dropped(lock))
        }
    }
}
