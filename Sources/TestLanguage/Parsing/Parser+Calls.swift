import Diagnostics

extension Parser {
    /// A statement that looks like a call.
    struct Call: Sendable {
        /// What is before its bracket.
        let name: String
        /// How it is written, for those who wrote it otherwise.
        let spelling: String
        /// Reads what is between its brackets.
        let arguments: @Sendable (inout Parser) throws(Failure) -> Statement.Kind

        init(
            _ spelling: String,
            _ arguments: @escaping @Sendable (inout Parser) throws(Failure) -> Statement.Kind
        ) {
            self.spelling = spelling
            name = String(spelling.prefix { $0 != "(" })
            self.arguments = arguments
        }
    }

    /// Every call, in the order of the language reference.
    static let calls =
        mappingCalls + referenceCalls + handleCalls + remoteCalls + userfaultCalls + lookCalls + doings

    /// Reads a call whose name is next.
    mutating func arguments(of call: Call) throws(Failure) -> Statement.Kind {
        callHelp = "it is written '\(call.spelling)'"
        defer { callHelp = nil }
        advance()
        guard !token.startsLine, take(.openBracket) else { throw failExpecting("'('") }
        brackets += 1
        let kind = try call.arguments(&self)
        try expect(.closeBracket)
        brackets -= 1
        return kind
    }

    // MARK: Mappings and processes

    private static let mappingCalls = [
        Call("munmap(x)") { parser throws(Failure) in .munmap(try parser.address()) },
        Call("mremap(x)") { parser throws(Failure) in .mremap(try parser.address()) },
        Call("mprotect(x, PROT_READ | PROT_WRITE)") { parser throws(Failure) in
            .mprotect(try parser.address(comma: true), try parser.protection())
        },
        Call("mlock(x)") { parser throws(Failure) in .mlock(try parser.address()) },
        Call("madvise(x, MADV_DONTNEED)") { parser throws(Failure) in
            .madvise(
                try parser.address(comma: true),
                try parser.word("an advice, such as MADV_DONTNEED", as: "advice", Advice.self))
        },
        Call("cow_opt_out()") { _ throws(Failure) in .cowOptOut },
        Call("kill(P)") { parser throws(Failure) in .kill(try parser.name("a process")) },
        Call("memcg_limit(P, 3)") { parser throws(Failure) in
            let process = try parser.name("a process")
            try parser.expect(.comma)
            return .memcgLimit(process, try parser.number("a number of frames", 1...Limits.amount))
        },
    ]

    private mutating func address(comma: Bool) throws(Failure) -> Address {
        let address = try address()
        if comma { try expect(.comma) }
        return address
    }

    private mutating func protection() throws(Failure) -> Protection {
        var read = false
        var write = false
        let known = ["PROT_NONE", "PROT_READ", "PROT_WRITE"]
        if isWord("PROT_NONE") {
            advance()
            return Protection(read: false, write: false)
        }
        repeat {
            guard token.kind == .word else { throw failExpecting("PROT_NONE, PROT_READ or PROT_WRITE") }
            switch text(token) {
            case "PROT_READ": read = true
            case "PROT_WRITE": write = true
            default: throw failUnknown("protection", token, among: known, list: true)
            }
            advance()
        } while take(.bar)
        return Protection(read: read, write: write)
    }

    // MARK: References

    private static let referenceCalls = [
        Call("vmsplice(x)") { parser throws(Failure) in .reference(.vmsplice, try parser.address()) },
        Call("io_uring_register(x)") { parser throws(Failure) in
            .reference(.ioUringRegister, try parser.address())
        },
        Call("rdma_register(x, read|write)") { parser throws(Failure) in
            let address = try parser.address(comma: true)
            return .reference(.rdmaRegister(try parser.access()), address)
        },
        Call("vfio_map(x, read|write[, dirty_tracking])") { parser throws(Failure) in
            let address = try parser.address(comma: true)
            let access = try parser.access()
            let words = try parser.furtherWords(["dirty_tracking"])
            return .reference(.vfioMap(access, dirtyTracking: !words.isEmpty), address)
        },
        Call("xdp_umem_register(x)") { parser throws(Failure) in
            .reference(.xdpUmemRegister, try parser.address())
        },
        Call("udmabuf(F)") { parser throws(Failure) in .udmabuf(try parser.name("a memfd")) },
        Call("direct_read(x)") { parser throws(Failure) in .reference(.directRead, try parser.address()) },
        Call("direct_write(x)") { parser throws(Failure) in .reference(.directWrite, try parser.address()) },
        Call("pin(x, read|write[, longterm][, slow])") { parser throws(Failure) in
            let address = try parser.address(comma: true)
            let access = try parser.access()
            let words = try parser.furtherWords(["longterm", "slow"])
            let (longterm, slow) = (words.contains("longterm"), words.contains("slow"))
            return .reference(.pin(access, longterm: longterm, slow: slow), address)
        },
        Call("get(x, read|write[, slow])") { parser throws(Failure) in
            let address = try parser.address(comma: true)
            let access = try parser.access()
            let words = try parser.furtherWords(["slow"])
            return .reference(.get(access, slow: !words.isEmpty), address)
        },
    ]

    private mutating func access() throws(Failure) -> Access {
        let access = try word("'read' or 'write'", as: "access", Access.self)
        if isSymbol(.bar) {
            throw fail("expected one of 'read' and 'write'", at: token.span, help: "'write' includes reading")
        }
        return access
    }

    /// `, word, …`: each of the known words once at most.
    private mutating func furtherWords(_ known: [String]) throws(Failure) -> Set<String> {
        var words: Set<String> = []
        while take(.comma) {
            guard token.kind == .word else {
                throw failExpecting(known.map { "'\($0)'" }.joined(separator: " or "))
            }
            guard known.contains(text(token)) else {
                throw failUnknown("word", token, among: known, list: true)
            }
            guard words.insert(text(token)).inserted else {
                throw fail("'\(shown(token))' stands here twice", at: token.span)
            }
            advance()
        }
        return words
    }

    // MARK: What is done with references

    private static let handleCalls = [
        Call("read(p)") { parser throws(Failure) in .read(try parser.handleLocation()) },
        Call("dma_read(b)") { parser throws(Failure) in .dmaRead(try parser.handleLocation()) },
        Call("dma_write(b, 3)") { parser throws(Failure) in
            let location = try parser.handleLocation()
            try parser.expect(.comma)
            return .dmaWrite(location, try parser.value())
        },
        Call("complete(d, 7)") { parser throws(Failure) in
            let location = try parser.handleLocation()
            try parser.expect(.comma)
            return .complete(location, try parser.value())
        },
        Call("fetch(d)") { parser throws(Failure) in .fetch(try parser.handleLocation()) },
        Call("iommu_dirty(v)") { parser throws(Failure) in .iommuDirty(try parser.handleLocation()) },
        Call("rdma_reregister(b, read|write)") { parser throws(Failure) in
            let handle = try parser.name("the name of a reference")
            try parser.expect(.comma)
            return .reregister(handle, try parser.access())
        },
        Call("close(b)") { parser throws(Failure) in .close(try parser.name("the name of a reference")) },
        Call("send(b, P)") { parser throws(Failure) in
            let handle = try parser.name("the name of a reference")
            try parser.expect(.comma)
            return .send(handle, to: try parser.name("a process"))
        },
    ]

    // MARK: Other people's memory

    private static let remoteCalls = [
        Call("process_vm_readv(P, x)") { parser throws(Failure) in
            try parser.remote { _ throws(Failure) in .processVMRead }
        },
        Call("process_vm_writev(P, x, 4)") { parser throws(Failure) in
            try parser.remote { parser throws(Failure) in .processVMWrite(try parser.commaAndValue()) }
        },
        Call("proc_mem_read(P, x)") { parser throws(Failure) in
            try parser.remote { _ throws(Failure) in .procMemRead }
        },
        Call("proc_mem_write(P, x, 4)") { parser throws(Failure) in
            try parser.remote { parser throws(Failure) in .procMemWrite(try parser.commaAndValue()) }
        },
        Call("pwrite(F, 4)") { parser throws(Failure) in
            .pwrite(try parser.fileLocation(), try parser.commaAndValue())
        },
    ]

    private mutating func remote(
        _ access: (inout Parser) throws(Failure) -> RemoteAccess
    ) throws(Failure) -> Statement.Kind {
        let process = try name("a process")
        try expect(.comma)
        let location = try location()
        return .remote(try access(&self), process: process, location)
    }

    private mutating func commaAndValue() throws(Failure) -> UInt16 {
        try expect(.comma)
        return try value()
    }

    // MARK: userfaultfd

    private static let userfaultCalls = [
        Call("uffd_register(x, wp)") { parser throws(Failure) in
            let address = try parser.address(comma: true)
            return .userfault(.register(try parser.userfaultModes()), address)
        },
        Call("uffd_unregister(x)") { parser throws(Failure) in
            .userfault(.unregister, try parser.address())
        },
        Call("uffd_writeprotect(x)") { parser throws(Failure) in
            .userfault(.writeprotect, try parser.address())
        },
        Call("uffd_resolve(x[, dontwake])") { parser throws(Failure) in
            let address = try parser.address()
            return .userfault(.resolve(wake: try parser.furtherWords(["dontwake"]).isEmpty), address)
        },
        Call("uffd_wake(x)") { parser throws(Failure) in .userfault(.wake, try parser.address()) },
        Call("uffd_copy(x, 3)") { parser throws(Failure) in
            let address = try parser.address()
            return .userfault(.copy(try parser.commaAndValue()), address)
        },
        Call("uffd_continue(x)") { parser throws(Failure) in .userfault(.continue, try parser.address()) },
        Call("await_fault(x)") { parser throws(Failure) in .userfault(.awaitFault, try parser.address()) },
        Call("poll_fault(x)") { parser throws(Failure) in .userfault(.pollFault, try parser.address()) },
    ]

    private mutating func userfaultModes() throws(Failure) -> UserfaultModes {
        let start = token.span.start
        var modes: UserfaultModes = []
        repeat {
            let known = UserfaultModes.spellings.map(\.word)
            guard token.kind == .word else { throw failExpecting("'wp', 'missing' or 'minor'") }
            let word = text(token)
            guard let mode = UserfaultModes.spellings.first(where: { $0.word == word })?.mode else {
                throw failUnknown("word", token, among: known, list: true)
            }
            guard modes.insert(mode).inserted else {
                throw fail("'\(word)' stands here twice", at: token.span)
            }
            advance()
        } while take(.comma)
        guard !modes.isDisjoint(with: [.writeProtect, .missing, .minor]) else {
            throw fail("expected 'wp', 'missing' or 'minor' among the words", at: Span(start, lastEnd))
        }
        return modes
    }

    // MARK: Looks and tracking

    private static let lookCalls =
        Look.allCases.map { look in
            Call("\(look.rawValue)(x)") { parser throws(Failure) in .look(look, try parser.address()) }
        } + [
            Call("clear_refs([young])") { parser throws(Failure) in
                if parser.isSymbol(.closeBracket) { return .clearRefs(young: false) }
                guard parser.isWord("young") else { throw parser.failExpecting("'young' or ')'") }
                parser.advance()
                return .clearRefs(young: true)
            }
        ]

    // MARK: Doings of the kernel

    /// What may stand after `background`, too.
    static let doings = [
        Call("reclaim(x)") { parser throws(Failure) in .kernel(.reclaim(try parser.doingAddress())) },
        Call("shrink(x)") { parser throws(Failure) in .kernel(.shrink(try parser.doingAddress())) },
        Call("retract(x)") { parser throws(Failure) in .kernel(.retract(try parser.doingAddress())) },
        Call("migrate(x)") { parser throws(Failure) in .kernel(.migrate(try parser.doingAddress())) },
        Call("numa_scan(x)") { parser throws(Failure) in .kernel(.numaScan(try parser.doingAddress())) },
        Call("ksm_merge(x, y)") { parser throws(Failure) in
            let first = try parser.doingAddress()
            try parser.expect(.comma)
            return .kernel(.ksmMerge(first, try parser.doingAddress()))
        },
        Call("collapse(x)") { parser throws(Failure) in .kernel(.collapse(try parser.doingAddress())) },
        Call("lru_add(x)") { parser throws(Failure) in .kernel(.lruAdd(try parser.doingAddress())) },
        Call("lru_drain()") { _ throws(Failure) in .kernel(.lruDrain) },
    ]
}
