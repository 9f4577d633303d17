import TestLanguage

extension CWriter {
    /// The C of a statement.
    func lines(of statement: Statement, step: Int, actor: ResolvedTest.Actor) -> [String] {
        let register = statement.result.flatMap { test.register(named: $0.text, of: actor.index) }
        func kept(_ call: String) -> [String] {
            register.map { ["keep(\(registerName($0.index)), \(call));"] } ?? ["\(call);"]
        }
        switch statement.kind {
        case .store(let location, let value):
            return ["store(\(place(of: location.address)), \(location.word), \(value));"]
        case .load(let location): return kept("load(\(place(of: location.address)), \(location.word))")
        case .fork(let child, _): return kept("fork_actor(\(actorName(child)))")
        case .vfork(let child, _): return kept("vfork_actor(\(actorName(child)))")
        case .thread(let thread, _): return ["start_thread(\(actorName(thread)));"]
        case .exit: return ["exit_process();"]
        case .exec: return ["exec_and_go_on_from(\(step + 1));"]
        case .kill(let process): return kept("kill_actor(\(actorName(process)))")
        case .wait(let child): return ["wait_for_child(\(actorName(child)));"]
        case .join(let thread): return ["join_thread(\(actorName(thread)));"]
        case .signal(let event): return ["signal_event(\(eventName(event)));"]
        case .await(let event): return ["await_event(\(eventName(event)));"]
        case .map(let map): return ["map_pages(\(mappingName(map.name)));"]
        case .munmap(let address): return kept("unmap(\(place(of: address)))")
        case .mremap(let address): return kept("move(\(place(of: address)))")
        case .mprotect(let address, let protection):
            return kept("protect(\(place(of: address)), \(protection.constant))")
        case .mlock(let address): return kept("lock(\(place(of: address)))")
        case .madvise(let address, let advice):
            return kept("advise(\(place(of: address)), \(advice.rawValue))")
        case .cowOptOut: return kept("-ENOSYS")
        case .memcgLimit(let process, let pages):
            return kept("memcg_limit(\(actorName(process)), \(pages))")
        case .pwrite(let location, let value):
            let page = location.page ?? 0
            return kept("write_to_file(\(fileName(location.file)), \(page), \(location.word), \(value))")
        case .remote(let access, let process, let location):
            return kept(call(access, of: process, location))
        case .look(let look, let address): return kept("\(look.function)(\(place(of: address)))")
        case .clearRefs(let young): return kept("clear_references(\(young))")
        case .userfault(let call, let address): return kept(self.call(call, address))
        case .kernel(let doing): return kept(call(doing, by: actor))
        default: return referenceLines(of: statement, actor: actor, kept)
        }
    }

    // MARK: Names and places

    func actorName(_ name: Name) -> String {
        test.actor(named: name.text).map { actorName($0.index) } ?? "-1"
    }

    func eventName(_ name: Name) -> String {
        test.event(named: name.text).map { eventName($0.index) } ?? "-1"
    }

    func mappingName(_ name: Name) -> String {
        test.mapping(named: name.text).map { mappingName($0.index) } ?? "-1"
    }

    func fileName(_ name: Name) -> String {
        test.file(named: name.text).map { fileName($0.index) } ?? "-1"
    }

    /// Mapping and page, as two arguments; all pages are -1.
    func place(of address: Address) -> String {
        "\(mappingName(address.mapping)), \(page(of: address))"
    }

    /// The page of an address, where -1 means all; the only page of a mapping is its page 0.
    private func page(of address: Address) -> Int {
        if let page = address.page { return page }
        let mapping = test.mapping(named: address.mapping.text)
        return mapping?.declaration.count == nil && mapping?.declaration.isHuge == false ? 0 : -1
    }

    // MARK: Calls

    private func call(_ access: RemoteAccess, of process: Name, _ location: Location) -> String {
        let arguments = "\(actorName(process)), \(place(of: location.address)), \(location.word)"
        return switch access {
        case .processVMRead: "process_vm_read(\(arguments))"
        case .processVMWrite(let value): "process_vm_write(\(arguments), \(value))"
        case .procMemRead: "proc_mem_read(\(arguments))"
        case .procMemWrite(let value): "proc_mem_write(\(arguments), \(value))"
        }
    }

    private func call(_ call: UserfaultCall, _ address: Address) -> String {
        let place = place(of: address)
        return switch call {
        case .register(let modes): "userfault_register(\(place), \(modes.rawValue))"
        case .unregister: "userfault_unregister(\(place))"
        case .writeprotect: "userfault_writeprotect(\(place))"
        case .resolve(let wake): "userfault_resolve(\(place), \(wake))"
        case .wake: "userfault_wake(\(place))"
        case .copy(let value): "userfault_copy(\(place), \(value))"
        case .continue: "userfault_continue(\(place))"
        case .awaitFault: "await_fault(\(place))"
        case .pollFault: "poll_fault(\(place))"
        }
    }

    private func call(_ doing: Doing, by actor: ResolvedTest.Actor) -> String {
        func arguments(_ address: DoingAddress) -> String {
            let process = address.process.map { actorName($0) } ?? actorName(actor.process)
            return "\(process), \(place(of: address.address))"
        }
        return switch doing {
        case .reclaim(let address): "reclaim(\(arguments(address)))"
        case .shrink, .retract, .numaScan: "look_at_what_only_a_model_shows(0, 0)"
        case .migrate(let address): "migrate(\(arguments(address)))"
        case .ksmMerge(let first, let second): "ksm_merge(\(arguments(first)), \(arguments(second)))"
        case .collapse(let address): "collapse(\(arguments(address)))"
        case .lruAdd(let address): "lru_add(\(arguments(address)))"
        case .lruDrain: "lru_drain()"
        }
    }
}

extension Protection {
    /// In C.
    var constant: String {
        switch (read, write) {
        case (true, true): "PROT_READ | PROT_WRITE"
        case (true, false): "PROT_READ"
        case (false, true): "PROT_WRITE"
        case (false, false): "PROT_NONE"
        }
    }
}

extension Look {
    /// Its function in C.
    fileprivate var function: String {
        switch self {
        case .frame, .mapcount, .present, .young, .swapped, .huge, .softDirty, .pagemapScan:
            "look_" + rawValue
        case .pageCount, .pinned, .exclusive, .writable, .dirty: "look_at_what_only_a_model_shows"
        }
    }
}
