import VirtualMemory

// Isolation, authority, and the first half of durability: what a store breaks by itself.
extension ViolationReason {
    var isolation: String {
        guard let store, let frame = store.frame else { return "a store is seen by another process" }
        let seen = "\(storer(store)) stores into \(after.name(of: frame))"
        let mappers = mappers(of: frame, store)
        let observers = mappers.isEmpty ? holders(of: frame, store) : mappers
        return observers.isEmpty
            ? seen + ", which another process can see" : seen + ", which \(listed(observers))"
    }

    /// Other processes that can see a frame by a page-table entry or a TLB.
    private func mappers(of frame: Int, _ store: ToldExecution.Store) -> [String] {
        let spaces = after.snapshot.spaces
        var observers: [String] = []
        for process in spaces.indices where process != store.process && spaces[process].facts.life == .live {
            for page in spaces[process].pages.indices where spaces[process].pages[page].entry?.frame == frame
            {
                observers.append(
                    "\(names.process(process)) has mapped at \(names.test.name(ofPage: page))")
            }
        }
        guard observers.isEmpty else { return observers }
        for thread in after.snapshot.threads.indices where replay.test.processes[thread] != store.process {
            for page in after.snapshot.threads[thread].oldTranslations.joined() where page.frame == frame {
                observers.append("the TLB of \(names.actor(thread)) may still lead to")
            }
        }
        return observers
    }

    /// References, taken through other memory, that lead to a frame.
    private func holders(of frame: Int, _ store: ToldExecution.Store) -> [String] {
        after.snapshot.references.indices.compactMap { index in
            let reference = after.snapshot.references[index]
            guard reference.state == .confirmed, reference.owner != store.process, reference.frame == frame,
                reference.through == violation.through
            else { return nil }
            return "\(names.reference(index)) refers to (\(reference.kindText.trimmed))"
        }
    }

    var tracking: String {
        guard let store else { return "what reported a store is lost, though nobody asked yet" }
        let name = names.page(store.process, store.page)
        let entry = after.snapshot.spaces[store.process].pages[store.page].entry
        let tracker =
            entry?.isProtected ?? false
            ? "the userfaultfd that write-protects \(name) hears nothing of it"
            : "the soft-dirty bit of \(name) stays clear"
        return "\(storer(store)) stores into \(frame(store)), and \(tracker)"
    }

    var authority: String {
        guard let store else { return "a store reaches memory that its writer may not write" }
        let name = names.page(store.process, store.page)
        if store.frame == MachineView.zeroFrame { return "\(actor) stores into the zero page" }
        if let slot = after.snapshot.cache.firstIndex(where: { $0.frame != nil && $0.frame == store.frame }),
            !names.test.program.geometry.backings[store.page].isShared
        {
            return
                "\(storer(store)) stores into \(frame(store)), which is \(names.slot(slot)) in the page cache, "
                + "though \(name) is a private mapping"
        }
        if let index = store.reference, !after.snapshot.references[index].isForWriting {
            return
                "\(storer(store)) stores into \(frame(store)), which was pinned for reading through \(name), which may "
                + "not be written"
        }
        let mapping = after.snapshot.spaces[store.process].pages[store.page].mapping
        return mapping == nil
            ? "\(actor) stores into \(frame(store)), though nothing is mapped at \(name) any more"
            : "\(actor) stores into \(frame(store)), though \(name) may not be written any more"
    }

    var durability: String {
        guard let store else { return lostBehindCopy }
        let name = names.page(store.process, store.page)
        let entry = after.snapshot.spaces[store.process].pages[store.page].entry
        return "\(storer(store)) stores into \(frame(store)), but \(name) maps "
            + "\(entry?.frame.map { after.name(of: $0) } ?? "nothing"): the store is lost"
    }
}

extension String {
    /// Without a comma at its end.
    fileprivate var trimmed: String { hasSuffix(",") ? String(dropLast()) : self }
}
