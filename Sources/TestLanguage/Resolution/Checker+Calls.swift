import Diagnostics

/// Checks the calls of an actor.
extension Checker {
    mutating func checkCall(_ statement: Statement, _ view: inout View) {
        switch statement.kind {
        case .store(let location, _): checkAddress(location.address, view)
        case .load(let location): checkAddress(location.address, view, needsOne: true)
        case .munmap(let address), .mprotect(let address, _), .mlock(let address),
            .madvise(let address, _), .userfault(_, let address), .reference(_, let address):
            checkAddress(address, view)
        case .mremap(let address):
            checkAddress(address, view)
            checkWhole(address)
        case .look(_, let address): checkAddress(address, view, needsOne: true)
        case .remote(let access, let name, let location): checkRemote(access, name, location)
        case .pwrite(let location, _): checkFile(location, needsOne: false)
        case .udmabuf(let name):
            if let file = file(name), file.declaration.kind != .memfd {
                error(
                    "expected a memfd, and '\(name)' is a file", at: name,
                    note: ("it is declared here", file.name))
            }
        case .kernel(let doing):
            for address in doing.addresses { checkDoing(address, view) }
        case .memcgLimit(let name, _): _ = process(name)
        default: checkHandleCall(statement, &view)
        }
    }

    /// A mapping's name stands for one place: a page of several cannot go elsewhere alone.
    private mutating func checkWhole(_ address: Address) {
        guard address.page != nil, let mapping = mapping(address, needsOne: false), mapping.pages > 1 else {
            return
        }
        error(
            "mremap moves a whole mapping: write 'mremap(\(address.mapping))'", at: address,
            note: ("it has \(mapping.pages) pages", mapping.name))
    }

    private mutating func checkRemote(_ access: RemoteAccess, _ name: Name, _ location: Location) {
        let reads =
            switch access {
            case .processVMRead, .procMemRead: true
            case .processVMWrite, .procMemWrite: false
            }
        guard mapping(location.address, needsOne: reads) != nil, let process = process(name) else { return }
        remoteUses.append(RemoteUse(process: process.index, address: location.address))
    }

    mutating func checkFile(_ location: FileLocation, needsOne: Bool) {
        guard let file = file(location.file) else { return }
        checkPage(
            location.page, of: file.pages, named: location.file, declared: file.name,
            written: file.declaration.count, needsOne: needsOne, at: location)
    }

    /// Checks what a doing of the kernel is about; without a view it is one in the background.
    mutating func checkDoing(_ address: DoingAddress, _ view: View?) {
        if let name = address.process {
            guard mapping(address.address, needsOne: false) != nil, let process = process(name) else {
                return
            }
            remoteUses.append(RemoteUse(process: process.index, address: address.address))
        } else if let view {
            checkAddress(address.address, view)
        } else if mapping(address.address, needsOne: false) != nil {
            remoteUses.append(RemoteUse(process: 0, address: address.address))
        }
    }

    // MARK: References

    private mutating func checkHandleCall(_ statement: Statement, _ view: inout View) {
        switch statement.kind {
        case .read(let location): checkHandle(location, "read", view)
        case .dmaRead(let location): checkHandle(location, "dma_read", view)
        case .dmaWrite(let location, _): checkHandle(location, "dma_write", view)
        case .complete(let location, _): checkHandle(location, "complete", view)
        case .fetch(let location): checkHandle(location, "fetch", view)
        case .iommuDirty(let location): checkHandle(location, "iommu_dirty", view)
        case .reregister(let name, _): checkRegion(name, view)
        case .close(let name):
            if handle(name, view) != nil { view.closed[name.text] = statement.span }
        case .send(let name, let receiver): checkSend(name, receiver, view)
        default: break
        }
    }

    private mutating func checkHandle(
        _ location: HandleLocation, _ call: String, _ view: View
    ) {
        guard let handle = handle(location.handle, view) else { return }
        let isRight = Checker.fits(call, handle.interface)
        if !isRight {
            error(
                "'\(call)' does not go with '\(handle.interface?.name ?? "udmabuf")'", at: location.handle,
                help: "it goes with \(Checker.partners(of: call))", note: ("it is made here", handle.name))
        }
        checkPage(
            location.page, of: handle.pages, named: location.handle, declared: handle.name,
            written: handle.countWritten, needsOne: true, at: location)
    }

    private mutating func checkRegion(_ name: Name, _ view: View) {
        guard let handle = handle(name, view) else { return }
        if case .rdmaRegister = handle.interface { return }
        error(
            "'rdma_reregister' does not go with '\(handle.interface?.name ?? "udmabuf")'", at: name,
            help: "it goes with 'rdma_register'", note: ("it is made here", handle.name))
    }

    private static func fits(_ call: String, _ interface: Interface?) -> Bool {
        switch (call, interface) {
        case ("read", .vmsplice), ("complete", .directRead), ("fetch", .directWrite): true
        case ("iommu_dirty", .vfioMap(_, let dirtyTracking)): dirtyTracking
        case ("dma_read", .vmsplice), ("dma_read", .directRead), ("dma_read", .directWrite): false
        case ("dma_write", .vmsplice), ("dma_write", .directRead), ("dma_write", .directWrite): false
        case ("dma_read", _), ("dma_write", _): true
        default: false
        }
    }

    private static func partners(of call: String) -> String {
        switch call {
        case "read": "'vmsplice'"
        case "complete": "'direct_read'"
        case "fetch": "'direct_write'"
        case "iommu_dirty": "'vfio_map(…, dirty_tracking)'"
        default: "registered memory, 'pin' and 'get'"
        }
    }

    private mutating func checkSend(_ name: Name, _ receiverName: Name, _ view: View) {
        guard let handle = handle(name, view), let receiver = process(receiverName) else { return }
        if receiver.index == resolved.actors[view.actor].process {
            error("a process cannot send a reference to itself", at: receiverName)
        }
        let others = handleIndices[name.text, default: []].map { resolved.handles[$0] }
        if let other = others.first(where: { $0.process == receiver.index && $0.index != handle.index }) {
            error(
                "'\(receiverName)' has a reference '\(name)' of its own", at: name,
                note: ("it is made here", other.name))
        }
        use(handle.index, as: name.text, in: receiver.index)
    }

    /// Adds what a statement's result names, if it is a reference; a register must not be taken for one.
    mutating func addResult(_ name: Name, of kind: Statement.Kind, _ view: inout View) {
        let process = resolved.actors[view.actor].process
        let known = view.handles[name.text] ?? sharedHandle(name.text, of: process, except: view.actor)
        if let known, resolved.handles[known].actor != view.actor {
            let handle = resolved.handles[known]
            // Two that the process makes itself have been reported already.
            if handle.process != process || kind.resultKind != .reference {
                error(
                    "'\(name)' is already a reference that '\(resolved.actors[process].name)' has: take another name",
                    at: name, note: ("it is made here", handle.name))
            }
        }
        guard kind.resultKind == .reference else { return }
        let made = handleIndices[name.text, default: []].first { resolved.handles[$0].process == process }
        if let made {
            view.handles[name.text] = made
            use(made, as: name.text, in: process)
        }
    }

    /// The reference that an actor means.
    private mutating func handle(_ name: Name, _ view: View) -> ResolvedTest.Handle? {
        let process = resolved.actors[view.actor].process
        let known = view.handles[name.text] ?? arrivingHandle(name.text, view.actor)
        guard let index = known ?? handleOfOthers(name, view) else { return nil }
        use(index, as: name.text, in: process)
        if let closed = view.closed[name.text], !view.keepsResult {
            warning("'\(name)' is closed: this gives -EBADF", at: name, note: ("it is closed here", closed))
        }
        return resolved.handles[index]
    }

    mutating func use(_ handle: Int, as name: String, in process: Int) {
        resolved.handlesInUse[ResolvedTest.HandleUse(process: process, name: name)] = handle
    }

    /// A reference that may be there although nothing in the text says when: made by another thread of the process or
    /// of those that it descends from, or sent to one of them.
    private func arrivingHandle(_ name: String, _ actor: Int) -> Int? {
        for member in lineage(of: actor) {
            let process = resolved.actors[member].process
            if let index = sharedHandle(name, of: process, except: member) { return index }
            for send in sends where send.receiver == process && send.handle.text == name {
                if let index = handleOfSender(name, send.sender) { return index }
            }
        }
        return nil
    }

    private func sharedHandle(_ name: String, of process: Int, except actor: Int) -> Int? {
        handleIndices[name, default: []].first {
            resolved.handles[$0].process == process && resolved.handles[$0].actor != actor
        }
    }

    private func handleOfSender(_ name: String, _ sender: Int) -> Int? {
        let processes = lineage(of: sender).map { resolved.actors[$0].process }
        return handleIndices[name, default: []].first { processes.contains(resolved.handles[$0].process) }
    }

    /// A reference that an actor names but does not have. That of another process gives -EBADF.
    private mutating func handleOfOthers(_ name: Name, _ view: View) -> Int? {
        let actor = resolved.actors[view.actor]
        if let index = handleIndices[name.text]?.first {
            let handle = resolved.handles[index]
            if handle.actor == view.actor {
                error("'\(name)' is made only later", at: name, note: ("it is made here", handle.name))
                return nil
            }
            if !view.keepsResult {
                warning(
                    "'\(actor.name)' neither inherits '\(name)' nor is sent it: this gives -EBADF", at: name,
                    note: ("it is made here", handle.name.span))
            }
            return index
        }
        if let index = registerIndices[RegisterKey(actor: view.actor, name: name.text)] {
            error(
                "'\(name)' is a register, not a reference", at: name,
                note: ("it is written here", resolved.registers[index].name))
        } else {
            unknown("reference", name, among: resolved.handles.map(\.name.text))
        }
        return nil
    }
}

extension Doing {
    /// What it is about.
    public var addresses: [DoingAddress] {
        switch self {
        case .reclaim(let address), .shrink(let address), .retract(let address), .migrate(let address),
            .numaScan(let address), .collapse(let address), .lruAdd(let address):
            [address]
        case .ksmMerge(let first, let second): [first, second]
        case .lruDrain: []
        }
    }
}
