import Diagnostics

/// Checks what stands outside of processes.
extension Checker {
    // MARK: Declarations

    mutating func checkDeclarations() {
        var seen: [String: Declaration] = [:]
        for declaration in resolved.test.declarations {
            switch declaration.kind {
            case .map, .file: continue
            case .background(let doing):
                for address in doing.addresses { checkDoing(address, nil) }
            case .memcg(let name, _):
                _ = process(name)
                checkOnce("memcg \(name)", declaration, &seen)
            case .frames: checkOnce("frames", declaration, &seen)
            case .hugepages: checkOnce("hugepages", declaration, &seen)
            case .swap: checkOnce("swap", declaration, &seen)
            case .pinBias: checkOnce("pin_bias", declaration, &seen)
            }
        }
    }

    private mutating func checkOnce(
        _ title: String, _ declaration: Declaration, _ seen: inout [String: Declaration]
    ) {
        if let first = seen[title] {
            let note = Diagnostic.Note("the first is here", at: first.span)
            report(Diagnostic("a second '\(title)'", at: declaration.span, notes: [note]))
        }
        seen[title] = declaration
    }

    // MARK: Condition

    mutating func checkCondition() {
        if let condition = resolved.test.condition { check(condition.formula) }
    }

    private mutating func check(_ formula: Formula) {
        if hasTooManyErrors { return }
        switch formula.kind {
        case .and(let parts), .or(let parts):
            for part in parts { check(part) }
        case .not(let part): check(part)
        case .comparison(let left, let comparison, let right):
            let kinds = (check(left), check(right))
            if kinds.0 == .frame || kinds.1 == .frame {
                checkFrames(left, comparison, right, kinds, formula)
            }
        case .fact(let fact): check(fact)
        }
    }

    private enum OperandKind {
        case number, nothing, frame, unknown
    }

    /// Checks an operand and says what can be compared with it: frames, numbers, or either with 0.
    private mutating func check(_ operand: Operand) -> OperandKind {
        switch operand.kind {
        case .number(0): return .nothing
        case .number, .error, .copies: return .number
        case .zeroFrame: return .frame
        case .register(let actor, let name): return checkRegister(actor, name)
        case .content(let name, let location):
            checkProcessAddress(name, location.address)
            return .number
        case .file(let location):
            checkFile(location, needsOne: true)
            return .number
        }
    }

    private mutating func checkFrames(
        _ left: Operand, _ comparison: Comparison, _ right: Operand, _ kinds: (OperandKind, OperandKind),
        _ formula: Formula
    ) {
        if kinds.0 == .unknown || kinds.1 == .unknown { return }
        if comparison != .equal, comparison != .notEqual {
            error("frames are compared with '==' and '!=' only", at: formula)
        } else if kinds.0 == .number || kinds.1 == .number {
            error(
                "a frame is compared with a frame, 'zero' or 0", at: kinds.0 == .number ? left : right,
                help: "'zero' is the frame of the zero page; 0 says that nothing is mapped")
        }
    }

    private mutating func checkRegister(_ actorName: Name, _ name: Name) -> OperandKind {
        guard let actor = actor(actorName) else { return .unknown }
        if let index = registerIndices[RegisterKey(actor: actor.index, name: name.text)] {
            return resolved.registers[index].kind == .frame ? .frame : .number
        }
        let own = resolved.registers.filter { $0.actor == actor.index }.map(\.name.text)
        var help = nearestName(to: name.text, among: own).map { "did you mean '\(actorName):\($0)'?" }
        if help == nil, let other = resolved.registers.first(where: { $0.name.text == name.text }) {
            help = "did you mean '\(resolved.title(of: other))'?"
        }
        if help == nil, mappingIndices[name.text] != nil {
            help = "what is stored there is '\(actorName):*\(name)'"
        }
        error("'\(actorName)' never writes a register '\(name)'", at: name, help: help)
        return .unknown
    }

    private mutating func checkProcessAddress(_ name: Name, _ address: Address) {
        guard mapping(address, needsOne: true) != nil, let process = process(name) else { return }
        remoteUses.append(RemoteUse(process: process.index, address: address))
    }

    // MARK: Facts

    private mutating func check(_ fact: Fact) {
        switch fact {
        case .killed(let name), .blocked(let name): _ = actor(name)
        case .forked(let name):
            if let child = process(name), child.kind == .process {
                error("'\(name)' starts with the test: it is not forked", at: name)
            }
        case .same(let first, let second):
            checkProcessAddress(first.process, first.address)
            checkProcessAddress(second.process, second.address)
        case .moved(let address), .mapped(let address), .young(let address), .softDirty(let address):
            checkProcessAddress(address.process, address.address)
        case .coherent(let name?, let handle):
            guard let process = process(name) else { return }
            let use = ResolvedTest.HandleUse(process: process.index, name: handle.text)
            if resolved.handlesInUse[use] == nil {
                unknown("reference of '\(name)':", handle, among: resolved.handles.map(\.name.text))
            }
        case .coherent(nil, let handle): checkCoherent(handle)
        }
    }

    private mutating func checkCoherent(_ name: Name) {
        let handles = handleIndices[name.text, default: []].map { resolved.handles[$0] }
        if handles.isEmpty {
            unknown("reference", name, among: resolved.handles.map(\.name.text))
        } else if handles.count > 1 {
            let owners = handles.map { "'\(resolved.actors[$0.process].name):\(name)'" }
            error(
                "several processes have a reference '\(name)'", at: name,
                help: "say which: " + owners.joined(separator: ", "))
        }
    }

    // MARK: Expectations

    mutating func checkExpectations() {
        var seen: [String: Name] = [:]
        for expectation in resolved.test.expectations {
            if hasTooManyErrors { return }
            for name in expectation.ruleSets {
                if let first = seen[name.text] {
                    error("a second expectation for '\(name)'", at: name, note: ("the first is here", first))
                }
                seen[name.text] = name
            }
            if resolved.test.condition == nil, let verdict = expectation.verdict {
                error("a test without a condition has nothing that '\(verdict.rawValue)'", at: expectation)
            }
            if resolved.test.condition != nil, expectation.verdict == nil {
                error("the verdict is missing: say 'holds' or 'fails'", at: expectation)
            }
        }
    }
}
