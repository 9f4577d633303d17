import Rules

/// A program under one rule set, run step by step from any of its states. The exploration's view of this module.
///
/// States are handed out as bytes; a state belongs to the simulation that made it.
package final class Simulation {
    let run: ProgramRun
    private let machine: Machine
    private let scratch: Scratch
    // Behind a pointer: accesses to a class's own property are checked while the program runs.
    let explored: UnsafeMutablePointer<Explored>
    /// Whether frames are renamed so that states which differ in frame numbers only are one.
    package let usesSymmetry: Bool
    /// Threads of the program.
    package let threadCount: Int

    /// Lays out a program under a rule set, in its initial state.
    ///
    /// - Parameters:
    ///   - joinsMovers: whether a step takes in the movers about its section.
    ///   - usesSymmetry: whether frames are renamed.
    package init(_ program: Program, _ rules: Rules, joinsMovers: Bool, usesSymmetry: Bool) {
        run = ProgramRun(program, rules)
        machine = Machine(world: run.world)
        scratch = Scratch(machine.layout)
        explored = .allocate(capacity: 1)
        explored.initialize(to: Explored(machine: machine, reduces: joinsMovers))
        self.usesSymmetry = usesSymmetry
        threadCount = program.threads.count
        run.setUp(machine)
    }

    deinit {
        machine.deallocate()
        scratch.deallocate()
        explored.deallocate()
    }

    // MARK: States

    /// Bytes of a state, a multiple of 8.
    package var stateSize: Int { machine.layout.size }

    /// Goes to a state.
    package func load(_ state: UnsafeRawPointer) {
        machine.base.copyMemory(from: state, byteCount: machine.layout.size)
    }

    /// The present state.
    package var state: UnsafeRawPointer { UnsafeRawPointer(machine.base) }

    /// A 64-bit fingerprint of the present state, never 0: with symmetry the same for states that differ in the numbers of
    /// frames only.
    package var fingerprint: UInt64 {
        usesSymmetry ? machine.symmetricFingerprint(scratch) : machine.fingerprint()
    }

    /// Writes the present state into memory with frames renamed by first appearance. States that symmetry makes one are
    /// equal then, byte for byte.
    package func writeCanonical(to target: UnsafeMutableRawPointer) {
        let canonical = Machine(world: run.world)
        machine.canonicalise(into: canonical, scratch.names)
        target.copyMemory(from: UnsafeRawPointer(canonical.base), byteCount: stateSize)
        canonical.deallocate()
    }

    // MARK: Steps

    /// What came of an attempt to advance a thread.
    package enum Step: Equatable {
        /// It took a step; the state has changed.
        case taken
        /// It waits; the state is as it was.
        case blocked(Wait)
        /// It has nothing to do; the state is as it was.
        case idle
    }

    /// Advances a thread, with the given choice where the section has several.
    package func advance(_ thread: Int, choice: Int) -> Step {
        run.world.pointee.choice = choice
        run.world.pointee.violations = ViolationSet()
        run.world.pointee.decided = nil
        if tracesDecisions { run.world.pointee.decisions.removeAll(keepingCapacity: true) }
        return switch explored.pointee.advance(thread, run.operations(of: thread)) {
        case .stepped: .taken
        case .blocked(let wait): .blocked(wait)
        case .idle: .idle
        }
    }

    /// How many choices the last step had, 1 where there was none.
    package var choices: Int { run.world.pointee.choices }
    /// What the last step broke.
    package var violations: ViolationSet { run.world.pointee.violations }
    /// What kept a step from being carried out faithfully; it stays until the simulation is given up.
    package var trouble: Trouble? { run.world.pointee.trouble }
    /// What of the rules was consulted so far.
    package var footprint: Footprint { run.world.pointee.footprint }
    /// What the rules decided in the last step.
    package var decision: DecisionMade? { run.world.pointee.decided }

    /// Checks what is due when nothing can go on.
    package func checkEnd() -> ViolationSet {
        run.world.pointee.violations = ViolationSet()
        machine.checkCountsAtEnd()
        return run.world.pointee.violations
    }

    /// Notes that a thread is stuck on a kernel lock.
    package func noteStuck() -> ViolationSet {
        run.world.pointee.violations = ViolationSet()
        machine.breaks(.safety)
        return run.world.pointee.violations
    }

    // MARK: Looking at the state

    /// The machine in its present state, for reading.
    package var view: MachineView { MachineView(machine: machine) }
}

/// What can be read of a machine from outside.
package struct MachineView {
    let machine: Machine

    /// What a register holds.
    package func register(_ index: Int) -> Register.Value { machine[register: index].value }

    /// Where a thread is.
    package func thread(_ index: Int) -> ThreadView {
        let thread = machine[thread: index]
        let statement = Int(thread.statement)
        return switch thread.status {
        case .notStarted: .notStarted
        case .running where thread.statement == MachineThread.dying: .dying
        case .running: .running(statement: statement)
        case .finished: .finished
        case .gone: .gone
        }
    }

    /// Where a thread is.
    package enum ThreadView: Sendable, Equatable {
        case notStarted
        case running(statement: Int)
        case dying
        case finished
        case gone
    }

    /// The process whose memory a thread runs in.
    package func process(of thread: Int) -> Int { Int(machine[thread: thread].process) }
    /// Whether a process was killed by a signal.
    package func isKilled(_ process: Int) -> Bool { machine[space: process].isKilled }
    /// Whether a process has memory that can be looked at.
    package func isLive(_ process: Int) -> Bool { machine[space: process].state == .live }
    /// Whether a fork of this process succeeded, be the process over by now or not.
    package func wasForked(_ process: Int) -> Bool {
        machine[space: process].state == .live || machine[space: process].state == .dead
    }
    /// Copies made so far, where the program counts them.
    package var copies: Int { Int(machine.global.copies) }

    /// Frames and page tables in use, without the zero page.
    package var framesInUse: Int { Int(machine.global.framesInUse) }

    /// What a load would give, without being one: nil where it would end the process, or there is no memory any more.
    package func content(_ process: Int, _ page: Int, _ word: Int) -> Int? {
        guard isLive(process), machine[mapped: process, page].isMapped,
            machine[mapped: process, page].isReadable
        else { return nil }
        let entry = machine[entry: process, page]
        if entry.isGuard { return nil }
        if entry.namesFrame { return Int(machine[content: entry.frame, word, at: page]) }
        guard machine.isFileBacked(page) else { return 0 }
        return machine.backing(of: page).slot.map { Int(machine.fileWord($0, word)) }
    }

    /// A word of a file, by its page's number in the page cache, as read(2) would give it.
    package func fileContent(_ slot: Int, _ word: Int) -> Int { Int(machine.fileWord(slot, word)) }

    /// The frame that is mapped at a page: nil for none, 0 for the zero page.
    package func frame(_ process: Int, _ page: Int) -> Int? {
        guard isLive(process) else { return nil }
        let entry = machine[entry: process, page]
        return entry.isPresent ? machine.name(of: entry, at: page).nameNumber : nil
    }

    /// The page at the address where a process believes one of its mappings to be, by the one at its first address.
    package func knownPlace(of page: Int, in process: Int) -> Int {
        machine.knownPlace(of: page, in: process)
    }

    /// A page-table entry in any state of the process.
    package func entry(_ process: Int, _ page: Int) -> PageTableEntry { machine[entry: process, page] }
    /// Whether a page counts as soft-dirty.
    package func isSoftDirty(_ process: Int, _ page: Int) -> Bool {
        isLive(process) && machine.isSoftDirty(process, page)
    }
    /// Whether an entry was made inaccessible by PROT_NONE.
    package func isHidden(_ entry: PageTableEntry) -> Bool { entry.isProtectedNone }
    /// What is mapped.
    package func isMapped(_ process: Int, _ page: Int) -> Bool { machine[mapped: process, page].isMapped }
    /// VM_READ and VM_WRITE.
    package func protection(_ process: Int, _ page: Int) -> Protection {
        let mapped = machine[mapped: process, page]
        return Protection(isReadable: mapped.isReadable, isWritable: mapped.isWritable)
    }

    /// The frame that a reference leads to, nil where it is not open.
    package func target(ofReference index: Int) -> Int? {
        let reference = machine[reference: index]
        guard reference.state == .confirmed, reference.target.isPresent else { return nil }
        return machine.name(of: reference.target, at: machine.pageOfReference(index)).nameNumber
    }
    /// The process through whose memory a reference was taken.
    package func owner(ofReference index: Int) -> Int { Int(machine[reference: index].owner) }
    /// Whether a process holds a reference open.
    package func holds(_ process: Int, _ index: Int) -> Bool { machine.holds(process, index) }

    /// A frame's counts and flags.
    package func frameFacts(_ frame: Int) -> FrameFacts {
        let record = machine[frame: frame]
        return FrameFacts(
            references: Int(record.references), mappings: Int(record.mappings),
            isExclusive: machine.isExclusive(frame, at: 0),
            isInBatch: record.batch != 0, marks: marks(of: frame), isLocked: record.isLocked,
            words: (0..<machine.words(of: frame)).map { machine[content: frame, $0] })
    }

    /// A frame's counts and flags.
    package struct FrameFacts: Sendable, Equatable {
        /// page_count
        package var references: Int
        /// page_mapcount
        package var mappings: Int
        /// PG_anon_exclusive
        package var isExclusive: Bool
        /// A batch on its way to the LRU lists holds a reference.
        package var isInBatch: Bool
        /// What becomes of the page, where pages can be swapped out, given up, merged or moved.
        package var marks: Marks
        /// The page lock.
        package var isLocked: Bool
        /// Contents.
        package var words: [UInt16]
    }

    /// What becomes of a page beside being mapped.
    package struct Marks: OptionSet, Sendable, Equatable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// In the swap cache.
        package static let swapCache = Marks(rawValue: 1)
        /// In swap only: the frame was given back.
        package static let swapped = Marks(rawValue: 2)
        /// Given up by MADV_FREE.
        package static let lazyFree = Marks(rawValue: 4)
        /// Merged by KSM.
        package static let merged = Marks(rawValue: 8)
    }

    private func marks(of frame: Int) -> Marks {
        guard machine.layout.keepsMarks else { return [] }
        let marks = machine[marks: frame]
        var set: Marks = []
        if marks.isInSwapCache { set.insert(.swapCache) }
        if marks.isSwapped { set.insert(.swapped) }
        if marks.isLazyFree { set.insert(.lazyFree) }
        if marks.isMerged { set.insert(.merged) }
        return set
    }

    /// The old translations that a thread's TLB may hold for a page.
    package func oldTranslations(_ thread: Int, _ page: Int) -> [PageTableEntry] {
        (0..<Machine.staleTranslations).map { machine[translation: thread, page, $0] }.filter { $0 != .none }
    }

    /// A process's locks and marks.
    package func spaceFacts(_ process: Int) -> SpaceFacts {
        let space = machine[space: process]
        return SpaceFacts(
            life: SpaceFacts.Life(space.state), readers: Int(space.readers),
            isWriteLocked: space.isWriteLocked,
            hasPinned: Int(space.hasPinned), writeProtectSequence: Int(space.writeProtectSequence),
            charged: Int(space.charged), isExiting: space.isExiting, isKilled: space.isKilled)
    }

    /// A process's locks and marks.
    package struct SpaceFacts: Sendable, Equatable {
        /// Where a process is in its life.
        package enum Life: Sendable {
            /// Not forked yet.
            case absent
            /// Its fork is under way.
            case forming
            case live
            /// Its fork failed for want of memory.
            case failed
            /// It is over, and its memory is gone.
            case dead

            init(_ state: AddressSpace.State) {
                switch state {
                case .absent: self = .absent
                case .forming: self = .forming
                case .live: self = .live
                case .failed: self = .failed
                case .dead: self = .dead
                }
            }
        }

        /// Where the process is in its life.
        package var life: Life
        /// Holders of mmap_lock for reading.
        package var readers: Int
        /// Whether mmap_lock is held for writing.
        package var isWriteLocked: Bool
        /// mm->has_pinned
        package var hasPinned: Int
        /// mm->write_protect_seq
        package var writeProtectSequence: Int
        /// Pages charged to its memory cgroup.
        package var charged: Int
        /// Whether its threads are about to end.
        package var isExiting: Bool
        /// Whether a signal ended it.
        package var isKilled: Bool
    }

    /// The machine's sizes.
    package var geometry: Geometry { machine.geometry }
    /// Number of the frame of the zero page.
    package static var zeroFrame: Int { Machine.zeroFrame }
}
