import Rules

/// What stays the same while a machine runs, and what a step tells its caller beside the new state.
///
/// None of it is part of the machine's state.
struct World {
    let geometry: Geometry
    let rules: Rules
    /// What of them is asked at every step.
    let tables: RuleTables
    let mappingOfPage: UnsafeMutablePointer<UInt16>
    let pageOfReference: UnsafeMutablePointer<UInt32>
    /// For each page, what is mapped there.
    let backings: UnsafeMutablePointer<PageBacking>
    /// The pages that the page cache can hold.
    let cacheSlots: UnsafeMutablePointer<CacheSlot>
    /// Whether anything but private anonymous memory is mapped anywhere.
    let hasFiles: Bool
    /// Whether there is shared anonymous memory, which is gone with its last mapping.
    let hasSharedAnonymous: Bool
    /// Whether mremap is called anywhere: then pages have several addresses, one after the other.
    let movesPages: Bool
    /// For each page the one at its mapping's first address, and how many pages on the next address is; unused where
    /// nothing is moved.
    let homeOfPage, strideOfPage: UnsafeMutablePointer<UInt16>
    /// For each thread the process that it belongs to, which has its open files: until a vfork's child executes another
    /// program it is not the one whose memory the thread runs in.
    let processOfThread: UnsafeMutablePointer<UInt8>
    /// References from which a frame counts as maybe pinned, and that a PIN adds: GUP_PIN_COUNTING_BIAS.
    var pinBias: Int32 = 1024
    /// Frames (page tables included) that may be in use at a time.
    var frameLimit = Int.max
    /// Places in swap.
    var swapLimit = Int.max
    /// Whether charges to memory cgroups are kept.
    var keepsCharges = false
    /// Whether the kernel of these rules keeps PG_anon_exclusive.
    let keepsExclusive: Bool
    /// Whether per-VMA locks exist in these rules.
    let hasVMALocks: Bool
    /// Whether a TLB can lead to a frame that its process has no reference to any more.
    let putsBeforeFlush: Bool
    /// Whether a rule asks `mm.tlb_flush_pending`: only then it is kept.
    var observesFlushPending = true
    /// The step behind `lock_page` in the clauses of a write fault and of an unshare.
    let stepBehindPageLock: InlineArray<6, Int>
    /// Whether something can see `page_mapcount` change: a rule, or a look of the test.
    var observesMapcount = true
    /// Whether a thread can store while another one of its process forks: then it matters when a store began.
    var tracksStoresBegun = false
    /// Whether the program looks at pages without accessing them.
    var hasLooks = true
    /// Whether a fast GUP can run in the program, and so see write_protect_seq.
    var hasFastGUP = true
    /// Bit n: another thread can end process n, at the end of any of its instructions.
    var endedByOthers: UInt32 = 0
    /// Bit n: threads that do not run in the memory of process n can reach into it.
    var accessedByOthers: UInt32 = 0
    /// Whether somebody can reach into memory that does not run in it: then its end waits for them.
    var hasRemoteAccess = false
    /// Whether references are passed from process to process.
    var sendsReferences = false
    /// Whether the program asks for young bits: only then they are kept.
    var observesYoung = false
    /// Whether pages can wait in batches on their way to the LRU lists.
    var usesBatches = false
    /// Whether pages can be swapped out, given up, merged or moved: then `FrameMarks` are kept, and the kernel reaches into
    /// page tables by reverse mapping.
    var keepsMarks = false
    /// Whether the program tracks stores, by soft-dirty bits, by userfaultfd or by an IOMMU, or has accesses wait for a userfaultfd: then
    /// `TrackedPage`s are kept.
    var tracksStores = false
    /// Whether a userfaultfd can ask to hear of forks.
    var hasForkEvents = false
    /// Whether somebody takes mmap_lock only if it can be had at once: then it is seen when others take it and let go of it, and
    /// neither may be put off.
    var triesLocks = false
    /// Whether the guarantees are checked.
    var checksGuarantees = true
    /// Whether `copies` is counted.
    var countsCopies = false

    /// Whether nobody but the running thread ever runs: then no TLB can hold anything old.
    var runsAlone = false
    /// Where to look for a free frame first; only where nobody else runs, for it is no part of the state.
    var freeHint = 1
    /// The thread that runs.
    var actor = 0
    /// The choice to take where a section has several, and how many the last step had.
    var choice = 0
    var choices = 1
    /// Whether the section that runs is one that may not allocate: it holds a page-table lock, or runs under RCU.
    var isInLockedSection = false
    /// Guarantees that the last step broke.
    var violations = ViolationSet()
    /// What the exploration asked of the rules so far.
    var footprint = Footprint()
    /// What kept the last step from being carried out faithfully, if anything did.
    var trouble: Trouble?
    /// What the rules decided in the last step.
    var decided: DecisionMade?
    /// Whether `decisions` is kept: that costs time, and only explanations ask for it.
    var tracesDecisions = false
    /// How the rules came to what they decided in the last step, in order.
    var decisions: [DecisionTrace] = []

    init(geometry: Geometry, rules: Rules) {
        self.geometry = geometry
        self.rules = rules
        tables = RuleTables(rules)
        footprint.mechanisms |= 1 << UInt64(Mechanism.anonExclusive.rawValue)
        footprint.mechanisms |= 1 << UInt64(Mechanism.faultLock.rawValue)
        keepsExclusive = rules[.anonExclusive] == .yes
        hasVMALocks = rules[.faultLock] == .vma
        // No part of the footprint: it tells only where something was unmapped, and that asks for it.
        putsBeforeFlush = rules[.zapPut] == .beforeFlush
        stepBehindPageLock = [
            rules.stepBehindPageLock(of: .writeFaultAnonymous),
            rules.stepBehindPageLock(of: .unshareAnonymous),
            rules.stepBehindPageLock(of: .writeFaultKSM),
            rules.stepBehindPageLock(of: .unshareKSM),
            rules.stepBehindPageLock(of: .writeFaultHuge),
            rules.stepBehindPageLock(of: .unshareHuge),
        ]
        mappingOfPage = .allocate(capacity: max(geometry.pages, 1))
        pageOfReference = .allocate(capacity: max(geometry.references, 1))
        processOfThread = .allocate(capacity: max(geometry.threads, 1))
        backings = .allocate(capacity: max(geometry.pages, 1))
        cacheSlots = .allocate(capacity: max(geometry.cacheSlots.count, 1))
        backings.initialize(from: geometry.backings, count: geometry.backings.count)
        cacheSlots.initialize(from: geometry.cacheSlots, count: geometry.cacheSlots.count)
        hasFiles = geometry.backings.contains { !$0.isAnonymous } || !geometry.cacheSlots.isEmpty
        hasSharedAnonymous = geometry.cacheSlots.contains(where: \.goesWithLastMapping)
        for thread in 0..<geometry.threads { processOfThread[thread] = UInt8(truncatingIfNeeded: thread) }
        for index in 0..<geometry.references {
            pageOfReference[index] = UInt32(truncatingIfNeeded: geometry.pageOfReference[index])
        }
        movesPages = !geometry.places.isEmpty
        homeOfPage = .allocate(capacity: max(geometry.places.count, 1))
        strideOfPage = .allocate(capacity: max(geometry.places.count, 1))
        for (page, place) in geometry.places.enumerated() {
            homeOfPage[page] = UInt16(truncatingIfNeeded: place.home)
            strideOfPage[page] = UInt16(truncatingIfNeeded: place.stride)
        }
        for page in 0..<geometry.pages {
            mappingOfPage[page] = UInt16(truncatingIfNeeded: geometry.mappingOfPage[page])
        }
    }

    @inline(__always) func canBeEnded(_ process: Int) -> Bool {
        endedByOthers & 1 &<< UInt32(truncatingIfNeeded: process) != 0
    }

    /// A mechanism of the rules; that it was asked for is noted.
    @inline(__always) mutating func mechanism(_ mechanism: Mechanism) -> MechanismValue {
        footprint.mechanisms |= 1 &<< UInt64(mechanism.rawValue)
        return tables[mechanism]
    }

    func deallocate() {
        tables.deallocate()
        mappingOfPage.deallocate()
        pageOfReference.deallocate()
        homeOfPage.deallocate()
        strideOfPage.deallocate()
        processOfThread.deallocate()
        backings.deallocate()
        cacheSlots.deallocate()
    }
}

extension Rules {
    /// The step behind the first `lock_page` of a clause, 0 where there is none.
    fileprivate func stepBehindPageLock(of path: Path) -> Int {
        let steps = clauses[path]?.steps ?? []
        let index = steps.firstIndex { step in
            if case .action(.lockPage, _) = step.effect { true } else { false }
        }
        return index.map { $0 + 1 } ?? 0
    }
}

/// What of a rule set was consulted: two sets that agree on all of it behave alike.
public struct Footprint: Equatable, Sendable {
    /// Bit n: the clause of the path with raw value n.
    public var paths: UInt64 = 0
    /// Bit n: the mechanism with raw value n.
    public var mechanisms: UInt64 = 0
    /// Bit n: the interface with raw value n.
    public var interfaces: UInt64 = 0

    /// Nothing was consulted.
    public init() {}

    /// What either consulted.
    public func union(_ other: Footprint) -> Footprint {
        var both = self
        both.paths |= other.paths
        both.mechanisms |= other.mechanisms
        both.interfaces |= other.interfaces
        return both
    }
}

/// Why a step could not be carried out faithfully.
public enum Trouble: Error, Hashable, Sendable {
    /// The rule set has no clause for a path that the program reached.
    case missingClause(Path)
    /// A clause gave a choice or an action that means nothing on that path.
    case meaninglessDecision(Path)
    /// The rule set does not say how an interface takes its reference.
    case missingInterface(Interface)
    /// All frames of the geometry are in use, though the program's own limit is not reached.
    case outOfFrames
    /// A TLB would have to remember more old translations of one page than the machine can.
    case tooManyStaleTranslations
    /// An operation's log is longer than the machine provides for.
    case logFull
    /// An operation takes memory where nobody may sleep: under a page-table lock, or under RCU.
    case allocationUnderLock
}

/// What a rule set decided, for explanations.
public struct DecisionMade: Sendable, Equatable {
    /// The path that asked.
    public var path: Path
    /// The choice.
    public var choice: Choice
}
