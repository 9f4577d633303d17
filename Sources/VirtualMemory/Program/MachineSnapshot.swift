import Rules

/// All that can be read of a machine's state, as values: two of them tell what happened in between.
package struct MachineSnapshot: Sendable, Equatable {
    /// Page frames by number, the zero page's first.
    package var frames: [FrameFacts] = []
    /// Address spaces by process.
    package var spaces: [Space] = []
    /// Threads.
    package var threads: [Thread] = []
    /// GETs and PINs, one a page.
    package var references: [Reference] = []
    /// The pages that the page cache can hold, by number.
    package var cache: [CachedPage] = []
    /// Registers.
    package var registers: [Register.Value] = []
    /// Bit n: event n was signalled.
    package var events: UInt32 = 0

    /// A frame's counts and flags.
    package typealias FrameFacts = MachineView.FrameFacts

    /// An address space.
    package struct Space: Sendable, Equatable {
        /// Locks and marks.
        package var facts: MachineView.SpaceFacts
        /// Pages.
        package var pages: [Page]
        /// Page tables.
        package var tables: [Table]
        /// The locks of the mappings, where the rules have them.
        package var vmaLocks: [Lock]
    }

    /// What a page-table entry, or a TLB, says of a page.
    package struct Entry: Sendable, Hashable {
        /// The frame; nil for an old translation whose frame was freed.
        package var frame: Int?
        package var isWritable: Bool
        package var isDirty: Bool
        /// The young bit; kept only where the test asks for it.
        package var isYoung: Bool
        /// Made inaccessible by PROT_NONE.
        package var isHidden: Bool
        /// The soft-dirty bit, and the mark of a userfaultfd's write-protection; kept only where the test tracks stores.
        package var isSoftDirty: Bool
        package var isProtected: Bool
        /// What it is where it maps nothing.
        package var absence: Absence?

        /// An entry that names a page without mapping it.
        package enum Absence: Sendable, Hashable {
            case swap
            case migration
            /// A marker that names no page: of a guard region, or of what is to be write-protected once it is mapped.
            case marker
        }
    }

    /// A page of an address space.
    package struct Page: Sendable, Equatable {
        /// What is mapped; nil where nothing is.
        package var entry: Entry?
        /// The mapping's flags; nil where there is none.
        package var mapping: Mapping?
    }

    /// A mapping, as far as one page goes.
    package struct Mapping: Sendable, Hashable {
        package var isReadable: Bool
        package var isWritable: Bool
        /// MADV_DONTFORK.
        package var isNotForked: Bool
        /// MADV_WIPEONFORK.
        package var isWipedOnFork: Bool
        /// The proposed VMA flag: something was pinned here.
        package var hasPinned: Bool
        /// VM_LOCKED, by mlock.
        package var isLocked: Bool
        /// Entries tell of stores by their soft-dirty bits: VM_SOFTDIRTY is clear.
        package var isSoftDirtyTracked: Bool
        /// What a userfaultfd is registered for.
        package var userfault: UserfaultModes
    }

    /// A page table.
    package struct Table: Sendable, Hashable {
        package var isPresent: Bool
        package var isLocked: Bool
    }

    /// A lock for many readers or one writer.
    package struct Lock: Sendable, Hashable {
        package var readers: Int
        package var isWriteLocked: Bool

        package init(readers: Int, isWriteLocked: Bool) {
            self.readers = readers
            self.isWriteLocked = isWriteLocked
        }
    }

    /// A thread.
    package struct Thread: Sendable, Equatable {
        /// Where it is in its program.
        package var place: MachineView.ThreadView
        /// The process whose memory it runs in.
        package var memory: Int
        /// For each page, the old translations that its TLB may hold.
        package var oldTranslations: [[Entry]]
        /// Whether it sleeps until its userfaultfd is answered.
        package var awaitsUserfault: Bool
    }

    /// A reference that a GET or a PIN took on one page.
    package struct Reference: Sendable, Equatable {
        /// Where it is in its life.
        package enum State: Sendable {
            case absent
            /// Grabbed, but the grab may still be undone.
            case provisional
            case confirmed
            case closed
        }

        package var state: State
        /// The frame that it leads to.
        package var frame: Int?
        /// The process through whose memory it was taken.
        package var owner: Int
        /// The processes that have it open, in order.
        package var holders: [Int]
        package var isPin: Bool
        package var isForWriting: Bool
        package var isLongTerm: Bool
        /// Whether the device may write: a memory region can be registered for less than its pages are pinned for, or for more.
        package var lendsWriting: Bool
        /// Its owner gave up what was mapped there: the two have parted by design.
        package var isGivenUp: Bool
        /// It refers to the zero page without having been counted there.
        package var isUncounted: Bool

        /// Whether it counts on its frame.
        package var isOpen: Bool { state == .provisional || state == .confirmed }
        /// What FOLL flag it was taken with, for violations.
        package var through: Violation.Through { isPin ? .pin : .get }
    }

    /// A page of a file or of shared memory.
    package struct CachedPage: Sendable, Equatable {
        /// The frame; nil where it is not in memory.
        package var frame: Int?
        /// PG_dirty: the disk has not what is in it.
        package var isDirty: Bool
        /// What a load would find, word by word.
        package var words: [UInt16]
    }

    /// Open pins on a frame, which count `pin_bias` each.
    package func pins(on frame: Int) -> Int {
        references.count { $0.isOpen && $0.isPin && !$0.isUncounted && $0.frame == frame }
    }
}

extension MachineView {
    /// Everything at once.
    package var snapshot: MachineSnapshot {
        let layout = machine.layout
        var snapshot = MachineSnapshot()
        snapshot.frames = (0..<layout.frameCount).map { frameFacts($0) }
        snapshot.spaces = (0..<layout.processCount).map { space($0) }
        snapshot.threads = (0..<layout.threadCount).map { index in
            MachineSnapshot.Thread(
                place: thread(index), memory: process(of: index),
                oldTranslations: (0..<layout.pageCount).map { page in
                    oldTranslations(index, page).map { .init($0) }
                },
                awaitsUserfault: machine[thread: index].awaitsUserfault)
        }
        snapshot.references = (0..<layout.referenceCount).map { .init(machine[reference: $0]) }
        snapshot.cache = (0..<machine.cacheCount).map { cachedPage($0) }
        snapshot.registers = (0..<layout.registerCount).map { register($0) }
        snapshot.events = machine.global.events
        return snapshot
    }

    private func cachedPage(_ slot: Int) -> MachineSnapshot.CachedPage {
        let cached = machine[cache: slot]
        return MachineSnapshot.CachedPage(
            frame: cached.isPresent ? cached.frame : nil, isDirty: cached.isPresent && cached.isDirty,
            words: (0..<machine.wordCount).map { machine.fileWord(slot, $0) })
    }

    private func space(_ process: Int) -> MachineSnapshot.Space {
        let layout = machine.layout
        let pages = (0..<layout.pageCount).map { page in
            let entry = machine[entry: process, page]
            let mapped = machine[mapped: process, page]
            let tracked = layout.keepsTracking ? machine[tracked: process, page] : TrackedPage()
            return MachineSnapshot.Page(
                entry: entry.namesFrame || entry.isUserfaultProtected || entry.isGuard ? .init(entry) : nil,
                mapping: mapped.isMapped ? .init(mapped, tracked) : nil)
        }
        let tables = (0..<layout.tableCount).map { index in
            let table = machine[table: process, index * layout.entriesPerTable]
            return MachineSnapshot.Table(isPresent: table.isPresent, isLocked: table.isLocked)
        }
        let locks = (0..<layout.mappingCount).map { index in
            let lock = machine[vmaLock: process, index]
            return MachineSnapshot.Lock(readers: Int(lock.readers), isWriteLocked: lock.isWriteLocked)
        }
        return MachineSnapshot.Space(
            facts: spaceFacts(process), pages: pages, tables: tables, vmaLocks: locks)
    }
}

extension MachineSnapshot.Entry {
    fileprivate init(_ entry: PageTableEntry) {
        self.init(
            frame: entry.namesFrame ? entry.frame : nil, isWritable: entry.isWritable, isDirty: entry.isDirty,
            isYoung: entry.isYoung, isHidden: entry.isProtectedNone,
            isSoftDirty: entry.isSoftDirty, isProtected: entry.isUserfaultProtected,
            absence: entry.isAbsent
                ? (entry.isSwap ? .swap : .migration)
                : entry.isGuard || entry.isUserfaultProtected && !entry.namesFrame ? .marker : nil)
    }
}

extension MachineSnapshot.Mapping {
    fileprivate init(_ mapped: MappedPage, _ tracked: TrackedPage) {
        self.init(
            isReadable: mapped.isReadable, isWritable: mapped.isWritable, isNotForked: mapped.isNotForked,
            isWipedOnFork: mapped.isWipedOnFork, hasPinned: mapped.hasPinned,
            isLocked: mapped.isLocked, isSoftDirtyTracked: tracked.isSoftDirtyTracked,
            userfault: tracked.userfault)
    }
}

extension MachineSnapshot.Reference {
    fileprivate init(_ reference: Reference) {
        let state: State =
            switch reference.state {
            case .absent: .absent
            case .provisional: .provisional
            case .confirmed: .confirmed
            case .closed: .closed
            }
        self.init(
            state: state, frame: reference.target.isPresent ? reference.target.frame : nil,
            owner: Int(reference.owner),
            holders: (0..<32).filter { reference.holders & 1 << UInt32($0) != 0 }, isPin: reference.isPin,
            isForWriting: reference.isForWriting, isLongTerm: reference.isLongTerm,
            lendsWriting: reference.lendsWriting,
            isGivenUp: reference.isGivenUp, isUncounted: reference.isUncounted)
    }
}
