import TestLanguage

extension CWriter {
    /// What the test needs, and why it cannot run at all.
    mutating func collectNeeds() {
        for declaration in test.test.declarations {
            switch declaration.kind {
            case .background: cannotRun("nobody can make a kernel do something at a moment of its own choice")
            case .frames: cannotRun("a kernel's physical memory cannot be bounded to a few frames")
            case .memcg(let name, _):
                needs.insert(.memoryCgroup)
                if test.actor(named: name.text)?.kind == .fork {
                    cannotRun("what a forked process has at first is charged to the cgroup of its parent")
                }
            case .hugepages: needs.insert(.hugetlb)
            case .swap: needs.insert(.limitedSwap)
            case .pinBias(let bias):
                if !takesPlainReferences, test.actors.count(where: { $0.kind == .fork }) + 1 >= bias {
                    cannotRun(
                        "a kernel's pin bias is 1024, which the mappings of a few processes do not reach")
                } else if fillsBatches {
                    cannotRun("a kernel's pin bias is 1024, and a batch holds one reference to a page")
                }
            case .map, .file: break
            }
        }
        for mapping in test.mappings {
            if mapping.declaration.huge { needs.insert(.hugePages) }
            if mapping.declaration.backing == .hugetlb { needs.insert(.hugetlb) }
        }
        for actor in test.actors {
            for statement in actor.block.statements { collectNeeds(of: statement, actor) }
        }
        if needs.contains(.memoryCgroup), !needs.isDisjoint(with: [.swap, .limitedSwap]) {
            cannotRun("where memory is limited there is no swap, for what is out would not count")
        }
        if test.registers.count > 256 { cannotRun("it has more than 256 registers") }
    }

    private mutating func collectNeeds(of statement: Statement, _ actor: ResolvedTest.Actor) {
        switch statement.kind {
        case .cowOptOut: cannotRun("no kernel has cow_opt_out()")
        case .reference(let interface, let address):
            need(Means.means(for: interface))
            if interface.writesForLong, let map = test.mapping(named: address.mapping.text)?.declaration,
                case .file = map.backing, map.sharing == .shared
            {
                needs.insert(.diskFile)
            }
        case .udmabuf: need(Means.means(for: nil))
        case .iommuDirty: needs.insert(.iommuDirtyTracking)
        case .reregister: cannotRun("changing the access of a memory region needs an RDMA device")
        case .send(let name, _):
            let handle = test.handle(named: name.text, saidBy: actor.index)
            if let handle, Means.means(for: handle.interface).means == .fixedBuffer { needs.insert(.keeper) }
        case .dmaWrite(let location, _):
            let handle = test.handle(named: location.handle.text, saidBy: actor.index)
            if let handle, Means.means(for: handle.interface).means == .packetMemory {
                cannotRun("packets that arrive by AF_XDP do not come to lie at the beginning of a page")
            }
        case .memcgLimit: needs.insert(.memoryCgroup)
        case .clearRefs(let young): needs.insert(young ? .youngBits : .softDirty)
        case .userfault(let call, _):
            needs.insert(.userfaultfd)
            if case .register(let modes) = call, modes.contains(.writeProtect) {
                needs.insert(.userfaultfdWriteProtect)
            }
        case .remote(.procMemWrite, _, _): needs.formUnion([.remoteAccess, .forcedAccess])
        case .remote: needs.insert(.remoteAccess)
        case .look(let look, _): collectNeeds(of: look)
        case .kernel(let doing): collectNeeds(of: doing)
        case .madvise(_, .pageout): needs.insert(.swap)
        case .madvise(_, .mergeable): needs.insert(.ksm)
        case .madvise(_, .collapse): needs.insert(.hugePages)
        default: break
        }
    }

    private mutating func need(_ means: (means: Means, needs: [Feature])) {
        needs.formUnion(means.needs)
        if case .none(let reason) = means.means { cannotRun(reason) }
    }

    private mutating func collectNeeds(of look: Look) {
        switch look {
        case .frame:
            needs.insert(.frameNumbers)
            looksAtFrames = true
        case .mapcount: needs.formUnion([.frameNumbers, .mappingCounts])
        case .young: needs.insert(.youngBits)
        case .softDirty: needs.insert(.softDirty)
        case .pagemapScan: needs.insert(.pagemapScan)
        case .present, .swapped, .huge: needs.insert(.frameNumbers)
        case .pageCount, .pinned, .exclusive, .writable, .dirty: break
        }
    }

    private mutating func collectNeeds(of doing: Doing) {
        switch doing {
        case .reclaim: needs.insert(.swap)
        case .shrink: cannotRun("a kernel cannot be asked to reclaim just what nobody used")
        case .retract: cannotRun("a kernel cannot be asked to take a page table away")
        case .migrate: needs.insert(.migration)
        case .numaScan: cannotRun("a kernel scans for NUMA balancing when it wants to")
        case .ksmMerge: needs.insert(.ksm)
        case .collapse: needs.formUnion([.hugePages, .collapse])
        case .lruAdd: needs.insert(.lruBatches)
        case .lruDrain: break
        }
    }

    /// Whether a statement takes references that can stand for many.
    private var takesPlainReferences: Bool {
        test.actors.contains { actor in
            actor.block.statements.contains { statement in
                if case .reference(.vmsplice, _) = statement.kind { true } else { false }
            }
        }
    }

    /// Whether a statement puts a page into a batch of the LRU.
    private var fillsBatches: Bool {
        test.actors.contains { actor in
            actor.block.statements.contains { statement in
                if case .kernel(.lruAdd) = statement.kind { true } else { false }
            }
        }
    }

    /// The declared number of references from which a page counts as maybe pinned.
    var pinBias: Int? {
        for declaration in test.test.declarations {
            if case .pinBias(let bias) = declaration.kind { return bias }
        }
        return nil
    }
}

extension Interface {
    /// Whether it pins for writing for long, which file systems on disks do not bear.
    fileprivate var writesForLong: Bool {
        switch self {
        case .ioUringRegister, .xdpUmemRegister: true
        case .rdmaRegister(let access), .vfioMap(let access, _): access == .write
        case .pin(let access, let longterm, _): access == .write && longterm
        case .vmsplice, .directRead, .directWrite, .get: false
        }
    }
}
