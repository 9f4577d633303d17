import TestLanguage

extension ReproducerWriter {
    /// The condition, and what is printed of an outcome.
    var judging: String { condition + telling }

    // MARK: The condition

    private var condition: String {
        guard let condition = test.test.condition else { return "" }
        let name = condition.quantifier == .never ? "is_bad" : "is_good"
        return """

            /* \(statements.commentable("\(condition)")) */
            static bool \(name)(void) {
                return \(c(condition.formula));
            }

            """
    }

    private func c(_ formula: Formula) -> String {
        switch formula.kind {
        case .and(let parts): parts.map { bracketed($0) }.joined(separator: " && ")
        case .or(let parts): parts.map { bracketed($0) }.joined(separator: " || ")
        case .not(let inner): "!(\(c(inner)))"
        case .comparison(let left, let comparison, let right): c(left, comparison, right)
        case .fact(let fact): c(fact)
        }
    }

    private func bracketed(_ formula: Formula) -> String {
        switch formula.kind {
        case .and, .or: "(\(c(formula)))"
        case .not, .comparison, .fact: c(formula)
        }
    }

    private func c(_ left: Operand, _ comparison: Comparison, _ right: Operand) -> String {
        // What is not there is less than any constant, so that these two need no more care.
        if right.isConstant, comparison == .equal || comparison == .greater {
            return "\(c(left)) \(comparison.rawValue) \(c(right))"
        }
        let (first, second) = (c(left), c(right))
        return switch comparison {
        case .equal: "are_equal(\(first), \(second))"
        case .notEqual: "differ(\(first), \(second))"
        case .less: "is_less(\(first), \(second))"
        case .greater: "is_less(\(second), \(first))"
        case .lessOrEqual: "(is_less(\(first), \(second)) || are_equal(\(first), \(second)))"
        case .greaterOrEqual: "(is_less(\(second), \(first)) || are_equal(\(first), \(second)))"
        }
    }

    private func c(_ operand: Operand) -> String {
        switch operand.kind {
        case .number(let number): return "\(number)"
        case .error(let error): return "-\(error.name)"
        case .zeroFrame: return "FRAME_OF_ZERO_PAGE"
        case .register(let actor, let name):
            let register = test.actor(named: actor.text).flatMap {
                test.register(named: name.text, of: $0.index)
            }
            return "value_of(\(register.map { names.registers[$0.index] } ?? "-1"))"
        case .content(let process, let location):
            let actor = test.actor(named: process.text).map { names.actors[$0.process] } ?? "-1"
            if traits.usesPointers {
                let word = word(location)
                return "final_word(\(actor), \(word.hasPrefix("*") ? String(word.dropFirst()) : "&" + word))"
            }
            return "final_word(\(actor), word_of(\(place(process, location.address)), \(location.word)))"
        case .file(let location):
            let page = location.page ?? 0
            return "read_from_file(\(statements.fileName(location.file)), \(page), \(location.word))"
        case .copies: return "0"
        }
    }

    private func c(_ fact: Fact) -> String {
        switch fact {
        case .killed(let name): "was_killed(\(statements.actorName(name)))"
        case .blocked(let name): "is_blocked(\(statements.actorName(name)))"
        case .forked(let name): "was_forked(\(statements.actorName(name)))"
        case .same(let first, let second): "is_same_frame(\(frame(first)), \(frame(second)))"
        case .moved(let address): "has_moved(\(place(address.process, address.address)))"
        case .mapped(let address): "look_present_in(\(place(address.process, address.address)))"
        case .young(let address): "look_young_in(\(place(address.process, address.address)))"
        case .softDirty(let address): "look_soft_dirty_in(\(place(address.process, address.address)))"
        case .coherent(let process, let name):
            "look_coherent(\(test.handle(named: name, of: process).map { names.references[$0.index] } ?? "-1")) == 1"
        }
    }

    private func frame(_ address: ProcessAddress) -> String {
        "final_frame(\(place(address.process, address.address)))"
    }

    /// Process, mapping and page, as three arguments.
    private func place(_ process: Name, _ address: Address) -> String {
        let actor = test.actor(named: process.text).map { names.actors[$0.process] } ?? "-1"
        return "\(actor), \(statements.mappingName(address.mapping)), \(address.page ?? 0)"
    }

    // MARK: Telling

    private var telling: String {
        var rows = test.registers.map {
            (test.title(of: $0), "value_of(\(names.registers[$0.index]))")
        }
        for operand in test.test.condition?.formula.operands ?? [] {
            switch operand.kind {
            case .content, .file: rows.append(("\(operand)", c(operand)))
            default: break
            }
        }
        for fact in test.test.condition?.formula.facts ?? [] {
            switch fact {
            case .killed, .blocked: break
            default: rows.append(("\(fact)", c(fact)))
            }
        }
        var text =
            "\n/* What came of it, and what a good kernel gives. */\nstatic void tell_outcome(void) {\n"
        var told: Set<String> = []
        for (title, value) in rows where told.insert(title).inserted {
            let expected = verdicts?.expectation(of: title).map(statements.quoted) ?? "NULL"
            text += "    tell(\(statements.quoted(title)), \(value), \(expected));\n"
        }
        if traits.canKill || traits.canBlock { text += "    tell_fates();\n" }
        return text + "}\n"
    }
}

extension Operand {
    fileprivate var isConstant: Bool {
        switch kind {
        case .number, .error, .zeroFrame: true
        case .register, .content, .file, .copies: false
        }
    }
}

extension Formula {
    /// All values that it compares.
    var operands: [Operand] {
        switch kind {
        case .and(let parts), .or(let parts): parts.flatMap(\.operands)
        case .not(let inner): inner.operands
        case .comparison(let left, _, let right): [left, right]
        case .fact: []
        }
    }

    /// All facts that it names.
    var facts: [Fact] {
        switch kind {
        case .and(let parts), .or(let parts): parts.flatMap(\.facts)
        case .not(let inner): inner.facts
        case .comparison: []
        case .fact(let fact): [fact]
        }
    }

    /// The part of it that no kernel shows; nil where all can be seen.
    func invisiblePart(in test: ResolvedTest) -> String? {
        for fact in facts {
            guard case .coherent(let process, let name) = fact else { continue }
            let handle = test.handle(named: name, of: process)
            // Through others a store may come to nothing, which would tell nothing.
            if handle.map({ Means.means(for: $0.interface).means.writer == nil }) ?? true { return "\(fact)" }
        }
        for operand in operands {
            if operand.kind == .copies { return "copies" }
            guard case .register(let actor, let name) = operand.kind,
                let block = test.actor(named: actor.text)?.block
            else { continue }
            for statement in block.statements where statement.result == name {
                guard case .look(let look, let address) = statement.kind else { continue }
                switch look {
                case .pageCount, .pinned, .exclusive, .writable, .dirty: return "\(look.rawValue)(\(address))"
                default: continue
                }
            }
        }
        return nil
    }
}
