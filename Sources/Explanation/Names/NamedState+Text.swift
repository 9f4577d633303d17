import VirtualMemory

extension NamedState {
    /// A page-table entry or a translation in words.
    func text(_ entry: MachineSnapshot.Entry?) -> String {
        guard let entry else { return "nothing" }
        guard let frame = entry.frame else { return "a frame that was freed" }
        if let absence = entry.absence { return text(absence, frame, entry) }
        let rights = entry.isHidden ? "PROT_NONE" : entry.isWritable ? "writable" : "read-only"
        return "\(name(of: frame)) \(rights)\(entry.isDirty ? " dirty" : "")\(entry.isYoung ? " young" : "")"
    }

    /// A page of a file or of shared memory in words.
    func text(cached page: MachineSnapshot.CachedPage) -> String {
        guard let frame = page.frame else { return "not there" }
        return "\(name(of: frame))\(page.isDirty ? " dirty" : "")"
    }

    private func text(
        _ absence: MachineSnapshot.Entry.Absence, _ frame: Int, _ entry: MachineSnapshot.Entry
    ) -> String {
        // Of an entry that maps nothing the dirty bit says whose page it is.
        let owner = entry.isDirty ? ", exclusive" : ""
        switch absence {
        case .swap:
            let place = numbers[frame].map { "f\($0) in the swap cache" } ?? "in swap"
            return "a swap entry (\(place)\(owner))"
        case .migration: return "a migration entry (\(name(of: frame)) moves\(owner))"
        }
    }

    /// What is known of a frame.
    struct Facts: Equatable {
        let frame: MachineSnapshot.FrameFacts
        /// Open pins on it.
        let pins: Int
        /// What each of them adds to the references.
        let pinBias: Int
    }

    /// What is known of a frame.
    func facts(_ frame: Int) -> Facts {
        Facts(frame: snapshot.frames[frame], pins: snapshot.pins(on: frame), pinBias: pinBias)
    }
}

extension NamedState.Facts {
    /// Its counts and flags, and its contents where they are wanted.
    func text(withContents: Bool) -> String {
        var text = "\(countText), \(frame.mappings) mapping\(frame.mappings == 1 ? "" : "s")"
        if frame.isExclusive { text += ", PG_anon_exclusive" }
        if frame.isInBatch { text += ", in an LRU batch" }
        for mark in marks { text += ", \(mark)" }
        if withContents { text += ", \(contentText)" }
        return text
    }

    /// What becomes of it beside being mapped.
    var marks: [String] {
        let texts: [(MachineView.Marks, String)] = [
            (.swapCache, "in the swap cache"), (.lazyFree, "given up by MADV_FREE"),
            (.merged, "merged by KSM"),
        ]
        return texts.filter { frame.marks.contains($0.0) }.map(\.1)
    }

    /// `1 reference`, `1026 references (1 pin)`
    var countText: String {
        "\(frame.references) reference\(frame.references == 1 ? "" : "s")\(pinCount.map { " (\($0))" } ?? "")"
    }

    /// What is dropped when it is freed.
    var lastReferencesText: String {
        frame.references == 1 ? "reference is dropped" : "\(countText) are dropped"
    }

    /// Its words, all of them.
    var contentText: String {
        "content " + frame.words.map { "\($0)" }.joined(separator: " ")
    }

    /// How the content of a word is called: a test that names no other has only the first.
    func wordTitle(_ word: Int) -> String { frame.words.count == 1 ? "content" : "word \(word)" }

    /// Which of the references are pins, where that is new or matters.
    func pinText(else old: NamedState.Facts) -> String {
        if pins == 0, old.pins > 0 { return " (no pin any more)" }
        return pinCount.map { " (\($0))" } ?? ""
    }

    private var pinCount: String? {
        pins == 0 ? nil : "\(pins * pinBias) for \(pins == 1 ? "a pin" : "\(pins) pins")"
    }
}
