import Rules

/// A working memory manager in software: processes with private anonymous memory, copy-on-write, fork and page pins, run by
/// the same operations that the explorer interleaves.
///
/// Here the operations run whole, one call at a time, on a machine of real size: by default pages of 4 KiB (2,048 words of
/// 16 bits) and page tables of 512 entries.
///
/// ```swift
/// let memory = MemoryManager(rules: rules, processes: 4, pages: 1 << 16, frames: 1 << 17)
/// let parent = memory.first
/// try memory.map(parent, 0..<16, .readWrite)
/// try memory.store(7, to: parent, page: 0)
/// let child = try memory.fork(parent)
/// try memory.store(8, to: child, page: 0)
/// try memory.load(parent, page: 0)          // 7
/// memory.counts(parent, page: 0)            // one reference, one mapping: the child has a copy
/// ```
///
/// It is for one thread at a time, and guarantees are not checked: with nobody else running nothing can break them. What the
/// rules decide is asked of them as everywhere.
public final class MemoryManager {
    /// A process of this manager.
    public struct Process: Hashable, Sendable {
        let index: Int
    }

    /// Pages that are held by a GET or a PIN.
    public struct Hold: Hashable, Sendable {
        let process: Int
        let references: Range<Int>
    }

    /// Why a call was refused.
    public enum Failure: Error, Hashable, Sendable {
        /// SIGSEGV: the address is not mapped, or not so that it allows the access; -EFAULT for get_user_pages.
        case notAllowed
        /// Memory ran out, or pages in a call are not mapped.
        case outOfMemory
        /// As many processes, or held pages, as the manager was made for.
        case tooMany
        /// The rule set lacks a clause for what the call reached.
        case rules(Trouble)
    }

    /// What the kernel counts for one frame.
    public struct Counts: Hashable, Sendable {
        /// page_count
        public let references: Int
        /// page_mapcount
        public let mappings: Int
        /// PG_anon_exclusive
        public let isExclusive: Bool

        /// Makes counts, to compare with.
        public init(references: Int, mappings: Int, isExclusive: Bool) {
            self.references = references
            self.mappings = mappings
            self.isExclusive = isExclusive
        }
    }

    private let world: UnsafeMutablePointer<World>
    private let machine: Machine
    private let geometry: Geometry

    /// The process that exists from the start.
    public let first = Process(index: 0)

    /// Makes a manager.
    ///
    /// - Parameters:
    ///   - rules: what its kernel decides.
    ///   - processes: how many can exist, 1 … 32.
    ///   - pages: pages of each process, from address 0 on.
    ///   - frames: page frames, fewer than 2^24; the zero page's comes in addition. Page tables take frames too.
    ///   - words: words of 16 bits in a page.
    ///   - holds: pages that can be held at a time.
    public init(
        rules: Rules, processes: Int, pages: Int, frames: Int, words: Int = 2048, entriesPerTable: Int = 512,
        holds: Int = 64
    ) {
        precondition(
            (1...32).contains(processes) && pages > 0 && frames > 0 && frames < 1 << 24 && words > 0)
        geometry = Geometry(
            frames: frames + 1, pages: pages, processes: processes, threads: processes, words: words,
            entriesPerTable: entriesPerTable, pageOfReference: [Int](repeating: 0, count: holds),
            registers: 0,
            logWords: 0)
        world = .allocate(capacity: 1)
        world.initialize(to: World(geometry: geometry, rules: rules))
        world.pointee.frameLimit = frames
        world.pointee.checksGuarantees = false
        world.pointee.hasFastGUP = false
        world.pointee.runsAlone = true
        machine = Machine(world: world)
        for process in 0..<processes { machine[thread: process].process = UInt8(process) }
        machine[space: 0].state = .live
        machine[space: 0].activeThreads = 1
        machine[thread: 0].status = .running
    }

    deinit {
        machine.deallocate()
        world.pointee.deallocate()
        world.deinitialize(count: 1)
        world.deallocate()
    }

    // MARK: Mappings

    /// mmap of private anonymous memory. Pages that are mapped already keep what they have.
    public func map(_ process: Process, _ pages: Range<Int>, _ protection: Protection) throws(Failure) {
        try check(pages)
        try run(process) { direct throws(Direct.Impossible) in
            try direct.map(process.index, pages, protection)
        }
    }

    /// munmap.
    public func unmap(_ process: Process, _ pages: Range<Int>) throws(Failure) {
        try check(pages)
        try run(process) { direct throws(Direct.Impossible) in
            try direct.munmap(process.index, pages)
        }
    }

    /// mprotect.
    public func protect(_ process: Process, _ pages: Range<Int>, _ protection: Protection) throws(Failure) {
        try check(pages)
        let result = try run(process) { direct throws(Direct.Impossible) in
            try direct.mprotect(process.index, pages, protection)
        }
        if result != 0 { throw .outOfMemory }
    }

    /// madvise(MADV_DONTNEED).
    public func discard(_ process: Process, _ pages: Range<Int>) throws(Failure) {
        try check(pages)
        let result = try run(process) { direct throws(Direct.Impossible) in
            try direct.discard(process.index, pages)
        }
        if result != 0 { throw .outOfMemory }
    }

    /// madvise with advice about fork.
    public func advise(_ process: Process, _ pages: Range<Int>, _ advice: ForkAdvice) throws(Failure) {
        try check(pages)
        let result = try run(process) { direct throws(Direct.Impossible) in
            try direct.advise(process.index, pages, advice)
        }
        if result != 0 { throw .outOfMemory }
    }

    // MARK: Accesses

    /// A store by a CPU.
    public func store(_ value: UInt16, to process: Process, page: Int, word: Int = 0) throws(Failure) {
        try check(page..<(page + 1))
        let result = try run(process) { direct throws(Direct.Impossible) in
            try direct.store(process.index, page, word, value)
        }
        if case .killed(let outOfMemory) = result { throw outOfMemory ? .outOfMemory : .notAllowed }
    }

    /// A load by a CPU.
    public func load(_ process: Process, page: Int, word: Int = 0) throws(Failure) -> UInt16 {
        try check(page..<(page + 1))
        let result = try run(process) { direct throws(Direct.Impossible) in
            try direct.load(process.index, page, word)
        }
        switch result {
        case .done(let value): return UInt16(truncatingIfNeeded: value)
        case .killed(let outOfMemory): throw outOfMemory ? .outOfMemory : .notAllowed
        }
    }

    // MARK: Processes

    /// fork: a child with the parent's memory.
    ///
    /// - Throws: `.outOfMemory` where an early copy or a page table has no memory; everything is undone then.
    public func fork(_ parent: Process) throws(Failure) -> Process {
        let free = (0..<geometry.processes).first {
            machine[space: $0].state == .absent || machine[space: $0].state == .failed
                || machine[space: $0].state == .dead
        }
        guard let child = free else { throw .tooMany }
        machine[thread: child].statement = 0
        let lives = try run(parent) { direct throws(Direct.Impossible) in
            try direct.fork(parent.index, child: child, mainThread: child)
        }
        if !lives { throw .outOfMemory }
        return Process(index: child)
    }

    /// exit: the process's memory goes; what it holds is let go.
    public func exit(_ process: Process) throws(Failure) {
        try run(process) { direct throws(Direct.Impossible) in
            try direct.exitThread(process.index)
        }
    }

    // MARK: Holds

    /// pin_user_pages, or with `pin` false get_user_pages.
    public func hold(
        _ process: Process, _ pages: Range<Int>, pin: Bool = true, write: Bool, longTerm: Bool = false
    ) throws(Failure) -> Hold {
        try check(pages)
        guard let first = freeReferences(pages.count) else { throw .tooMany }
        for (offset, page) in pages.enumerated() {
            world.pointee.pageOfReference[first + offset] = UInt32(truncatingIfNeeded: page)
        }
        let request = GrabRequest(
            isPin: pin, isWrite: write, isLongTerm: longTerm, isSlow: false, thread: process.index,
            holder: process.index)
        let result = try run(process) { direct throws(Direct.Impossible) in
            try direct.grab(process.index, pages, references: first, request)
        }
        if result == -Errno.enomem { throw .outOfMemory }
        if result != 0 { throw .notAllowed }
        return Hold(process: process.index, references: first..<(first + pages.count))
    }

    /// unpin_user_pages, put_page; children that were forked meanwhile hold nothing of it either.
    public func release(_ hold: Hold) {
        for index in hold.references { machine.dropReference(index, leaving: .closed) }
    }

    /// A device reads a word of a held page; `index` counts the hold's pages from 0.
    public func read(_ hold: Hold, _ index: Int = 0, word: Int = 0) throws(Failure) -> UInt16 {
        let value = try run(Process(index: hold.process)) { direct throws(Direct.Impossible) in
            try direct.readReference(hold.process, hold.references.lowerBound + index, word)
        }
        guard value >= 0 else { throw .notAllowed }
        return UInt16(truncatingIfNeeded: value)
    }

    /// A device writes a word of a held page.
    public func write(_ value: UInt16, through hold: Hold, _ index: Int = 0, word: Int = 0) throws(Failure) {
        let result = try run(Process(index: hold.process)) { direct throws(Direct.Impossible) in
            try direct.writeReference(hold.process, hold.references.lowerBound + index, word, value)
        }
        if result != 0 { throw .notAllowed }
    }

    // MARK: Looking

    /// The counts of the frame that is mapped at a page; nil where none is, or the zero page.
    public func counts(_ process: Process, page: Int) -> Counts? {
        guard (0..<geometry.pages).contains(page) else { return nil }
        let entry = machine[entry: process.index, page]
        guard entry.isPresent, !entry.mapsZeroPage else { return nil }
        let frame = machine[frame: entry.frame]
        return Counts(
            references: Int(frame.references), mappings: Int(frame.mappings), isExclusive: frame.isExclusive)
    }

    /// Frames and page tables in use.
    public var framesInUse: Int { Int(machine.global.framesInUse) }

    // MARK: Running

    @inline(__always) private func run<R>(
        _ process: Process, _ body: (inout Direct) throws(Direct.Impossible) -> R
    ) throws(Failure) -> R {
        guard machine[space: process.index].state == .live else { throw .notAllowed }
        var direct = Direct(machine: machine, thread: process.index)
        let result = direct.complete(body)
        if let trouble = world.pointee.trouble {
            world.pointee.trouble = nil
            throw .rules(trouble)
        }
        return result
    }

    @inline(__always) private func check(_ pages: Range<Int>) throws(Failure) {
        guard pages.lowerBound >= 0, pages.upperBound <= geometry.pages else { throw .notAllowed }
    }

    /// Neighbouring references that are not in use.
    private func freeReferences(_ count: Int) -> Int? {
        var first = 0
        var length = 0
        for index in 0..<geometry.references {
            if machine[reference: index].isOpen {
                first = index + 1
                length = 0
            } else {
                length += 1
                if length == count { return first }
            }
        }
        return nil
    }
}

extension Protection {
    /// PROT_READ | PROT_WRITE.
    public static let readWrite = Protection(isReadable: true, isWritable: true)
    /// PROT_READ.
    public static let readOnly = Protection(isReadable: true, isWritable: false)
    /// PROT_NONE.
    public static let none = Protection(isReadable: false, isWritable: false)
}
