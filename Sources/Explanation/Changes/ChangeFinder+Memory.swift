import VirtualMemory

extension ChangeFinder {
    // MARK: Page-table entries and mappings

    func entries() -> [Change] {
        processes.flatMap { process in
            pages.compactMap { page -> Change? in
                let old = before.snapshot.spaces[process].pages[page].entry
                let new = after.snapshot.spaces[process].pages[page].entry
                guard old != new else { return nil }
                return Change(.entry, names.page(process, page), "\(before.text(old)) → \(after.text(new))")
            }
        }
    }

    func mappings() -> [Change] {
        processes.flatMap { process -> [Change] in
            // A child's mappings come with fork, a process's end takes them away: nobody asks.
            let isExpected =
                before.snapshot.spaces[process].facts.life != .live
                || after.snapshot.spaces[process].facts.isExiting
            return pages.compactMap { page in
                let old = before.snapshot.spaces[process].pages[page].mapping
                let new = after.snapshot.spaces[process].pages[page].mapping
                guard old != new else { return nil }
                return Change(
                    isExpected ? .bookkeeping : .mapping, names.page(process, page), describe(old, new))
            }
        }
    }

    private func describe(_ old: MachineSnapshot.Mapping?, _ new: MachineSnapshot.Mapping?) -> String {
        guard let new else { return "the VMA is gone" }
        guard let old else { return "a new VMA: \(new.flags)" }
        return "its VMA: \(old.flags) → \(new.flags)"
    }

    // MARK: Frames

    func frames() -> [Change] {
        let numbers = Set(before.numbers.values).union(after.numbers.values).sorted()
        return numbers.compactMap { number in
            let old = before.frame(numbered: number).map { before.facts($0) }
            let new = after.frame(numbered: number).map { after.facts($0) }
            guard old != new, let text = describe(old, new) else { return nil }
            return Change(.frame, "f\(number)", text)
        } + zeroPage()
    }

    /// The zero page counts nothing but pins, up to 6.4.
    private func zeroPage() -> [Change] {
        let old = before.facts(MachineView.zeroFrame)
        let new = after.facts(MachineView.zeroFrame)
        guard old != new, let text = describe(old, new) else { return [] }
        return [Change(.frame, "the zero page", text)]
    }

    private func describe(_ old: NamedState.Facts?, _ new: NamedState.Facts?) -> String? {
        guard let new else { return old.map { "freed: its last \($0.lastReferencesText)" } }
        guard let old else {
            return "allocated: \(new.text(withContents: new.frame.words.contains { $0 != 0 }))"
        }
        var parts: [String] = []
        if old.frame.references != new.frame.references {
            parts.append(
                "references \(old.frame.references) → \(new.frame.references)\(new.pinText(else: old))")
        }
        if old.frame.mappings != new.frame.mappings {
            parts.append("mappings \(old.frame.mappings) → \(new.frame.mappings)")
        }
        if old.frame.isExclusive != new.frame.isExclusive {
            parts.append("PG_anon_exclusive \(new.frame.isExclusive ? "set" : "cleared")")
        }
        if old.frame.isInBatch != new.frame.isInBatch {
            parts.append(new.frame.isInBatch ? "waits in an LRU batch" : "no longer in an LRU batch")
        }
        parts += new.marks.filter { !old.marks.contains($0) }
        parts += old.marks.filter { !new.marks.contains($0) }.map { "no longer \($0)" }
        for (word, pair) in zip(old.frame.words, new.frame.words).enumerated() where pair.0 != pair.1 {
            parts.append("\(new.wordTitle(word)): \(pair.0) → \(pair.1)")
        }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    // MARK: The page cache

    func cachedPages() -> [Change] {
        after.snapshot.cache.indices.compactMap { slot in
            let old = before.snapshot.cache[slot]
            let new = after.snapshot.cache[slot]
            let name = "\(names.slot(slot)) in the page cache"
            if old.frame != new.frame {
                let text = "\(before.text(cached: old)) → \(after.text(cached: new))"
                return Change(.frame, name, text)
            }
            guard old.isDirty != new.isDirty else { return nil }
            return Change(.frame, name, new.isDirty ? "dirty" : "clean")
        }
    }

    // MARK: References

    func references() -> [Change] {
        after.snapshot.references.indices.compactMap { index in
            let old = before.snapshot.references[index]
            let new = after.snapshot.references[index]
            guard old != new, let text = describe(old, new) else { return nil }
            return Change(.reference, names.reference(index), text)
        }
    }

    private func describe(_ old: MachineSnapshot.Reference, _ new: MachineSnapshot.Reference) -> String? {
        if !new.isOpen, old.isOpen {
            let frame = old.frame.map { before.name(of: $0) } ?? "its frame"
            return new.state == .closed ? "lets go of \(frame)" : "lets go of \(frame) again, unconfirmed"
        }
        if new.isOpen, !old.isOpen {
            let frame = new.frame.map { after.name(of: $0) } ?? "nothing"
            let start = "\(new.kindText) on \(frame)"
            return new.state == .provisional ? start + ", not confirmed yet" : start
        }
        if new.isOpen, new.frame == nil, let frame = old.frame {
            return "lets go of \(before.name(of: frame)): all data have arrived"
        }
        if new.state == .confirmed, old.state == .provisional { return "confirmed" }
        if new.isGivenUp, !old.isGivenUp, new.isOpen {
            return "keeps \(new.frame.map { after.name(of: $0) } ?? "its frame"), "
                + "but \(names.process(new.owner)) gave up the address"
        }
        if new.isOpen, new.lendsWriting != old.lendsWriting {
            return "registered anew for \(new.lendsWriting ? "writing" : "reading")"
        }
        if new.isOpen, new.holders != old.holders {
            return "open in \(listed(new.holders.map(names.process)))"
        }
        return nil
    }
}

extension MachineSnapshot.Reference {
    /// What it was taken as: `a PIN for writing, long-term`.
    var kindText: String {
        "a \(isPin ? "PIN" : "GET") for \(isForWriting ? "writing" : "reading")"
            + (isLongTerm ? ", long-term," : "")
    }
}

extension MachineSnapshot.Mapping {
    /// Its protection and what fork does with it.
    var flags: String {
        let protection =
            switch (isReadable, isWritable) {
            case (_, true): "read and write"
            case (true, false): "read only"
            case (false, false): "PROT_NONE"
            }
        return protection + (isNotForked ? ", not for children" : "")
            + (isWipedOnFork ? ", wiped on fork" : "")
            + (hasPinned ? ", has pinned" : "") + (isLocked ? ", locked" : "")
            + (isSoftDirtyTracked ? ", tracked by soft-dirty bits" : "")
            + (userfault.contains(.writeProtect) ? ", protected by a userfaultfd" : "")
            + (userfault.contains(.missing) ? ", filled by a userfaultfd" : "")
            + (userfault.contains(.minor) ? ", continued by a userfaultfd" : "")
    }
}
