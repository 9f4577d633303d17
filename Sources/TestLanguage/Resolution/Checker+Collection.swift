import Diagnostics

/// Collects what has a name, in the order of the text.
extension Checker {
    mutating func collect() {
        for declaration in resolved.test.declarations {
            if case .file(let file) = declaration.kind { collect(file) }
        }
        for declaration in resolved.test.declarations {
            if case .map(let map) = declaration.kind { collect(map, by: nil) }
        }
        for process in resolved.test.processes {
            collectActor(process.name, .process, parent: nil, process.block)
        }
        guard resolved.actors.count <= Limits.actors else { return }
        forEachStatement { checker, statement, actor in
            checker.collectNames(statement, checker.resolved.actors[actor])
        }
        // The pages of a reference are known when all mappings are.
        forEachStatement { checker, statement, actor in
            if let name = statement.result { checker.collectResult(name, of: statement.kind, actor) }
        }
    }

    /// Visits all statements in the order of the text, each with the index of its actor.
    private mutating func forEachStatement(_ visit: (inout Checker, Statement, Int) -> Void) {
        var next = 0
        for process in resolved.test.processes {
            forEachStatement(process.block, &next, visit)
        }
    }

    private mutating func forEachStatement(
        _ block: Block, _ next: inout Int, _ visit: (inout Checker, Statement, Int) -> Void
    ) {
        // Actors are in the order in which their blocks begin.
        let actor = next
        next += 1
        for statement in block.statements {
            visit(&self, statement, actor)
            switch statement.kind {
            case .fork(_, let block), .vfork(_, let block), .thread(_, let block):
                forEachStatement(block, &next, visit)
            default: break
            }
        }
    }

    // MARK: Actors

    /// Collects an actor and those that it begins; the first too many is reported, and collected as the last.
    private mutating func collectActor(
        _ name: Name, _ kind: ResolvedTest.ActorKind, parent: Int?, _ block: Block
    ) {
        let index = resolved.actors.count
        guard index <= Limits.actors else { return }
        if index == Limits.actors {
            error("too many processes and threads: a test has \(Limits.actors) at most", at: name)
        }
        let process = kind == .thread ? parent.map { resolved.actors[$0].process } ?? index : index
        let sharesMemory = kind == .thread || kind == .vfork
        let memory = sharesMemory ? parent.map { resolved.actors[$0].memory } ?? index : index
        resolved.actors.append(
            ResolvedTest.Actor(
                index: index, name: name, kind: kind, parent: parent, process: process, memory: memory,
                block: block))
        if let first = actorIndices[name.text] {
            error(
                "'\(name)' is already a process or a thread", at: name,
                note: ("the first is here", resolved.actors[first].name))
        } else {
            actorIndices[name.text] = index
        }
        for statement in block.statements {
            switch statement.kind {
            case .fork(let name, let block): collectActor(name, .fork, parent: index, block)
            case .vfork(let name, let block): collectActor(name, .vfork, parent: index, block)
            case .thread(let name, let block): collectActor(name, .thread, parent: index, block)
            default: break
            }
        }
    }

    private mutating func collectNames(_ statement: Statement, _ actor: ResolvedTest.Actor) {
        switch statement.kind {
        case .map(let map): collect(map, by: actor.index)
        case .signal(let event): collect(event, by: actor.index)
        case .exit: endingProcesses.insert(actor.process)
        case .exec: executingProcesses.insert(actor.process)
        case .kill(let name):
            if let killed = actorIndices[name.text] {
                endingProcesses.insert(resolved.actors[killed].process)
            }
        case .send(let handle, let name):
            if let receiver = actorIndices[name.text] {
                let process = resolved.actors[receiver].process
                sends.append(Send(handle: handle, sender: actor.index, receiver: process))
            }
        default: break
        }
    }

    private mutating func collect(_ event: Name, by actor: Int) {
        if let first = eventIndices[event.text] {
            error(
                "'\(event)' is signalled twice: an event is a latch, set once", at: event,
                note: ("the first signal is here", resolved.events[first].name))
            return
        }
        eventIndices[event.text] = resolved.events.count
        resolved.events.append(
            ResolvedTest.Event(index: resolved.events.count, name: event, actor: actor))
    }

    // MARK: Files and mappings

    private mutating func collect(_ file: FileDeclaration) {
        if let first = fileIndices[file.name.text] {
            let declared = resolved.files[first].name
            error("'\(file.name)' is already a file", at: file.name, note: ("the first is here", declared))
            return
        }
        fileIndices[file.name.text] = resolved.files.count
        resolved.files.append(ResolvedTest.File(index: resolved.files.count, declaration: file))
    }

    private mutating func collect(_ map: MapDeclaration, by actor: Int?) {
        checkMap(map, isStatement: actor != nil)
        if let first = mappingIndices[map.name.text] {
            error(
                "'\(map.name)' is already mapped: a name is mapped once", at: map.name,
                note: ("the first is here", resolved.mappings[first].name))
            return
        }
        mappingIndices[map.name.text] = resolved.mappings.count
        resolved.mappings.append(
            ResolvedTest.Mapping(
                index: resolved.mappings.count, declaration: map, actor: actor, file: file(behind: map)))
    }

    private mutating func checkMap(_ map: MapDeclaration, isStatement: Bool) {
        if map.huge, map.backing == .hugetlb {
            error("pages of hugetlb are huge anyway: leave 'huge' out", at: map)
        }
        if map.isHuge, map.pages % Limits.hugePagePages != 0 {
            error(
                "a huge page has \(Limits.hugePagePages) pages: '\(map.name)' cannot have \(map.pages)",
                at: map)
        }
        if map.readonly, map.value != nil {
            error("what is mapped readonly cannot have been written", at: map, help: "leave '= …' out")
        }
        if isStatement, map.value != nil {
            error(
                "only a mapping that is there at the start can have been written", at: map,
                help: "store into it: '*\(map.name) = …'")
        }
    }

    private mutating func file(behind map: MapDeclaration) -> Int? {
        let (name, kind): (Name, FileDeclaration.Kind)
        switch map.backing {
        case .anonymous, .hugetlb: return nil
        case .file(let file): (name, kind) = (file, .file)
        case .memfd(let file): (name, kind) = (file, .memfd)
        }
        guard let file = file(name) else { return nil }
        if file.declaration.kind != kind {
            let right = file.declaration.kind.rawValue
            error(
                "'\(name)' is a \(right)", at: name, help: "write '\(right) \(name)'",
                note: ("it is declared here", file.name))
        }
        // What has a huge page is as long as one.
        let length = map.huge ? max(file.pages, Limits.hugePagePages) : file.pages
        if map.pages > length {
            warning(
                "'\(map.name)' is longer than '\(name)': pages behind its end get SIGBUS", at: map,
                note: ("the \(kind.rawValue) is declared here", file.name.span))
        }
        return file.index
    }

    /// The file or memfd of a name.
    mutating func file(_ name: Name) -> ResolvedTest.File? {
        if let index = fileIndices[name.text] { return resolved.files[index] }
        unknown("file", name, among: resolved.files.map(\.name.text))
        return nil
    }

    // MARK: Registers and references

    private mutating func collectResult(_ name: Name, of kind: Statement.Kind, _ actor: Int) {
        let key = RegisterKey(actor: actor, name: name.text)
        if let first = registerIndices[key] {
            error(
                "'\(name)' is written twice by '\(resolved.actors[actor].name)': take another name", at: name,
                note: ("the first is here", resolved.registers[first].name))
            return
        }
        registerIndices[key] = resolved.registers.count
        resolved.registers.append(
            ResolvedTest.Register(
                index: resolved.registers.count, actor: actor, name: name, kind: kind.resultKind))
        switch kind {
        case .reference(let interface, let address):
            let map = mappingIndices[address.mapping.text].map { resolved.mappings[$0].declaration }
            let isWhole = address.page == nil
            collectHandle(
                name, actor, interface, pages: isWhole ? map?.pages ?? 1 : 1,
                written: isWhole ? map?.count : nil)
        case .udmabuf(let file):
            let file = fileIndices[file.text].map { resolved.files[$0].declaration }
            collectHandle(name, actor, nil, pages: file?.pages ?? 1, written: file?.count)
        default: break
        }
    }

    private mutating func collectHandle(
        _ name: Name, _ actor: Int, _ interface: Interface?, pages: Int, written: Int?
    ) {
        let process = resolved.actors[actor].process
        let earlier = handleIndices[name.text, default: []].map { resolved.handles[$0] }
        if let first = earlier.first(where: { $0.process == process }) {
            error(
                "'\(name)' is already a reference of '\(resolved.actors[process].name)'", at: name,
                note: ("the first is made here", first.name))
            return
        }
        let index = resolved.handles.count
        handleIndices[name.text, default: []].append(index)
        resolved.handles.append(
            ResolvedTest.Handle(
                index: index, name: name, actor: actor, process: process, interface: interface, pages: pages,
                countWritten: written))
    }
}
