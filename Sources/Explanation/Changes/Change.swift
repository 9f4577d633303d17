/// One thing that is different behind a step.
struct Change: Sendable, Equatable {
    /// What kind of thing: the level of the explanation decides which are told.
    enum Kind: Sendable {
        /// A page-table entry.
        case entry
        /// A frame: its counts, its flags, its contents.
        case frame
        /// A GET or a PIN.
        case reference
        /// A register.
        case register
        /// A mapping (VMA).
        case mapping
        /// What becomes of a process or a thread.
        case life
        /// `has_pinned`, or the charge of a memory cgroup.
        case mark
        /// An old translation that another thread's TLB may hold.
        case foreignTLB
        /// An old translation of the very thread that runs, which cannot use it before it is back in user mode.
        case ownTLB
        /// A lock, or a sequence count.
        case lock
        /// What only those care about who follow every section: page tables, a fork that begins or goes on.
        case bookkeeping
    }

    /// A lock that the step took or dropped.
    enum LockEvent: Sendable, Equatable {
        case taken(String)
        case dropped(String)
    }

    var kind: Kind
    /// What is different: `parent:x`, `f1`, `mmap_lock of parent`.
    var subject: String
    /// How, without a subject.
    var text: String
    /// The lock that was taken or dropped, for `lock`.
    var lock: LockEvent?

    init(_ kind: Kind, _ subject: String, _ text: String, lock: LockEvent? = nil) {
        self.kind = kind
        self.subject = subject
        self.text = text
        self.lock = lock
    }

    /// Whether an explanation of a level tells it.
    func isTold(at level: Level) -> Bool {
        switch kind {
        case .entry, .frame, .reference, .register, .mapping, .life, .mark: true
        case .foreignTLB: level != .syscalls
        case .ownTLB, .lock, .bookkeeping: level == .locks
        }
    }
}
