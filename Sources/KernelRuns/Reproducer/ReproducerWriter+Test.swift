import TestLanguage

extension ReproducerWriter {
    // MARK: Names

    /// What the test names, as constants.
    func enumerations(usedIn text: String) -> String {
        let used = CDeclaration.uses(CScanner.tokens(of: text).filter { $0.kind != .comment })
        let groups: [(title: String, names: [String], count: String)] = [
            ("Processes and threads", names.actors, "ACTORS"),
            ("Memory", traits.usesPointers ? [] : names.mappings, "MAPPINGS"),
            ("Files", names.files, "FILES"), ("Events", names.events, "EVENTS"),
            ("References to pages", names.references, "REFERENCES"),
            ("What is kept", names.registers, "REGISTERS"),
        ]
        var lines = ""
        for group in groups {
            let all = group.names + (used.contains(group.count) ? [group.count] : [])
            guard !all.isEmpty, all.contains(where: used.contains) else { continue }
            lines += "enum { \(all.joined(separator: ", ")) }; /* \(group.title.lowercased()) */\n"
        }
        return lines + (pointers.isEmpty ? "" : "\n" + pointers)
    }

    // MARK: Actors

    /// The functions of the actors, in the order of the text.
    var actorFunctions: String { test.actors.map(function).joined(separator: "\n") + "\n" }

    private func function(of actor: ResolvedTest.Actor) -> String {
        let block = actor.block.statements
        let parameter = traits.hasExec ? "int from_step" : "void"
        var lines: [(code: String, comment: String)] = []
        for (step, statement) in block.enumerated() {
            let code = self.lines(of: statement, step: step, actor: actor)
            if !statements.isOrdered {
                lines.append((verdicts?.plan == nil ? "dawdle();" : "take_turn(\(step));", ""))
            }
            for (index, line) in code.enumerated() {
                let isExplained = index == 0 && !speaksForItself(statement)
                lines.append((line, isExplained ? shortComment(statement) : ""))
            }
            if statements.looksAtFrames, statements.isOrdered { lines.append(("settle();", "")) }
            if statement.kind == .exec { lines.append(("after_exec_\(step):;", "")) }
        }
        let short = lines.filter { !$0.comment.isEmpty && $0.code.count <= 48 }
        let width = short.map(\.code.count).max() ?? 0
        var text = "static void \(names.functions[actor.index])(\(parameter)) {\n"
        if traits.hasExec { text += execJumps(block) }
        for line in lines {
            let isLong = line.code.count > width || 4 + width + 7 + line.comment.count > CLayout.width
            if line.comment.isEmpty {
                text += "    \(line.code)\n"
            } else if isLong {
                text += "    /* \(line.comment) */\n    \(line.code)\n"
            } else {
                let padding = String(repeating: " ", count: width - line.code.count)
                text += "    \(line.code)\(padding) /* \(line.comment) */\n"
            }
        }
        return text + "}\n"
    }

    /// Whether a statement's C says what the statement says.
    private func speaksForItself(_ statement: Statement) -> Bool {
        switch statement.kind {
        case .signal, .await, .fork, .vfork, .thread, .wait, .join, .exit, .kill: true
        case .store, .load, .munmap, .mprotect, .mlock, .madvise: traits.usesPointers
        default: false
        }
    }

    private func execJumps(_ block: [Statement]) -> String {
        let jumps = block.enumerated().filter { $0.element.kind == .exec }.map {
            "    if (from_step == \($0.offset + 1)) goto after_exec_\($0.offset);\n"
        }
        return jumps.isEmpty ? "    (void)from_step;\n" : jumps.joined()
    }

    /// The first line of a statement: of a fork without its block.
    private func shortComment(_ statement: Statement) -> String {
        let line = statements.comment(statement).split(separator: "\n").first.map(String.init) ?? ""
        guard let brace = line.firstIndex(of: "{") else { return line }
        return String(line[..<brace].reversed().drop { $0 == " " }.reversed())
    }

    // MARK: Tables

    /// The tables that the plumbing reads; what they name is kept, and they have what is read of them.
    mutating func settledTables() -> String {
        while true {
            let tables = tables
            let before = plumbing.reached.count
            plumbing.keep(whatIsUsedBy: tables)
            if plumbing.reached.count == before, tables == self.tables { return tables }
        }
    }

    private var tables: String {
        var text = ""
        let reads = plumbing.usesOfFunctions
        func table(_ type: String, _ name: String, _ rows: [(name: String, fields: [(String, String)])]) {
            guard reads.contains(name) else { return }
            guard !rows.isEmpty else {
                text += "static const struct \(type) \(name)[1] = {0}; /* none */\n\n"
                return
            }
            text += "static const struct \(type) \(name)[] = {\n"
            for row in rows {
                let fields = row.fields.filter { plumbing.usesField($0.0) }.map { ".\($0.0) = \($0.1)" }
                text += "    [\(row.name)] = {\(fields.joined(separator: ", "))},\n"
            }
            text += "};\n\n"
        }
        table("actor_declaration", "actors", test.actors.map { (names.actors[$0.index], fields(of: $0)) })
        table(
            "mapping_declaration", "mappings",
            test.mappings.map {
                (traits.usesPointers ? "\($0.index)" : names.mappings[$0.index], fields(of: $0))
            })
        if reads.contains("files") { text += valuesOfFiles }
        table("file_declaration", "files", test.files.map { (names.files[$0.index], fields(of: $0)) })
        table(
            "reference_declaration", "references",
            test.handles.map { (names.references[$0.index], fields(of: $0)) })
        if reads.contains("plans") { text += plan }
        return text
    }

    /// The order in which statements begin in some runs.
    private var plan: String {
        guard let steps = verdicts?.plan?.steps else { return "" }
        let rows = steps.map { "    {\(names.actors[$0.actor]), \($0.statement)},\n" }.joined()
        return """
            /* The order of the statements in which the model comes to the outcome: who, and which one. */
            static const struct plan_step order[] = {
            \(rows)};

            static const struct plan plans[] = {{\(steps.count), order}};


            """
    }

    private func fields(of actor: ResolvedTest.Actor) -> [(String, String)] {
        [
            ("name", statements.quoted(actor.name.text)), ("process", names.actors[actor.process]),
            ("parent", actor.parent.map { names.actors[$0] } ?? "-1"), ("thread", "\(actor.kind == .thread)"),
            ("steps", "\(actor.block.statements.count)"), ("run", names.functions[actor.index]),
        ]
    }

    private func fields(of mapping: ResolvedTest.Mapping) -> [(String, String)] {
        let declaration = mapping.declaration
        let backing =
            switch declaration.backing {
            case .anonymous: "ANONYMOUS"
            case .file: "FROM_FILE"
            case .memfd: "FROM_MEMFD"
            case .hugetlb: "HUGETLB"
            }
        var fields = [
            ("name", statements.quoted(mapping.name.text)), ("pages", "\(mapping.pages)"),
            ("backing", backing),
            ("file", mapping.file.map { names.files[$0] } ?? "-1"),
        ]
        if declaration.sharing == .shared { fields.append(("shared", "true")) }
        if declaration.huge { fields.append(("huge", "true")) }
        if declaration.readonly { fields.append(("readonly", "true")) }
        if !declaration.isHuge, statements.collapses(mapping) { fields.append(("collapsible", "true")) }
        if statements.merges(mapping) { fields.append(("mergeable", "true")) }
        if mapping.actor == nil { fields.append(("at_start", "true")) }
        if let value = declaration.value { fields += [("written", "true"), ("value", "\(value)")] }
        return fields
    }

    private var valuesOfFiles: String {
        test.files.filter { !$0.declaration.values.isEmpty }.map { file in
            let values = file.declaration.values.map { "\($0)" }.joined(separator: ", ")
            return "static const uint16_t values_of_\(file.name.text)[] = {\(values)};\n"
        }.joined()
    }

    private func fields(of file: ResolvedTest.File) -> [(String, String)] {
        let declaration = file.declaration
        return [
            ("name", statements.quoted(file.name.text)), ("memfd", "\(declaration.kind == .memfd)"),
            ("pages", "\(file.pages)"), ("values_count", "\(declaration.values.count)"),
            ("values", declaration.values.isEmpty ? "NULL" : "values_of_\(file.name.text)"),
        ]
    }

    private func fields(of handle: ResolvedTest.Handle) -> [(String, String)] {
        let means = Means.means(for: handle.interface).means
        return [
            ("name", statements.quoted(handle.name.text)), ("process", names.actors[handle.process]),
            ("pages", "\(handle.pages)"), ("read", means.reader ?? "NULL"),
            ("write", means.writer ?? "NULL"), ("close", means.closer ?? "NULL"),
        ]
    }
}
