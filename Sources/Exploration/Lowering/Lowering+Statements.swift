import Diagnostics
import Rules
import TestLanguage
import VirtualMemory

extension Lowering {
    mutating func lower(_ block: Block, of actor: ResolvedTest.Actor) {
        for statement in block.statements {
            let count = errors.count
            let lowered = lower(statement, of: actor)
            if lowered == nil, errors.count == count { notModelled("\(statement)", statement.span) }
            for operation in lowered ?? [] {
                operations[actor.index].append(operation)
                statements[actor.index].append(statement)
            }
        }
    }

    /// The operations of a statement; nil where it is not modelled.
    private mutating func lower(_ statement: Statement, of actor: ResolvedTest.Actor) -> [Operation]? {
        let register = statement.result.flatMap { test.register(named: $0.text, of: actor.index) }
        let target = register.map { UInt16($0.index) }
        guard isModelledHuge(statement) else { return nil }
        switch statement.kind {
        case .store(let location, let value): return lowerStore(location, value)
        case .load(let location):
            guard let page = page(of: location), let target else { return [] }
            return [.load(page: page, word: use(location.word), register: target)]
        case .fork(let name, _):
            guard let child = test.actor(named: name.text) else { return [] }
            return [
                .fork(child: UInt8(processes[child.index]), thread: UInt8(child.index), register: target)
            ]
        case .vfork(let name, _):
            guard let child = test.actor(named: name.text) else { return [] }
            return [
                .vfork(child: UInt8(processes[child.index]), thread: UInt8(child.index), register: target)
            ]
        case .exec: return [.exec]
        case .thread(let name, _):
            // A thread of its own in the parent's memory is one that no library makes.
            if actor.kind == .vfork, !operations[actor.index].contains(.exec) { return nil }
            return test.actor(named: name.text).map { [.start(thread: UInt8($0.index))] } ?? []
        case .exit: return [.exit]
        case .kill(let name): return process(name).map { [.kill(process: $0, register: target)] } ?? []
        case .wait(let name): return process(name).map { [.wait(process: $0)] } ?? []
        case .join(let name):
            return test.actor(named: name.text).map { [.join(thread: UInt8($0.index))] } ?? []
        case .signal(let name):
            return test.event(named: name.text).map { [.signal(event: UInt8($0.index & 31))] } ?? []
        case .await(let name):
            return test.event(named: name.text).map { [.await(event: UInt8($0.index & 31))] } ?? []
        case .memcgLimit(let name, let pages):
            return process(name).map { [.limitCharges(process: $0, pages: UInt16(pages))] } ?? []
        case .look(let look, let address): return lowerLook(look, address, target)
        default:
            return lowerCall(statement, target) ?? lowerReference(statement, actor, target)
                ?? lowerDoing(statement, actor, target)
        }
    }

    func process(_ name: Name) -> UInt8? {
        test.actor(named: name.text).map { UInt8(processes[$0.index]) }
    }

    mutating func use(_ word: Int) -> UInt8 {
        words = max(words, word + 1)
        return UInt8(word)
    }

    private mutating func lowerStore(_ location: Location, _ value: UInt16) -> [Operation] {
        let word = use(location.word)
        return pages(of: location.address).map { .store(page: UInt16($0), word: word, value: value) }
    }

    private func pages(of address: Address) -> [Int] {
        guard let range = range(of: address) else { return [] }
        return Array(Int(range.first)..<(Int(range.first) + Int(range.count)))
    }

    func range(of address: Address) -> PageRange? { test.pages(of: address, firstPages: firstPages) }

    private func page(of location: Location) -> UInt16? { range(of: location.address)?.first }

    private func lowerLook(
        _ look: TestLanguage.Look, _ address: Address, _ target: UInt16?
    ) -> [Operation]? {
        let modelled: VirtualMemory.Look
        switch look {
        case .frame: modelled = .frame
        case .mapcount: modelled = .mapcount
        case .present: modelled = .present
        case .pageCount: modelled = .pageCount
        case .pinned: modelled = .pinned
        case .exclusive: modelled = .exclusive
        case .writable: modelled = .writable
        case .dirty: modelled = .dirty
        case .young: modelled = .young
        case .swapped: modelled = .swapped
        case .softDirty: modelled = .softDirty
        case .pagemapScan: modelled = .pagemapScan
        case .huge: modelled = .huge
        }
        guard let page = range(of: address)?.first, let target else { return [] }
        return [.look(modelled, page: page, register: target)]
    }

    /// Calls on mappings; nil where the statement is none, or is not modelled.
    private mutating func lowerCall(_ statement: Statement, _ target: UInt16?) -> [Operation]? {
        switch statement.kind {
        case .map(let map):
            guard isModelled(map), let mapping = test.mapping(named: map.name.text) else { return [] }
            let pages = PageRange(firstPages[mapping.index], count: map.pages)
            let stores = (0..<map.pages).compactMap { page in
                map.value.map {
                    Operation.store(page: pages.first + UInt16(page), word: 0, value: $0)
                }
            }
            if map.backing == .hugetlb {
                return [.mapPool(pages, readable: true, writable: !map.readonly)] + stores
            }
            let wish: [Operation] = map.huge ? [.adviseHuge(pages, wanted: true, register: nil)] : []
            return [.map(pages, readable: true, writable: !map.readonly)] + wish + stores
        case .munmap(let address):
            return range(of: address).map { [.unmap($0, register: target)] } ?? []
        case .mremap(let address): return range(of: address).map { [.move($0, register: target)] } ?? []
        case .mlock(let address): return range(of: address).map { [.lock($0, register: target)] } ?? []
        case .mprotect(let address, let protection):
            return range(of: address).map {
                [
                    .protect(
                        $0, readable: protection.read, writable: protection.write, register: target)
                ]
            } ?? []
        case .madvise(let address, let advice):
            guard let range = range(of: address) else { return [] }
            switch advice {
            case .dontneed: return [.discard(range, register: target)]
            case .remove: return [.remove(range, register: target)]
            case .populateRead: return [.populate(range, write: false, register: target)]
            case .populateWrite: return [.populate(range, write: true, register: target)]
            case .dontfork: return [.advise(range, .dontFork, register: target)]
            case .dofork: return [.advise(range, .doFork, register: target)]
            case .wipeonfork: return [.advise(range, .wipeOnFork, register: target)]
            case .keeponfork: return [.advise(range, .keepOnFork, register: target)]
            case .pageout: return [.advisePages(range, .pageOut, register: target)]
            case .cold: return [.advisePages(range, .cold, register: target)]
            case .free: return [.advisePages(range, .free, register: target)]
            case .willneed: return [.advisePages(range, .willNeed, register: target)]
            case .mergeable: return [.advisePages(range, .mergeable, register: target)]
            case .dontneedLocked: return [.advisePages(range, .discardLocked, register: target)]
            case .guardInstall: return [.advisePages(range, .installGuard, register: target)]
            case .guardRemove: return [.advisePages(range, .removeGuard, register: target)]
            case .unmergeable: return [.advisePages(range, .unmergeable, register: target)]
            case .hugepage: return [.adviseHuge(range, wanted: true, register: target)]
            case .nohugepage: return [.adviseHuge(range, wanted: false, register: target)]
            case .collapse:
                // A call on part of a huge page's place is rounded there, or refused, as releases have it.
                guard range.first % 4 == 0, range.count % 4 == 0 else { return nil }
                return [.collapse(range, register: target)]
            }
        case .cowOptOut: return [.optOut(register: target)]
        case .clearRefs(let young):
            return [young ? .makeOld(register: target) : .clearSoftDirty(register: target)]
        case .userfault(let call, let address):
            return range(of: address).map { [.userfault(modelled(call), $0, register: target)] } ?? []
        case .pwrite(let place, let value):
            guard let file = test.file(named: place.file.text) else { return [] }
            let slot = UInt16(firstSlots[file.index] + (place.page ?? 0))
            return [.writeFile(slot: slot, word: use(place.word), value: value, register: target)]
        default: return nil
        }
    }

    private func modelled(_ call: TestLanguage.UserfaultCall) -> VirtualMemory.UserfaultCall {
        switch call {
        case .register(let modes): .register(VirtualMemory.UserfaultModes(rawValue: modes.rawValue))
        case .unregister: .unregister
        case .writeprotect: .writeprotect
        case .resolve(let wake): .resolve(wakes: wake)
        case .wake: .wake
        case .copy(let value): .copy(value)
        case .continue: .continue
        case .awaitFault: .awaitFault
        case .pollFault: .pollFault
        }
    }

    /// References and devices; nil where the statement is none, or is not modelled.
    private mutating func lowerReference(
        _ statement: Statement, _ actor: ResolvedTest.Actor, _ target: UInt16?
    ) -> [Operation]? {
        switch statement.kind {
        case .reference(let interface, let address):
            guard let kind = grab(interface) else { return nil }
            guard let name = statement.result, let range = range(of: address),
                let handle = test.handle(named: name.text, saidBy: actor.index)
            else { return [] }
            let first = firstReferences[handle.index]
            for index in 0..<Int(range.count) { pageOfReference[first + index] = Int(range.first) + index }
            return [.grab(kind, range, reference: UInt16(first), register: target)]
        case .udmabuf(let name):
            guard let file = test.file(named: name.text), let result = statement.result,
                let handle = test.handle(named: result.text, saidBy: actor.index),
                let page = firstPagesOfBuffers[handle.index]
            else { return [] }
            let first = firstReferences[handle.index]
            for index in 0..<handle.pages { pageOfReference[first + index] = page + index }
            let slot = UInt16(firstSlots[file.index])
            let count = UInt16(handle.pages)
            return [.grabCached(slot: slot, count: count, reference: UInt16(first), register: target)]
        case .read(let place), .dmaRead(let place), .fetch(let place):
            guard let reference = reference(place, actor), let target else { return [] }
            return [.read(reference: reference, word: use(place.word), register: target)]
        case .iommuDirty(let place):
            guard let reference = reference(place, actor), let target else { return [] }
            return [.readDirtyBit(reference: reference, register: target)]
        case .dmaWrite(let place, let value):
            guard let reference = reference(place, actor) else { return [] }
            return [.write(reference: reference, word: use(place.word), value: value, register: target)]
        case .complete(let place, let value):
            guard let reference = reference(place, actor) else { return [] }
            let count = UInt8(truncatingIfNeeded: completions[Int(reference), default: 1])
            let word = use(place.word)
            return [
                .complete(reference: reference, word: word, value: value, count: count, register: target)
            ]
        case .send(let name, let receiver):
            guard let handle = test.handle(named: name.text, saidBy: actor.index),
                let process = process(receiver)
            else { return [] }
            let first = UInt16(firstReferences[handle.index])
            let count = UInt8(truncatingIfNeeded: handle.pages)
            return [.send(reference: first, count: count, process: process, register: target)]
        case .reregister(let name, let access):
            guard let handle = test.handle(named: name.text, saidBy: actor.index) else { return [] }
            let first = UInt16(firstReferences[handle.index])
            let count = UInt16(handle.pages)
            return [.reregister(reference: first, count: count, write: access == .write, register: target)]
        case .close(let name):
            guard let handle = test.handle(named: name.text, saidBy: actor.index) else { return [] }
            let first = UInt16(firstReferences[handle.index])
            return [.close(reference: first, count: UInt16(handle.pages), register: target)]
        default: return nil
        }
    }

    func reference(_ place: HandleLocation, _ actor: ResolvedTest.Actor) -> UInt16? {
        test.handle(named: place.handle.text, saidBy: actor.index)
            .map { UInt16(firstReferences[$0.index] + (place.page ?? 0)) }
    }

    /// How an interface's reference is taken; nil where that is not modelled.
    private func grab(_ interface: TestLanguage.Interface) -> GrabKind? {
        switch interface {
        case .vmsplice: .interface(.vmsplice, write: false)
        case .ioUringRegister: .interface(.ioUringRegister, write: true)
        case .rdmaRegister(let access): .interface(.rdmaRegister, write: access == .write)
        case .vfioMap(let access, dirtyTracking: false): .interface(.vfioMap, write: access == .write)
        case .pin(let access, let longterm, let slow):
            .flags(isPin: true, write: access == .write, longTerm: longterm, slow: slow)
        case .get(let access, let slow):
            .flags(isPin: false, write: access == .write, longTerm: false, slow: slow)
        case .xdpUmemRegister: .interface(.xdpUmemRegister, write: true)
        case .directRead: .interface(.directRead, write: true)
        case .directWrite: .interface(.directWrite, write: false)
        case .vfioMap(let access, dirtyTracking: true): .dirtyTracked(write: access == .write)
        }
    }

    // MARK: The condition

    /// Finds what the condition needs from the machine: words, and frames that the pages had at the start.
    mutating func prepare(_ formula: Formula) {
        switch formula.kind {
        case .and(let parts), .or(let parts):
            for part in parts { prepare(part) }
        case .not(let inner): prepare(inner)
        case .comparison(let left, _, let right):
            prepare(left)
            prepare(right)
        case .fact(.moved(let place)):
            guard let page = range(of: place.address)?.first else { return }
            if initialFrames[Int(page)] == nil {
                initialFrames[Int(page)] = test.registers.count + initialFrames.count
            }
        case .fact(.young): asksForYoung = true
        case .fact(.softDirty):
            asksForSoftDirty = true
            if hasHugeCached { notModelled("\(formula)", formula.span) }
        case .fact: break
        }
    }

    private mutating func prepare(_ operand: Operand) {
        switch operand.kind {
        case .content(_, let location): _ = use(location.word)
        case .file(let place): _ = use(place.word)
        default: break
        }
    }
}

extension Formula {
    /// Whether `copies` is compared with something.
    var mentionsCopies: Bool {
        switch kind {
        case .and(let parts), .or(let parts): parts.contains(where: \.mentionsCopies)
        case .not(let inner): inner.mentionsCopies
        case .comparison(let left, _, let right): left.kind == .copies || right.kind == .copies
        case .fact: false
        }
    }
}
