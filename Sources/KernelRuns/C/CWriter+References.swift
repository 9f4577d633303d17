import TestLanguage

extension CWriter {
    /// The C of a statement that takes, uses, passes on or lets go of a reference.
    func referenceLines(
        of statement: Statement, actor: ResolvedTest.Actor, _ kept: (String) -> [String]
    ) -> [String] {
        switch statement.kind {
        case .reference(let interface, let address):
            return take(statement, interface, "range_of(\(place(of: address)))", address, actor, kept)
        case .udmabuf(let file):
            guard let handle = handle(statement.result, actor) else { return [] }
            return kept("take_dma_buffer(\(referenceName(handle.index)), \(fileName(file)))")
        case .read(let location), .dmaRead(let location), .fetch(let location):
            return kept(use("read", location, actor))
        case .dmaWrite(let location, let value), .complete(let location, let value):
            return kept(use("write", location, actor, ", \(value)"))
        case .iommuDirty(let location):
            guard let handle = handle(location.handle, actor) else { return kept("-EBADF") }
            return kept("iommu_dirty(\(referenceName(handle.index)), \(location.page ?? 0))")
        // No user can reach it: the test does not run.
        case .reregister: return kept("-ENODEV")
        case .close(let name):
            guard let handle = handle(name, actor) else { return kept("-EBADF") }
            return kept("close_reference(\(referenceName(handle.index)))")
        case .send(let name, let process):
            guard let handle = handle(name, actor) else { return kept("-EBADF") }
            return kept("send_reference(\(referenceName(handle.index)), \(actorName(process)))")
        default: return []
        }
    }

    private func handle(_ name: Name?, _ actor: ResolvedTest.Actor) -> ResolvedTest.Handle? {
        name.flatMap { test.handle(named: $0.text, saidBy: actor.index) }
    }

    private func use(
        _ verb: String, _ location: HandleLocation, _ actor: ResolvedTest.Actor, _ more: String = ""
    ) -> String {
        guard let handle = handle(location.handle, actor) else { return "-EBADF" }
        let means = Means.means(for: handle.interface).means
        if case .none = means { return "-ENODEV" }
        if means == .pipe, verb == "write" { return "-EACCES" }
        if means == .directWrite, verb == "write" { return "-EACCES" }
        return
            "\(verb)_\(means.name)(\(referenceName(handle.index)), \(location.page ?? 0), \(location.word)\(more))"
    }

    private func take(
        _ statement: Statement, _ interface: Interface, _ range: String, _ address: Address,
        _ actor: ResolvedTest.Actor, _ kept: (String) -> [String]
    ) -> [String] {
        guard let handle = handle(statement.result, actor) else { return [] }
        let huge = test.mapping(named: address.mapping.text)?.declaration.isHuge ?? false
        let arguments = "\(referenceName(handle.index)), \(range), \(huge)"
        let means = Means.means(for: interface).means
        switch means {
        case .pipe: return kept("take_pipe(\(arguments), \(pipeTimes))")
        case .vfio(let writes): return kept("take_vfio(\(arguments), \(writes))")
        case .directRead, .directWrite:
            let places = requests(of: handle, interface)
            let list = places.map { "{\($0.page), \($0.word), \($0.reversed)}" }.joined(separator: ", ")
            return kept(
                "take_\(means.name)(\(arguments), (struct request_place[]){\(list)}, \(places.count))")
        case .none: return kept("-ENODEV")
        default: return kept("take_\(means.name)(\(arguments))")
        }
    }

    /// How many references one stands for, so that the test's small threshold is the kernel's 1024: beside the mapping,
    /// which is one reference however many they stand for, one fewer than the threshold reach it.
    private var pipeTimes: Int { pinBias.map { (1023 + $0 - 2) / ($0 - 1) } ?? 1 }

    /// The words that requests in flight transfer: one for each use in the text, and for the kernel's own calls one
    /// more that holds on until the end. Reading through what a read(2) holds takes a request of the other direction.
    private func requests(
        of handle: ResolvedTest.Handle, _ interface: Interface
    ) -> [(page: Int, word: Int, reversed: Bool)] {
        var places: [(page: Int, word: Int, reversed: Bool)] = []
        let reads = Means.means(for: interface).means == .directRead
        for actor in test.actors {
            for statement in actor.block.statements {
                let use: (location: HandleLocation, reversed: Bool)
                switch statement.kind {
                case .fetch(let location), .dmaRead(let location): use = (location, reads)
                case .complete(let location, _) where reads, .dmaWrite(let location, _) where reads:
                    use = (location, false)
                default: continue
                }
                guard self.handle(use.location.handle, actor)?.index == handle.index else { continue }
                places.append((use.location.page ?? 0, use.location.word, use.reversed))
            }
        }
        switch interface {
        case .pin, .get: places.append((0, 3, false))
        default: if places.isEmpty { places.append((0, 0, false)) }
        }
        return places
    }
}
