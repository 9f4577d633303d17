import TestLanguage

extension CWriter {
    /// What is looked at in the end: what the condition asks, and with `frames` the frames of all pages.
    mutating func collectLooks(frames: Bool) {
        if let condition = test.test.condition { collect(condition.formula) }
        guard frames else { return }
        needs.insert(.frameNumbers)
        looksAtFrames = true
        for actor in test.actors where actor.kind != .thread {
            for mapping in test.mappings {
                for page in 0..<mapping.pages {
                    add(.frame(process: actor.index, mapping: mapping.index, page: page))
                    add(.pagemapBits(process: actor.index, mapping: mapping.index, page: page))
                }
            }
            add(.resident(process: actor.index))
        }
    }

    private mutating func add(_ look: CompiledLook) {
        if !looks.contains(look) { looks.append(look) }
    }

    private mutating func collect(_ formula: Formula) {
        switch formula.kind {
        case .and(let parts), .or(let parts): for part in parts { collect(part) }
        case .not(let inner): collect(inner)
        case .comparison(let left, _, let right):
            collect(left)
            collect(right)
        case .fact(let fact): collect(fact)
        }
    }

    private mutating func collect(_ operand: Operand) {
        switch operand.kind {
        case .content(let process, let location):
            guard let (actor, mapping, page) = place(of: process, location.address) else { return }
            add(.content(process: actor, mapping: mapping, page: page, word: location.word))
        case .file(let location):
            guard let file = test.file(named: location.file.text) else { return }
            add(.file(file.index, page: location.page ?? 0, word: location.word))
        case .number, .error, .zeroFrame, .register, .copies: break
        }
    }

    private mutating func collect(_ fact: Fact) {
        switch fact {
        case .killed, .blocked, .forked: break
        case .same(let first, let second):
            collectFrame(first)
            collectFrame(second)
        case .moved(let address):
            guard let (_, mapping, page) = place(of: address.process, address.address) else { return }
            collectFrame(address)
            add(.frameAtStart(mapping: mapping, page: page))
        case .mapped(let address): collectBit(address) { .mapped(process: $0, mapping: $1, page: $2) }
        case .young(let address):
            needs.insert(.youngBits)
            collectBit(address) { .young(process: $0, mapping: $1, page: $2) }
        case .softDirty(let address):
            needs.insert(.softDirty)
            collectBit(address) { .softDirty(process: $0, mapping: $1, page: $2) }
        case .coherent(let process, let name):
            guard let handle = test.handle(named: name, of: process) else { return }
            add(.coherent(reference: handle.index))
        }
    }

    private mutating func collectFrame(_ address: ProcessAddress) {
        looksAtFrames = true
        collectBit(address) { .frame(process: $0, mapping: $1, page: $2) }
    }

    private mutating func collectBit(_ address: ProcessAddress, _ look: (Int, Int, Int) -> CompiledLook) {
        guard let (actor, mapping, page) = place(of: address.process, address.address) else { return }
        add(look(actor, mapping, page))
    }

    private func place(of process: Name, _ address: Address) -> (actor: Int, mapping: Int, page: Int)? {
        guard let actor = test.actor(named: process.text),
            let mapping = test.mapping(named: address.mapping.text)
        else { return nil }
        return (actor.process, mapping.index, address.page ?? 0)
    }
}

extension CompiledLook {
    /// Its initializer in C: kind, process, mapping, page, word.
    var initializer: String {
        switch self {
        case .frame(let process, let mapping, let page): "{LOOK_FRAME, \(process), \(mapping), \(page), 0}"
        case .frameAtStart(let mapping, let page): "{LOOK_START, 0, \(mapping), \(page), 0}"
        case .content(let process, let mapping, let page, let word):
            "{LOOK_CONTENT, \(process), \(mapping), \(page), \(word)}"
        case .file(let file, let page, let word): "{LOOK_FILE, 0, \(file), \(page), \(word)}"
        case .mapped(let process, let mapping, let page): "{LOOK_MAPPED, \(process), \(mapping), \(page), 0}"
        case .young(let process, let mapping, let page): "{LOOK_YOUNG, \(process), \(mapping), \(page), 0}"
        case .softDirty(let process, let mapping, let page):
            "{LOOK_SOFT_DIRTY, \(process), \(mapping), \(page), 0}"
        case .coherent(let reference): "{LOOK_COHERENT, 0, \(reference), 0, 0}"
        case .pagemapBits(let process, let mapping, let page):
            "{LOOK_PAGEMAP, \(process), \(mapping), \(page), 0}"
        case .resident(let process): "{LOOK_RESIDENT, \(process), 0, 0, 0}"
        }
    }
}
