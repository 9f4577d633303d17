import TestSupport
import Testing
import VirtualMemory

/// The memory manager, whose operations run whole.
@Suite struct MemoryManagerTests {
    func manager(
        _ rules: String = "vma-lock", processes: Int = 4, pages: Int = 16, frames: Int = 200, holds: Int = 8
    ) throws -> MemoryManager {
        MemoryManager(
            rules: try ShippedRules.set(rules).rules, processes: processes, pages: pages, frames: frames,
            words: 4,
            entriesPerTable: 4, holds: holds)
    }

    @Test func aForkedChildHasWhatItsParentHadAndEachWritesForItself() throws {
        let memory = try manager()
        let parent = memory.first
        try memory.map(parent, 0..<16, .readWrite)
        try memory.store(7, to: parent, page: 3, word: 2)
        let child = try memory.fork(parent)
        #expect(try memory.load(child, page: 3, word: 2) == 7)
        #expect(memory.counts(parent, page: 3) == .init(references: 2, mappings: 2, isExclusive: false))
        try memory.store(8, to: child, page: 3, word: 2)
        #expect(try memory.load(parent, page: 3, word: 2) == 7)
        #expect(memory.counts(child, page: 3) == .init(references: 1, mappings: 1, isExclusive: true))
        try memory.exit(child)
        // The page and its table.
        #expect(memory.framesInUse == 2)
        try memory.exit(parent)
        #expect(memory.framesInUse == 0)
    }

    @Test func whatIsRefusedSaysWhy() throws {
        let memory = try manager(processes: 2, frames: 3, holds: 1)
        let process = memory.first
        #expect(throws: MemoryManager.Failure.notAllowed) { try memory.load(process, page: 0) }
        #expect(throws: MemoryManager.Failure.notAllowed) { try memory.store(1, to: process, page: 16) }
        #expect(throws: MemoryManager.Failure.outOfMemory) { try memory.protect(process, 0..<1, .readOnly) }
        try memory.map(process, 0..<4, .readOnly)
        #expect(throws: MemoryManager.Failure.notAllowed) { try memory.store(1, to: process, page: 0) }
        #expect(throws: MemoryManager.Failure.notAllowed) { try memory.hold(process, 0..<1, write: true) }
        try memory.protect(process, 0..<4, .readWrite)
        try memory.store(1, to: process, page: 0)
        #expect(throws: MemoryManager.Failure.tooMany) { try memory.hold(process, 0..<2, write: true) }
        try memory.store(1, to: process, page: 1)
        #expect(throws: MemoryManager.Failure.outOfMemory) { try memory.store(1, to: process, page: 2) }
        #expect(throws: MemoryManager.Failure.outOfMemory) { try memory.fork(process) }
        #expect(memory.framesInUse == 3)
        try memory.discard(process, 1..<2)
        let child = try memory.fork(process)
        #expect(throws: MemoryManager.Failure.tooMany) { try memory.fork(process) }
        try memory.exit(child)
        #expect(throws: MemoryManager.Failure.notAllowed) { try memory.load(child, page: 0) }
    }

    @Test(arguments: ["refcount", "exclusive", "vma-lock"])
    func aPinnedPageStaysWithItsOwner(_ rules: String) throws {
        let memory = try manager(rules)
        let parent = memory.first
        try memory.map(parent, 0..<4, .readWrite)
        let hold = try memory.hold(parent, 0..<2, write: true)
        let child = try memory.fork(parent)
        try memory.store(5, to: parent, page: 1)
        try memory.write(6, through: hold, 1, word: 1)
        #expect(try memory.load(parent, page: 1, word: 1) == 6)
        #expect(try memory.read(hold, 1) == 5)
        #expect(try memory.load(child, page: 1) == 0)
        memory.release(hold)
        #expect(throws: MemoryManager.Failure.notAllowed) { try memory.read(hold) }
        #expect(memory.counts(parent, page: 1)?.references == 1)
    }

    /// Random calls against memory that is copied whole at every fork.
    @Test(arguments: [
        "textbook", "mapcount", "mapcount-forced", "refcount", "refcount-all", "exclusive", "vma-lock",
    ])
    func processesSeeWhatTheyWouldIfForkCopiedEverything(_ rules: String) throws {
        for seed in 0..<20 as Range<UInt64> {
            var plain = PlainMemory(memory: try manager(rules), seed: seed)
            for _ in 0..<120 { try plain.step() }
            try plain.finish()
        }
    }
}

/// A memory manager beside plain copies of what each of its processes should see.
private struct PlainMemory {
    let memory: MemoryManager
    var random: SplitMix
    /// For each process and page: the words, nil where nothing is mapped.
    var contents: [MemoryManager.Process: [[UInt16]?]]
    var isWritable: [MemoryManager.Process: [Bool]]

    init(memory: MemoryManager, seed: UInt64) {
        self.memory = memory
        random = SplitMix(seed: seed)
        contents = [memory.first: Array(repeating: nil, count: 16)]
        isWritable = [memory.first: Array(repeating: true, count: 16)]
    }

    private mutating func process() -> MemoryManager.Process {
        // Dictionaries have no order of their own.
        let all = contents.keys.sorted { "\($0)" < "\($1)" }
        return random.one(of: all)
    }

    mutating func step() throws {
        let process = process()
        let first = Int.random(in: 0..<16, using: &random)
        let pages = first..<min(16, first + random.one(of: [1, 1, 2, 5]))
        let word = Int.random(in: 0..<4, using: &random)
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1:
            let fresh = pages.filter { contents[process]?[$0] == nil }
            for page in fresh {
                try memory.map(process, page..<(page + 1), .readWrite)
                contents[process]?[page] = [0, 0, 0, 0]
                isWritable[process]?[page] = true
            }
        case 2, 3, 4, 5: try store(process, first, word)
        case 6, 7, 8: try load(process, first, word)
        case 9:
            try memory.unmap(process, pages)
            for page in pages { contents[process]?[page] = nil }
        case 10: try changeWhatIsMapped(process, pages)
        default:
            if contents.count < 4 {
                let child = try memory.fork(process)
                contents[child] = contents[process]
                isWritable[child] = isWritable[process]
            } else if process != memory.first {
                try memory.exit(process)
                contents[process] = nil
            }
        }
    }

    private mutating func store(_ process: MemoryManager.Process, _ page: Int, _ word: Int) throws {
        let value = UInt16.random(in: 1...999, using: &random)
        guard contents[process]?[page] != nil, isWritable[process]?[page] == true else {
            #expect(throws: MemoryManager.Failure.notAllowed) {
                try memory.store(value, to: process, page: page, word: word)
            }
            return
        }
        try memory.store(value, to: process, page: page, word: word)
        contents[process]?[page]?[word] = value
    }

    private func load(_ process: MemoryManager.Process, _ page: Int, _ word: Int) throws {
        guard let words = contents[process]?[page] else {
            #expect(throws: MemoryManager.Failure.notAllowed) {
                try memory.load(process, page: page, word: word)
            }
            return
        }
        #expect(try memory.load(process, page: page, word: word) == words[word])
    }

    private mutating func changeWhatIsMapped(_ process: MemoryManager.Process, _ pages: Range<Int>) throws {
        guard pages.allSatisfy({ contents[process]?[$0] != nil }) else { return }
        if random.once(in: 2) {
            try memory.discard(process, pages)
            for page in pages { contents[process]?[page] = [0, 0, 0, 0] }
        } else {
            let writable = random.once(in: 2)
            try memory.protect(process, pages, writable ? .readWrite : .readOnly)
            for page in pages { isWritable[process]?[page] = writable }
        }
    }

    mutating func finish() throws {
        for (process, pages) in contents {
            for (page, words) in pages.enumerated() where words != nil {
                for word in 0..<4 { try load(process, page, word) }
            }
            try memory.exit(process)
        }
        #expect(memory.framesInUse == 0)
    }
}
