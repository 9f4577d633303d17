extension ProcessDeclaration: CustomStringConvertible {
    /// Its lines, without the end of the last.
    public var description: String { "process \(name) \(block)" }
}

extension Block: CustomStringConvertible {
    /// Its lines, without the end of the last.
    public var description: String { printed(indentation: 0) }

    fileprivate func printed(indentation: Int) -> String {
        if statements.isEmpty { return "{}" }
        let margin = String(repeating: " ", count: indentation)
        let lines = statements.map { "\(margin)    \($0.printed(indentation: indentation + 4))\n" }
        return "{\n\(lines.joined())\(margin)}"
    }
}

extension Statement: CustomStringConvertible {
    /// The statement on one line; the block of a fork or a thread as `{ … }`.
    public var description: String {
        printed { $0.statements.isEmpty ? "{}" : "{ … }" }
    }

    fileprivate func printed(indentation: Int) -> String {
        printed { $0.printed(indentation: indentation) }
    }

    private func printed(_ printBlock: (Block) -> String) -> String {
        let action =
            switch kind {
            case .fork(let name, let block): "fork \(name) \(printBlock(block))"
            case .vfork(let name, let block): "vfork \(name) \(printBlock(block))"
            case .thread(let name, let block): "thread \(name) \(printBlock(block))"
            default: "\(kind)"
            }
        return (result.map { "\($0) = " } ?? "") + action
    }
}

extension Statement.Kind: CustomStringConvertible {
    /// What is done, on one line, without where its result goes.
    public var description: String {
        switch self {
        case .store(let location, let value): "*\(location) = \(value)"
        case .load(let location): "*\(location)"
        case .fork(let name, _): "fork \(name) { … }"
        case .vfork(let name, _): "vfork \(name) { … }"
        case .thread(let name, _): "thread \(name) { … }"
        case .exit: "exit"
        case .exec: "exec"
        case .kill(let process): "kill(\(process))"
        case .wait(let child): "wait \(child)"
        case .join(let thread): "join \(thread)"
        case .signal(let event): "signal \(event)"
        case .await(let event): "await \(event)"
        case .map(let map): "\(map)"
        default: callDescription
        }
    }

    private var callDescription: String {
        switch self {
        case .munmap(let address): "munmap(\(address))"
        case .mremap(let address): "mremap(\(address))"
        case .mprotect(let address, let protection): "mprotect(\(address), \(protection))"
        case .mlock(let address): "mlock(\(address))"
        case .madvise(let address, let advice): "madvise(\(address), \(advice.rawValue))"
        case .cowOptOut: "cow_opt_out()"
        case .remote(let access, let process, let location): access.printed(process, location)
        case .pwrite(let location, let value): "pwrite(\(location), \(value))"
        case .look(let look, let address): "\(look.rawValue)(\(address))"
        case .clearRefs(let young): young ? "clear_refs(young)" : "clear_refs()"
        case .userfault(let call, let address): call.printed(address)
        case .kernel(let doing): "\(doing)"
        case .memcgLimit(let process, let amount): "memcg_limit(\(process), \(amount))"
        default: referenceDescription
        }
    }

    private var referenceDescription: String {
        switch self {
        case .reference(let interface, let address): interface.printed(address)
        case .udmabuf(let file): "udmabuf(\(file))"
        case .read(let location): "read(\(location))"
        case .dmaRead(let location): "dma_read(\(location))"
        case .dmaWrite(let location, let value): "dma_write(\(location), \(value))"
        case .complete(let location, let value): "complete(\(location), \(value))"
        case .fetch(let location): "fetch(\(location))"
        case .iommuDirty(let location): "iommu_dirty(\(location))"
        case .reregister(let handle, let access): "rdma_reregister(\(handle), \(access.rawValue))"
        case .close(let handle): "close(\(handle))"
        case .send(let handle, let process): "send(\(handle), \(process))"
        default: ""
        }
    }
}

// MARK: Addresses

extension Address: CustomStringConvertible {
    /// `x`, `a[2]`
    public var description: String { "\(mapping)\(inBrackets(page))" }
}

extension Location: CustomStringConvertible {
    /// `x`, `x.1`
    public var description: String { "\(address)\(afterDot(word))" }
}

extension ProcessAddress: CustomStringConvertible {
    /// `P:x`
    public var description: String { "\(process):\(address)" }
}

extension DoingAddress: CustomStringConvertible {
    /// `x`, `P:x`
    public var description: String { (process.map { "\($0):" } ?? "") + "\(address)" }
}

extension HandleLocation: CustomStringConvertible {
    /// `b`, `b[1].2`
    public var description: String { "\(handle)\(inBrackets(page))\(afterDot(word))" }
}

extension FileLocation: CustomStringConvertible {
    /// `F`, `F[1].2`
    public var description: String { "\(file)\(inBrackets(page))\(afterDot(word))" }
}

// MARK: Calls

extension Protection: CustomStringConvertible {
    /// As mprotect(2) takes it.
    public var description: String {
        let words = (read ? ["PROT_READ"] : []) + (write ? ["PROT_WRITE"] : [])
        return words.isEmpty ? "PROT_NONE" : words.joined(separator: " | ")
    }
}

extension Interface {
    /// The name of the call.
    public var name: String {
        switch self {
        case .vmsplice: "vmsplice"
        case .ioUringRegister: "io_uring_register"
        case .rdmaRegister: "rdma_register"
        case .vfioMap: "vfio_map"
        case .xdpUmemRegister: "xdp_umem_register"
        case .directRead: "direct_read"
        case .directWrite: "direct_write"
        case .pin: "pin"
        case .get: "get"
        }
    }

    /// The call with its address.
    fileprivate func printed(_ address: Address) -> String {
        "\(name)(\(([address.description] + words).joined(separator: ", ")))"
    }

    private var words: [String] {
        switch self {
        case .vmsplice, .ioUringRegister, .xdpUmemRegister, .directRead, .directWrite: []
        case .rdmaRegister(let access): [access.rawValue]
        case .vfioMap(let access, let dirtyTracking):
            [access.rawValue] + (dirtyTracking ? ["dirty_tracking"] : [])
        case .pin(let access, let longterm, let slow):
            [access.rawValue] + (longterm ? ["longterm"] : []) + (slow ? ["slow"] : [])
        case .get(let access, let slow): [access.rawValue] + (slow ? ["slow"] : [])
        }
    }
}

extension RemoteAccess {
    fileprivate func printed(_ process: Name, _ location: Location) -> String {
        switch self {
        case .processVMRead: "process_vm_readv(\(process), \(location))"
        case .processVMWrite(let value): "process_vm_writev(\(process), \(location), \(value))"
        case .procMemRead: "proc_mem_read(\(process), \(location))"
        case .procMemWrite(let value): "proc_mem_write(\(process), \(location), \(value))"
        }
    }
}

extension UserfaultCall {
    fileprivate func printed(_ address: Address) -> String {
        switch self {
        case .register(let modes):
            "uffd_register(\(address), \(modes))"
        case .unregister: "uffd_unregister(\(address))"
        case .writeprotect: "uffd_writeprotect(\(address))"
        case .resolve(let wake): "uffd_resolve(\(address)\(wake ? "" : ", dontwake"))"
        case .wake: "uffd_wake(\(address))"
        case .copy(let value): "uffd_copy(\(address), \(value))"
        case .continue: "uffd_continue(\(address))"
        case .awaitFault: "await_fault(\(address))"
        case .pollFault: "poll_fault(\(address))"
        }
    }
}

extension UserfaultModes: CustomStringConvertible {
    /// Its words, with commas.
    public var description: String {
        UserfaultModes.spellings.filter { contains($0.mode) }.map(\.word).joined(separator: ", ")
    }
}

extension Doing: CustomStringConvertible {
    /// The call.
    public var description: String {
        switch self {
        case .reclaim(let address): "reclaim(\(address))"
        case .shrink(let address): "shrink(\(address))"
        case .retract(let address): "retract(\(address))"
        case .migrate(let address): "migrate(\(address))"
        case .numaScan(let address): "numa_scan(\(address))"
        case .ksmMerge(let first, let second): "ksm_merge(\(first), \(second))"
        case .collapse(let address): "collapse(\(address))"
        case .lruAdd(let address): "lru_add(\(address))"
        case .lruDrain: "lru_drain()"
        }
    }
}
