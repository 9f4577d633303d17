import Diagnostics

/// Follows each actor through its block, with what it knows at each statement.
extension Checker {
    /// What an actor has at a statement.
    struct View {
        let actor: Int
        /// Mappings that were made before, by itself or before its process was forked.
        var mappings: Set<Int> = []
        /// References that were made before, by itself or before its process was forked.
        var handles: [String: Int] = [:]
        /// Where it closed a reference.
        var closed: [String: Span] = [:]
        /// Actors that it began.
        var begun: Set<Int> = []
        /// Whether the statement keeps its result: who does expects that it may be an error.
        var keepsResult = false
        /// Where it ended its process.
        var exit: Span?
        /// Whether it ran another program.
        var hasExecuted = false
    }

    mutating func followProcess(_ process: ProcessDeclaration) {
        let actor = nextActor
        var view = View(actor: actor)
        if actor == 0 {
            view.mappings = Set(resolved.mappings.filter { $0.actor == nil }.map(\.index))
        }
        follow(process.block, view)
    }

    private mutating func follow(_ block: Block, _ start: View) {
        var view = start
        nextActor += 1
        let process = resolved.actors[view.actor].process
        everMapped[process, default: []].formUnion(view.mappings)
        for (name, handle) in view.handles { use(handle, as: name, in: process) }
        var warned = false
        for statement in block.statements where !hasTooManyErrors {
            if let exit = view.exit, !warned {
                warning("this is never done", at: statement, note: ("the process has ended here", exit))
                warned = true
            }
            follow(statement, &view)
        }
        checkEnd(view)
    }

    /// A parent goes on after vfork only when its child has ended or runs another program.
    private mutating func checkEnd(_ view: View) {
        let actor = resolved.actors[view.actor]
        let goesOn = endingProcesses.contains(actor.process) || executingProcesses.contains(actor.process)
        if actor.kind == .vfork, !goesOn {
            error(
                "'\(actor.name)' needs 'exit' or 'exec': until then the caller of vfork waits", at: actor.name
            )
        }
    }

    private mutating func follow(_ statement: Statement, _ view: inout View) {
        view.keepsResult = statement.result != nil
        switch statement.kind {
        case .fork(_, let block), .vfork(_, let block): begin(block, &view, isThread: false)
        case .thread(_, let block): begin(block, &view, isThread: true)
        case .exit: view.exit = statement.span
        case .exec: execute(statement, &view)
        case .wait(let name): checkWait(name, view)
        case .join(let name): checkJoin(name, view)
        case .kill(let name): checkKill(name, view)
        case .await(let event): checkAwait(event)
        case .signal: break
        case .map(let map): addMapping(map, &view)
        default: checkCall(statement, &view)
        }
        if let name = statement.result { addResult(name, of: statement.kind, &view) }
    }

    // MARK: Processes and threads

    private mutating func begin(_ block: Block, _ view: inout View, isThread: Bool) {
        let child = nextActor
        view.begun.insert(child)
        var start = View(actor: child, mappings: view.mappings, handles: view.handles)
        start.hasExecuted = isThread && view.hasExecuted
        follow(block, start)
    }

    private mutating func execute(_ statement: Statement, _ view: inout View) {
        let actor = resolved.actors[view.actor]
        if actor.kind == .thread {
            error("'exec' stands in a thread: only a process's first thread may exec", at: statement)
        }
        view.mappings = []
        view.hasExecuted = true
    }

    private mutating func checkWait(_ name: Name, _ view: View) {
        guard let child = actor(name) else { return }
        let caller = resolved.actors[view.actor]
        if child.index == caller.process {
            error("a process cannot wait for itself", at: name)
        } else if child.kind == .thread {
            error("'\(name)' is a thread", at: name, help: "write 'join \(name)'")
        } else if child.parent.map({ resolved.actors[$0].process }) != caller.process {
            error(
                "'\(name)' is no child of '\(resolved.actors[caller.process].name)'", at: name,
                note: ("it begins here", child.name))
        } else if isLater(child, view) {
            error("'\(name)' is forked only later", at: name, note: ("it is forked here", child.name))
        } else if !endingProcesses.contains(child.index) {
            error(
                "'\(name)' never ends: a process that reaches the end of its block stays", at: name,
                help: "end its block with 'exit'", note: ("it begins here", child.name))
        }
    }

    private mutating func checkJoin(_ name: Name, _ view: View) {
        guard let thread = actor(name) else { return }
        let caller = resolved.actors[view.actor]
        if thread.kind != .thread {
            error("'\(name)' is a process", at: name, help: "write 'wait \(name)'")
        } else if thread.process != caller.process {
            error(
                "'\(name)' is a thread of '\(resolved.actors[thread.process].name)', not of "
                    + "'\(resolved.actors[caller.process].name)'", at: name,
                note: ("it begins here", thread.name))
        } else if thread.index == caller.index {
            error("a thread cannot join itself", at: name)
        } else if isLater(thread, view) {
            error("'\(name)' is begun only later", at: name, note: ("it begins here", thread.name))
        }
    }

    private mutating func checkKill(_ name: Name, _ view: View) {
        guard let process = process(name) else { return }
        if isLater(process, view) {
            error("'\(name)' is forked only later", at: name, note: ("it is forked here", process.name))
        }
    }

    /// Whether the same actor begins it, and has not done so yet.
    private func isLater(_ actor: ResolvedTest.Actor, _ view: View) -> Bool {
        actor.parent == view.actor && !view.begun.contains(actor.index)
    }

    private mutating func checkAwait(_ event: Name) {
        if eventIndices[event.text] != nil { return }
        let nearest = nearestName(to: event.text, among: resolved.events.map(\.name.text))
        error(
            "nobody signals '\(event)'", at: event, help: nearest.map { "did you mean '\($0)'?" })
    }

    // MARK: Mappings

    private mutating func addMapping(_ map: MapDeclaration, _ view: inout View) {
        guard let index = mappingIndices[map.name.text] else { return }
        view.mappings.insert(index)
        everMapped[resolved.actors[view.actor].process, default: []].insert(index)
    }

    /// Checks an address in the memory of an actor.
    mutating func checkAddress(_ address: Address, _ view: View, needsOne: Bool = false) {
        guard let mapping = mapping(address, needsOne: needsOne) else { return }
        if view.mappings.contains(mapping.index) || mayBeMapped(mapping, by: view.actor) { return }
        let actor = resolved.actors[view.actor].name
        let name = address.mapping
        if view.hasExecuted,
            everMapped[resolved.actors[view.actor].process, default: []].contains(mapping.index)
        {
            error(
                "'\(name)' is gone: exec gave up all mappings", at: address,
                note: ("it is mapped here", mapping.name))
        } else if mapping.actor == view.actor {
            error("'\(name)' is mapped only later", at: address, note: ("it is mapped here", mapping.name))
        } else {
            let owner = resolved.actors[mapping.actor ?? 0].name
            error(
                "'\(name)' is mapped by '\(owner)', and not by '\(actor)'", at: address,
                help: mapping.actor == nil ? "mappings outside of processes are the first process's" : nil,
                note: ("it is mapped here", mapping.name))
        }
    }

    /// The mapping of an address, whoever says it.
    mutating func mapping(_ address: Address, needsOne: Bool) -> ResolvedTest.Mapping? {
        guard let index = mappingIndices[address.mapping.text] else {
            unknown("mapping", address.mapping, among: resolved.mappings.map(\.name.text))
            return nil
        }
        let mapping = resolved.mappings[index]
        checkPage(
            address.page, of: mapping.pages, named: address.mapping, declared: mapping.name,
            written: mapping.declaration.count, needsOne: needsOne, at: address)
        return mapping
    }

    /// Whether another actor makes a mapping in the memory of this one or of those that it descends from: then
    /// nothing in the text says what comes first.
    func mayBeMapped(_ mapping: ResolvedTest.Mapping, by actor: Int) -> Bool {
        guard let maker = mapping.actor else { return false }
        let memory = resolved.actors[maker].memory
        return lineage(of: actor).contains { $0 != maker && resolved.actors[$0].memory == memory }
    }

    // MARK: The memory of others

    /// Checks that the mappings that were said to be in a process's memory may be there at some time.
    mutating func checkRemoteUses() {
        for use in remoteUses {
            guard let index = mappingIndices[use.address.mapping.text] else { continue }
            let mapping = resolved.mappings[index]
            if mayEverBeMapped(mapping, in: use.process) { continue }
            error(
                "'\(use.address.mapping)' is never mapped by '\(resolved.actors[use.process].name)'",
                at: use.address, note: ("it is mapped here", mapping.name))
        }
    }

    private func mayEverBeMapped(_ mapping: ResolvedTest.Mapping, in process: Int) -> Bool {
        resolved.actors.contains { actor in
            guard actor.process == process || actor.memory == process else { return false }
            return everMapped[actor.process, default: []].contains(mapping.index)
                || mayBeMapped(mapping, by: actor.index)
        }
    }
}
