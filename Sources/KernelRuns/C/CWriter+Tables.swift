import TestLanguage

extension CWriter {
    /// The tables that the controller reads, and the test's entry in the table of tests.
    mutating func writeTables() {
        line()
        writeTable("struct actor_declaration", "actors", test.actors.map(initializer))
        writeTable("struct mapping_declaration", "mappings", test.mappings.map(initializer))
        for file in test.files where !file.declaration.values.isEmpty {
            let values = file.declaration.values.map { "\($0)" }.joined(separator: ", ")
            line("static const uint16_t \(prefix)values_of_\(file.name.text)[] = {\(values)};")
        }
        writeTable("struct file_declaration", "files", test.files.map(initializer))
        writeTable("struct reference_declaration", "references", test.handles.map(initializer))
        writeTable("struct final_look", "looks", looks.map(\.initializer))
        writeTable("enum feature", "needs", needs.sorted { $0.rawValue < $1.rawValue }.map(\.constant))
        let frames = test.registers.filter { $0.kind == .frame }.map { "\($0.index)" } + ["-1"]
        line("static const int \(prefix)frame_registers[] = {\(frames.joined(separator: ", "))};")
        writePlans()
        writeEntry()
    }

    private mutating func writePlans() {
        for (index, plan) in plans.enumerated() {
            let steps = plan.steps.map { "{\($0.actor), \($0.statement)}" }.joined(separator: ", ")
            line("static const struct plan_step \(prefix)steps_\(index)[] = {\(steps)};")
        }
        writeTable(
            "struct plan", "plans",
            plans.enumerated().map { "{\($1.steps.count), \(prefix)steps_\($0)}" })
    }

    private mutating func writeTable(_ type: String, _ name: String, _ rows: [String]) {
        guard !rows.isEmpty else { return }
        line("static const \(type) \(prefix)\(name)[] = {")
        for row in rows { line("    \(row),") }
        line("};")
    }

    private func initializer(_ actor: ResolvedTest.Actor) -> String {
        let parts = [
            quoted(actor.name.text), "\(actor.process)", "\(actor.parent ?? -1)",
            "\(actor.kind == .thread)",
            "\(actor.block.statements.count)", functionName(actor.index),
        ]
        return "{\(parts.joined(separator: ", "))}"
    }

    private func initializer(_ mapping: ResolvedTest.Mapping) -> String {
        let declaration = mapping.declaration
        let backing =
            switch declaration.backing {
            case .anonymous: "ANONYMOUS"
            case .file: "FROM_FILE"
            case .memfd: "FROM_MEMFD"
            case .hugetlb: "HUGETLB"
            }
        var parts = [
            ".name = \(quoted(mapping.name.text))", ".pages = \(mapping.pages)", ".backing = \(backing)",
            ".file = \(mapping.file ?? -1)",
        ]
        if declaration.sharing == .shared { parts.append(".shared = true") }
        if declaration.huge { parts.append(".huge = true") }
        if declaration.readonly { parts.append(".readonly = true") }
        if !declaration.isHuge, collapses(mapping) { parts.append(".collapsible = true") }
        if merges(mapping) { parts.append(".mergeable = true") }
        if mapping.actor == nil { parts.append(".at_start = true") }
        if let value = declaration.value { parts.append(".written = true, .value = \(value)") }
        return "{\(parts.joined(separator: ", "))}"
    }

    /// Whether a statement has KSM merge pages of a mapping.
    func merges(_ mapping: ResolvedTest.Mapping) -> Bool {
        for actor in test.actors {
            for statement in actor.block.statements {
                guard case .kernel(.ksmMerge(let first, let second)) = statement.kind else { continue }
                let names = [first.address.mapping.text, second.address.mapping.text]
                if names.contains(mapping.name.text) { return true }
            }
        }
        return false
    }

    /// Whether a statement has small pages of a mapping collapsed to a huge one.
    func collapses(_ mapping: ResolvedTest.Mapping) -> Bool {
        test.actors.contains { actor in
            actor.block.statements.contains { statement in
                switch statement.kind {
                case .kernel(.collapse(let place)): place.address.mapping.text == mapping.name.text
                case .madvise(let address, .collapse), .madvise(let address, .hugepage):
                    address.mapping.text == mapping.name.text
                default: false
                }
            }
        }
    }

    private func initializer(_ file: ResolvedTest.File) -> String {
        let declaration = file.declaration
        let values = declaration.values.isEmpty ? "NULL" : "\(prefix)values_of_\(file.name.text)"
        return
            "{\(quoted(file.name.text)), \(declaration.kind == .memfd), \(file.pages), \(declaration.values.count), \(values)}"
    }

    private func initializer(_ handle: ResolvedTest.Handle) -> String {
        let means = Means.means(for: handle.interface).means
        let parts = [
            quoted(handle.name.text), "\(handle.process)", "\(handle.pages)", means.reader ?? "NULL",
            means.writer ?? "NULL", means.closer ?? "NULL",
        ]
        return "{\(parts.joined(separator: ", "))}"
    }

    private mutating func writeEntry() {
        var parts = [".name = \(quoted(test.test.name.text))"]
        let tables: [(name: String, count: Int)] = [
            ("actors", test.actors.count), ("mappings", test.mappings.count), ("files", test.files.count),
            ("references", test.handles.count), ("looks", looks.count), ("needs", needs.count),
            ("plans", plans.count),
        ]
        for table in tables where table.count > 0 {
            parts.append(".\(table.name)_count = \(table.count), .\(table.name) = \(prefix)\(table.name)")
        }
        parts.append(".registers_count = \(test.registers.count), .events_count = \(test.events.count)")
        parts.append(".frame_registers = \(prefix)frame_registers")
        parts.append(".ordered = \(isOrdered), .looks_at_frames = \(looksAtFrames)")
        parts.append(".hugepages = \(hugepages), .swap_pages = \(swapPages), .pin_bias = \(pinBias ?? 0)")
        let (actor, pages) = memcg
        parts.append(".memcg_actor = \(actor), .memcg_pages = \(pages)")
        if let impossible { parts.append(".missing = \(quoted(impossible))") }
        entry = "{" + parts.joined(separator: ",\n        ") + "}"
    }

    /// Places in swap; -1 for as many as there are.
    var swapPages: Int {
        for declaration in test.test.declarations {
            if case .swap(let pages) = declaration.kind { return pages }
        }
        return -1
    }

    var hugepages: Int {
        for declaration in test.test.declarations {
            if case .hugepages(let pages) = declaration.kind { return pages }
        }
        return -1
    }

    /// A literal of C.
    func quoted(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": literal += "\\\(scalar)"
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }
}
