import Rules

/// What is left when an operation is done.
enum Performed {
    /// Nothing to keep.
    case nothing
    /// A register gets a number.
    case number(UInt16, Int)
    /// A register gets a frame's name.
    case frame(UInt16, Register)
    /// The process gets a signal that ends it.
    case signalled
}

extension Execution {
    /// Carries out one operation of a program.
    mutating func perform(_ operation: Operation, _ process: Int) throws(Failure) -> Performed {
        switch operation {
        case .store(let page, let word, let value):
            let page = try place(of: page, in: process)
            guard case .done = try store(process, page, Int(word), value) else { return .signalled }
            return .nothing
        case .load(let page, let word, let register):
            let page = try place(of: page, in: process)
            switch try load(process, page, Int(word)) {
            case .done(let value): return .number(register, value)
            case .killed: return .signalled
            }
        case .fork(let child, let thread, let register):
            let lives = try fork(process, child: Int(child), mainThread: Int(thread))
            return .result(register, lives ? 0 : -Errno.enomem)
        case .vfork(let child, let thread, let register):
            try vfork(process, child: Int(child), mainThread: Int(thread))
            return .result(register, 0)
        case .start, .exit, .exec, .kill, .wait, .join, .signal, .await:
            return try performOrder(operation, process)
        case .clearSoftDirty(let register): return .result(register, try clearSoftDirty(process))
        case .userfault(let call, let pages, let register):
            return .result(register, try userfault(call, process, try place(of: pages.range, in: process)))
        case .readDirtyBit(let reference, let register):
            return .result(register, try readDirtyBit(owner, Int(reference)))
        case .makeOld(let register): return .result(register, try clearYoung(process))
        case .map, .mapPool, .adviseHuge, .collapse, .unmap, .move, .protect, .advise, .advisePages, .discard,
            .remove, .lock, .populate,
            .optOut, .limitCharges:
            return try performCall(operation, process)
        case .grab, .grabCached, .reregister, .close, .read, .write, .complete, .send:
            return try performReference(operation, process)
        case .readRemotely, .writeRemotely: return try performRemoteAccess(operation)
        case .writeFile(let slot, let word, let value, let register):
            return .result(register, try writeFile(process, Int(slot), Int(word), value))
        case .addToBatch(let target, let pages, let background, let register):
            if background {
                let pages = try place(of: pages.range, in: Int(target))
                try mayAddToBatch(Int(target), pages)
                return .nothing
            }
            let pages = try place(of: pages.range, in: Int(target))
            return .result(register, try addToBatch(Int(target), pages))
        case .drainBatches(let background, let register):
            return .result(register, try drainBatches(mayNever: background))
        case .reclaim, .shrink, .retract, .migrate, .scanForNUMA, .merge, .makeHuge:
            return try performDoing(operation)
        case .look(let look, let page, let register):
            let seen = try atomically(Site("look", "looks at the page")) { machine in
                machine.look(look, process, machine.knownPlace(of: Int(page), in: process))
            }
            return .frame(register, seen)
        }
    }

    /// Threads, processes and events.
    private mutating func performOrder(_ operation: Operation, _ process: Int) throws(Failure) -> Performed {
        switch operation {
        case .start(let thread):
            let index = Int(thread)
            try atomically(.left, Site("clone", "starts a thread")) { machine in
                machine[thread: index].status = .running
                machine[space: process].activeThreads &+= 1
            }
        case .exit: try beginExit()
        case .exec: try exec(process)
        case .kill(let target, let register):
            return .result(register, try kill(Int(target)))
        case .wait(let child):
            let index = Int(child)
            // Whether it was waited for is seen by kill alone.
            let mover: Mover = world.pointee.canBeEnded(index) ? .none : .right
            _ = try section(mover, Site("wait4", "sees the end of the child", wait: .program)) {
                machine -> Done? in
                let state = machine[space: index].state
                if state == .dead { machine[space: index].isReaped = true }
                return state == .dead || state == .failed ? Done() : nil
            }
        case .join(let thread):
            _ = try section(.right, Site("pthread_join", "sees the end of the thread", wait: .program)) {
                machine -> Done? in
                let status = machine[thread: Int(thread)].status
                return status == .finished || status == .gone ? Done() : nil
            }
        case .signal(let event):
            try atomically(.left, Site("signal", "signals the event")) { machine in
                machine.global.events |= 1 &<< UInt32(event)
            }
        case .await(let event):
            _ = try section(.right, Site("await", "sees the event", wait: .program)) { machine -> Done? in
                machine.global.events & 1 &<< UInt32(event) != 0 ? Done() : nil
            }
        default: break
        }
        return .nothing
    }

    /// Calls on mappings.
    private mutating func performCall(_ operation: Operation, _ process: Int) throws(Failure) -> Performed {
        switch operation {
        case .map(let pages, let readable, let writable):
            try map(process, pages.range, Protection(isReadable: readable, isWritable: writable))
        case .mapPool(let pages, let readable, let writable):
            try mapPool(process, pages.range, Protection(isReadable: readable, isWritable: writable))
        case .adviseHuge(let pages, let wanted, let register):
            let pages = try place(of: pages.range, in: process)
            return .result(register, try adviseHuge(process, pages, wanted: wanted))
        case .collapse(let pages, let register):
            return .result(register, try collapse(process, try place(of: pages.range, in: process), .advice))
        case .unmap(let pages, let register):
            try munmap(process, try place(of: pages.range, in: process))
            return .result(register, 0)
        case .move(let pages, let register): return .result(register, try mremap(process, pages.range))
        case .lock(let pages, let register):
            return .result(register, try mlock(process, try place(of: pages.range, in: process)))
        case .populate(let pages, let write, let register):
            let pages = try place(of: pages.range, in: process)
            return .result(register, try populate(process, pages, write: write))
        case .protect(let pages, let readable, let writable, let register):
            let protection = Protection(isReadable: readable, isWritable: writable)
            let pages = try place(of: pages.range, in: process)
            return .result(register, try mprotect(process, pages, protection))
        case .advise(let pages, let advice, let register):
            return .result(register, try advise(process, try place(of: pages.range, in: process), advice))
        case .advisePages(let pages, let advice, let register):
            return .result(register, try advise(process, try place(of: pages.range, in: process), advice))
        case .discard(let pages, let register):
            return .result(register, try discard(process, try place(of: pages.range, in: process)))
        case .remove(let pages, let register):
            return .result(register, try removePages(process, try place(of: pages.range, in: process)))
        case .optOut(let register): return .result(register, try optOutOfCOW(process))
        case .limitCharges(let target, let pages):
            try atomically(Site("memory.max", "changes the limit of the memory cgroup")) { machine in
                machine[space: Int(target)].chargeLimit = pages
            }
        default: break
        }
        return .nothing
    }

    /// What the kernel does with pages by itself, or as it is told.
    private mutating func performDoing(_ operation: Operation) throws(Failure) -> Performed {
        switch operation {
        case .reclaim(let target, let pages, let background, let register):
            let isolation: Isolation = background ? .background : .reclaim
            let pages = try place(of: pages.range, in: Int(target))
            return .result(register, try reclaim(Int(target), pages, isolation))
        case .shrink(let target, let pages, let background, let register):
            let isolation: Isolation = background ? .backgroundAging : .aging
            let pages = try place(of: pages.range, in: Int(target))
            return .result(register, try reclaim(Int(target), pages, isolation))
        case .retract(let target, let page, let background, let register):
            let page = try place(of: page, in: Int(target))
            return .result(register, try retractTable(Int(target), page, mayNever: background))
        case .migrate(let target, let pages, let background, let register):
            let isolation: Isolation = background ? .backgroundMigration : .migration
            let pages = try place(of: pages.range, in: Int(target))
            return .result(register, try migrate(Int(target), pages, isolation))
        case .scanForNUMA(let target, let pages, let background, let register):
            let pages = try place(of: pages.range, in: Int(target))
            return .result(register, try scanForNUMA(Int(target), pages, mayNever: background))
        case .makeHuge(let target, let pages, let background, let register):
            let pages = try place(of: pages.range, in: Int(target))
            return .result(register, try collapse(Int(target), pages, background ? .background : .told))
        case .merge(let first, let page, let second, let other, let background, let register):
            let a = PageOfProcess(process: Int(first), page: try place(of: page, in: Int(first)))
            let b = PageOfProcess(process: Int(second), page: try place(of: other, in: Int(second)))
            let result = try merge(a, b, mayNever: background)
            return .result(register, result)
        default: return .nothing
        }
    }

    /// References and devices.
    private mutating func performReference(_ operation: Operation, _ process: Int) throws(Failure)
        -> Performed
    {
        switch operation {
        case .grab(let kind, let pages, let reference, let register):
            guard let request = world.pointee.request(kind, thread, holder: owner) else { return .nothing }
            let pages = try place(of: pages.range, in: process)
            let result = try grab(process, pages, references: Int(reference), request)
            return .result(register, result)
        case .grabCached(let slot, let count, let reference, let register):
            let kind = GrabKind.interface(.udmabuf, write: true)
            guard let request = world.pointee.request(kind, thread, holder: owner) else { return .nothing }
            let slots = Int(slot)..<(Int(slot) + Int(count))
            let result = try grabCached(process, slots, references: Int(reference), request)
            return .result(register, result)
        case .reregister(let reference, let count, let write, let register):
            let range = Int(reference)..<(Int(reference) + Int(count))
            return .result(register, try reregister(owner, references: range, forWriting: write))
        case .close(let reference, let count, let register):
            let range = Int(reference)..<(Int(reference) + Int(count))
            return .result(register, try close(owner, references: range))
        case .read(let reference, let word, let register):
            return .number(register, try readReference(owner, Int(reference), Int(word)))
        case .write(let reference, let word, let value, let register):
            return .result(register, try writeReference(owner, Int(reference), Int(word), value))
        case .complete(let reference, let word, let value, let count, let register):
            let result = try complete(owner, Int(reference), Int(word), value, of: Int(count))
            return .result(register, result)
        case .send(let reference, let count, let receiver, let register):
            let range = Int(reference)..<(Int(reference) + Int(count))
            return .result(register, try send(owner, references: range, to: Int(receiver)))
        default: return .nothing
        }
    }

    /// Other people's memory.
    private mutating func performRemoteAccess(_ operation: Operation) throws(Failure) -> Performed {
        let remote: RemoteRequest
        let (pages, first): (PageRange, UInt16)
        let wordOfPage: UInt8
        let target: UInt16?
        switch operation {
        case .readRemotely(let interface, let process, let page, let word, let reference, let register):
            remote = RemoteRequest(target: Int(process), interface: interface, value: nil)
            (pages, wordOfPage, first, target) = (PageRange(Int(page)), word, reference, register)
        case .writeRemotely(
            let interface, let process, let range, let word, let value, let reference, let register):
            remote = RemoteRequest(target: Int(process), interface: interface, value: value)
            (pages, wordOfPage, first, target) = (range, word, reference, register)
        default: return .nothing
        }
        let kind = GrabKind.interface(remote.interface, write: remote.value != nil)
        guard let request = world.pointee.request(kind, thread, holder: nil) else { return .nothing }
        let places = try place(of: pages.range, in: remote.target)
        let result = try accessRemotely(
            remote, places, Int(wordOfPage), references: Int(first), request)
        return .result(target, result)
    }
}

extension Performed {
    /// The result of a call, where the program keeps it.
    fileprivate static func result(_ register: UInt16?, _ value: Int) -> Performed {
        register.map { .number($0, value) } ?? .nothing
    }
}

extension World {
    /// What get_user_pages is asked for by a grab.
    fileprivate mutating func request(_ kind: GrabKind, _ thread: Int, holder: Int?) -> GrabRequest? {
        switch kind {
        case .flags(let isPin, let write, let longTerm, let slow):
            return GrabRequest(
                isPin: isPin, isWrite: write, isLongTerm: longTerm, isSlow: slow, thread: thread,
                holder: holder)
        case .dirtyTracked(let write):
            var request = request(.interface(.vfioMap, write: write), thread, holder: holder)
            request?.isDirtyTracked = true
            return request
        case .interface(let interface, let write):
            footprint.interfaces |= 1 &<< UInt64(interface.rawValue)
            guard let request = rules.request(for: interface) else {
                trouble = .missingInterface(interface)
                return nil
            }
            let flags = request.flags(askedToWrite: write)
            return GrabRequest(
                isPin: request.isPin, isWrite: flags.write, isLongTerm: request.longterm,
                isSlow: request.slow,
                thread: thread, holder: holder, isForced: flags.force,
                isReadOnlyToDevice: interface == .rdmaRegister && !write)
        }
    }
}

extension Machine {
    /// A look at a page.
    func look(_ look: Look, _ process: Int, _ page: Int) -> Register {
        let entry = self[entry: process, page]
        if look == .softDirty { return Register(isSoftDirty(process, page) ? 1 : 0) }
        if look == .pagemapScan {
            guard mechanism(.pagemapScan) == .yes else { return Register(-Errno.enotty) }
            return Register(entry.namesFrame && !entry.isUserfaultProtected ? 1 : 0)
        }
        guard entry.isPresent else { return Register(look == .swapped && entry.isAbsent ? 1 : 0) }
        let frame = self[frame: entry.frame]
        switch look {
        case .frame: return name(of: entry, at: page)
        case .mapcount:
            return Register(
                isLarge(entry.frame)
                    ? self[folio: entry.frame].mappings(of: subpage(page)) : Int(frame.mappings))
        case .present: return Register(1)
        case .pageCount: return Register(Int(frame.references))
        case .pinned: return Register(isMaybePinned(entry.frame) ? 1 : 0)
        case .exclusive: return Register(isExclusive(entry.frame, at: page) ? 1 : 0)
        case .huge: return Register(isHuge(process, page) ? 1 : 0)
        case .writable: return Register(entry.isWritable ? 1 : 0)
        case .dirty: return Register(entry.isDirty ? 1 : 0)
        case .young: return Register(entry.isYoung ? 1 : 0)
        case .swapped, .softDirty, .pagemapScan: return Register(0)
        }
    }

    /// Whether a page counts as soft-dirty: every page of a VMA does that clear_refs has not seen.
    func isSoftDirty(_ process: Int, _ page: Int) -> Bool {
        guard layout.keepsTracking, self[mapped: process, page].isMapped else { return false }
        return !self[tracked: process, page].isSoftDirtyTracked || self[entry: process, page].isSoftDirty
    }
}
