import Rules

/// What the threads of a machine do, and what was there before they began.
public struct Program: Sendable {
    /// One thread.
    public struct Thread: Sendable {
        /// Index of the process whose memory it runs in.
        public var process: Int
        /// Whether it runs from the start: the main thread of a process that is not forked.
        public var isInitial: Bool
        /// What it does.
        public var operations: [Operation]
        /// It is no part of the program but the kernel's own doing.
        public var isBackground = false

        /// Makes a thread.
        public init(process: Int, isInitial: Bool, operations: [Operation], isBackground: Bool = false) {
            self.process = process
            self.isInitial = isInitial
            self.operations = operations
            self.isBackground = isBackground
        }
    }

    /// Memory that the first process has mapped before it starts.
    public struct InitialMapping: Sendable {
        /// Where.
        public var pages: PageRange
        /// With which protection.
        public var protection: Protection
        /// What was written into the first word of every page; nil: nothing was, and nothing is mapped yet.
        public var value: UInt16?
        /// Huge pages are wanted there, and what was written is in huge pages.
        public var isHuge = false

        /// Makes a mapping.
        public init(pages: PageRange, protection: Protection, value: UInt16?) {
            self.pages = pages
            self.protection = protection
            self.value = value
        }
    }

    /// What the page cache has at the start.
    public struct InitialCachedPage: Sendable {
        /// The page, by its number in the page cache.
        public var slot: Int
        /// Its first word; the others are 0.
        public var value: UInt16
        /// It is part of a huge page.
        public var isHuge = false

        /// Makes one.
        public init(slot: Int, value: UInt16) {
            self.slot = slot
            self.value = value
        }
    }

    /// A register that names the frame which the first process has at a page when the program starts.
    public struct InitialFrame: Sendable {
        /// Where.
        public var page: Int
        /// The register; it stays unwritten where nothing is mapped.
        public var register: Int

        /// Makes one.
        public init(page: Int, register: Int) {
            self.page = page
            self.register = register
        }
    }

    /// The machine's sizes. `frames` is a first guess where memory is not limited.
    public var geometry: Geometry
    /// The threads.
    public var threads: [Thread]
    /// What the first process has mapped.
    public var mappings: [InitialMapping]
    /// Frames and page tables that may be in use; nil for any number.
    public var frameLimit: Int?
    /// For a process index, how many pages may be charged to it.
    public var chargeLimits: [Int: Int]
    /// GUP_PIN_COUNTING_BIAS.
    public var pinBias: Int
    /// Whether the number of copies is kept.
    public var countsCopies: Bool
    /// Frames to remember from the start.
    public var initialFrames: [InitialFrame] = []
    /// What the page cache has.
    public var cachedPages: [InitialCachedPage] = []
    /// Pages of the pool of hugetlb; nil for enough.
    public var poolPages: Int?
    /// Places in swap; nil for enough.
    public var swapPages: Int?
    /// Whether young bits are asked for in the end.
    public var asksForYoung = false
    /// Whether soft-dirty bits are asked for in the end.
    public var asksForSoftDirty = false

    /// Makes a program.
    public init(
        geometry: Geometry, threads: [Thread], mappings: [InitialMapping], frameLimit: Int? = nil,
        chargeLimits: [Int: Int] = [:], pinBias: Int = 1024, countsCopies: Bool = false
    ) {
        self.geometry = geometry
        self.threads = threads
        self.mappings = mappings
        self.frameLimit = frameLimit
        self.chargeLimits = chargeLimits
        self.pinBias = pinBias
        self.countsCopies = countsCopies
    }
}

extension Program {
    /// Makes room for what turned out not to fit.
    ///
    /// - Returns: whether more room can help.
    public mutating func makeRoom(for trouble: Trouble) -> Bool {
        switch trouble {
        case .outOfFrames: geometry.frames += max(2, geometry.frames / 2)
        case .logFull where geometry.logWords < 28: geometry.logWords += 6
        default: return false
        }
        return true
    }
}

// What reductions may rest on, told from the program's text.
extension Program {
    private func any(_ matches: (Operation) -> Bool) -> Bool {
        threads.contains { $0.operations.contains(where: matches) }
    }

    /// Whether anything looks at `page_mapcount`.
    var looksAtMapcount: Bool {
        any { if case .look(.mapcount, _, _) = $0 { true } else { false } }
    }

    /// Whether anything looks at a page.
    var looks: Bool { any { if case .look = $0 { true } else { false } } }

    /// Whether anything asks for young bits: a look, or the condition.
    package var observesYoung: Bool {
        asksForYoung
            || any { operation in
                switch operation {
                case .look(.young, _, _), .shrink: true
                default: false
                }
            }
    }

    /// Whether stores are tracked, or wait for a userfaultfd.
    package var tracksStores: Bool {
        asksForSoftDirty
            || any { operation in
                switch operation {
                case .clearSoftDirty, .userfault, .look(.softDirty, _, _), .look(.pagemapScan, _, _): true
                default: false
                }
            }
    }

    /// Whether a fork can wait for its event to be taken.
    var hasForkEvents: Bool {
        any {
            if case .userfault(.register(let modes), _, _) = $0 { modes.contains(.eventFork) } else { false }
        }
    }

    /// Whether accesses can wait for a userfaultfd.
    var usesUserfault: Bool { any { if case .userfault = $0 { true } else { false } } }

    /// Whether references are passed from process to process.
    var sendsReferences: Bool { any { if case .send = $0 { true } else { false } } }

    /// Whether pages can wait in batches.
    var usesBatches: Bool { any { if case .addToBatch = $0 { true } else { false } } }

    /// Whether page tables of mappings of files are taken away.
    var retractsTables: Bool {
        any { operation in
            switch operation {
            case .retract: true
            case .collapse, .makeHuge: hasHugeCache
            default: false
            }
        }
    }

    /// Whether the page cache can have huge pages of shared memory.
    private var hasHugeCache: Bool { geometry.backings.contains(where: \.canBeHuge) }

    /// Whether pages are taken out of page tables of processes that have no part in it.
    var unmapsForOthers: Bool {
        keepsMarks
            || any { operation in
                switch operation {
                case .remove, .retract, .makeHuge: true
                case .collapse: hasHugeCache
                default: false
                }
            }
            || !geometry.hugetlbPages.isEmpty
    }

    /// Whether pages can be swapped out, given up, merged or moved.
    var keepsMarks: Bool {
        any { operation in
            switch operation {
            case .reclaim, .shrink, .migrate, .scanForNUMA, .merge, .advisePages: true
            default: false
            }
        }
    }

    /// Whether a thread reaches into memory that it need not run in.
    var hasRemoteAccess: Bool {
        any { operation in
            switch operation {
            case .readRemotely, .writeRemotely: true
            default: false
            }
        }
    }

    /// Bit n: threads of other processes can reach into the memory of process n, or run in it.
    var accessedByOthers: UInt32 {
        // Reverse mapping leads everywhere.
        guard !unmapsForOthers else { return UInt32.max }
        var accessed: UInt32 = 0
        for thread in threads {
            for target in thread.operations.compactMap(\.remoteTarget) where target != thread.process {
                accessed |= 1 << UInt32(target)
            }
        }
        return accessed
    }

    /// Whether charges can run into a limit.
    var limitsCharges: Bool {
        !chargeLimits.isEmpty || any { if case .limitCharges = $0 { true } else { false } }
    }

    /// Whether a grab can take the fast path.
    func hasFastGUP(_ rules: Rules) -> Bool {
        any { operation in
            guard case .grab(let kind, _, _, _) = operation else { return false }
            switch kind {
            case .flags(_, _, _, let slow): return !slow
            case .interface(let interface, _): return rules.request(for: interface)?.slow == false
            case .dirtyTracked: return rules.request(for: .vfioMap)?.slow == false
            }
        }
    }

    /// Bit n: a thread other than the one that runs can end process n: by kill, or in a process of several threads
    /// by exit or by a fault that is deadly.
    var endedByOthers: UInt32 {
        var ended: UInt32 = 0
        for thread in threads {
            for case .kill(let process, _) in thread.operations { ended |= 1 << UInt32(process) }
        }
        for process in Set(threads.map(\.process)) {
            let own = threads.filter { $0.process == process }
            guard own.count > 1 else { continue }
            let exits = own.contains { $0.operations.contains(.exit) || $0.operations.contains(.exec) }
            if exits || hasDeadlyFaults { ended |= 1 << UInt32(process) }
        }
        return ended
    }

    /// Whether an access can end in a signal: memory that is not there, or not for writing, or cannot be had.
    private var hasDeadlyFaults: Bool {
        let isReadyForAll = (0..<geometry.pages).allSatisfy { page in
            mappings.contains { $0.pages.range.contains(page) && $0.protection.isWritable }
        }
        if geometry.backings.contains(where: \.isBehindTheEnd) || !geometry.hugetlbPages.isEmpty {
            return true
        }
        guard isReadyForAll, frameLimit == nil, !limitsCharges else { return true }
        guard threads.allSatisfy({ !$0.isInitial || $0.process == 0 }) else { return true }
        return any { operation in
            switch operation {
            case .unmap, .exec, .advise(_, .dontFork, _), .advisePages(_, .installGuard, _): true
            case .protect(_, _, let writable, _): !writable
            default: false
            }
        }
    }

    /// Whether a thread can store while another thread of its process forks.
    var storesBesideForks: Bool {
        let processes = Set(threads.map(\.process))
        if any({ if case .vfork = $0 { true } else { false } }) { return true }
        return processes.contains { process in
            let own = threads.filter { $0.process == process }
            return own.count > 1
                && own.contains { $0.operations.contains { if case .fork = $0 { true } else { false } } }
        }
    }
}

extension Operation {
    /// The process whose memory it reaches into from outside.
    fileprivate var remoteTarget: Int? {
        switch self {
        case .readRemotely(_, let process, _, _, _, _), .writeRemotely(_, let process, _, _, _, _, _),
            .addToBatch(let process, _, _, _):
            Int(process)
        default: nil
        }
    }
}
