import VirtualMemory

/// What is mapped where, and what is known of the frames, at the beginning and at the end of an execution.
struct MemoryTable {
    let names: TestNames
    let state: NamedState

    /// The lines, each a subject and a text.
    func rows() -> [(subject: String, text: String)] {
        var rows: [(String, String)] = []
        for process in state.snapshot.spaces.indices {
            let space = state.snapshot.spaces[process]
            guard space.facts.life == .live else { continue }
            for page in space.pages.indices where space.pages[page].mapping != nil {
                rows.append((names.page(process, page), text(of: space.pages[page], page)))
            }
        }
        for index in state.snapshot.references.indices where state.snapshot.references[index].isOpen {
            let reference = state.snapshot.references[index]
            let frame = reference.frame.map { state.name(of: $0) } ?? "nothing"
            rows.append((names.reference(index), "\(reference.kindText) on \(frame)"))
        }
        for slot in state.snapshot.cache.indices {
            rows.append(
                ("\(names.slot(slot)) in the page cache", state.text(cached: state.snapshot.cache[slot])))
        }
        for number in state.numbers.values.sorted() {
            guard let frame = state.frame(numbered: number) else { continue }
            rows.append(("f\(number)", state.facts(frame).text(withContents: true)))
        }
        return rows
    }

    private func text(of page: MachineSnapshot.Page, _ number: Int) -> String {
        guard page.entry == nil else { return state.text(page.entry) }
        let backing = names.test.program.geometry.backings[number]
        if backing.isBehindTheEnd { return "nothing mapped, behind the file's end" }
        return backing.slot.map { "nothing mapped, reads \(names.slot($0))" } ?? "nothing mapped, reads as 0"
    }
}
