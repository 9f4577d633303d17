/// How operations are carried out.
///
/// An operation is straight-line code made of *atomic sections*: what the kernel does under one hold of a lock, or in one
/// hardware access. Between two sections anybody may run. `Direct` runs every section at once; `Explored` runs one
/// section of one thread and stops, and goes on from there by entering the operation again.
///
/// Whatever crosses from one section to a later one must be what a section returned: nothing else survives the entry
/// from the start. `@Sendable` bodies let the compiler refuse the rest.
protocol Execution {
    /// What stops an operation in mid-course.
    associatedtype Failure: Error
    /// The thread that runs the operation; each has its own CPU.
    var thread: Int { get }
    /// The machine's constants.
    var world: UnsafeMutablePointer<World> { get }

    /// One atomic section. When the body gives nil it is not enabled now, and must have changed nothing.
    mutating func section<R: Loggable>(
        _ mover: Mover, _ site: Site, _ body: @Sendable (Machine) -> R?
    ) throws(Failure) -> R
    /// A sub-operation, whose log collapses into its one result when it ends.
    mutating func call<R: Loggable>(_ body: (inout Self) throws(Failure) -> R) throws(Failure) -> R
    /// A place that `rewind` goes back to.
    func mark() -> Int
    /// Forgets what was logged since the mark, so that a retry leaves no trace.
    mutating func rewind(to mark: Int)
    /// Numbered rounds: a finished round leaves only its number.
    mutating func rounds(_ count: Int) -> Rounds
    /// The next round's number, or nil after the last.
    mutating func next(_ rounds: inout Rounds) -> Int?
}

/// How a section commutes with those of other threads (Lipton): reductions rest on it.
///
/// A section that changes anything that a guarantee's check reads, in a way that another thread could notice, is no mover.
enum Mover: Sendable, Equatable {
    /// Its place among the others' sections matters.
    case none
    /// May be put off until just before the thread's next section: taking a lock, seeing an event.
    case right
    /// May be moved to just behind the thread's last section: letting go of a lock, signalling.
    case left
    /// Both: it touches nothing that others could see.
    case both
    /// Both, while no second thread runs in this process's memory: page tables and TLBs are its own.
    case alone(Int)
    /// Both, while the page at this address is the thread's own (see `Machine.isPrivate`).
    case ownPage(process: Int, page: Int)
    /// Both, while the process of the thread does not have this reference open: there is nothing to close.
    case reference(Int)
    /// Both, while nobody else holds what the thread has zapped at this page and memory is not limited.
    case ownGathered(page: Int)
}

/// Where in the kernel a section stands, in words for people.
struct Site: Sendable {
    /// The kernel's function, or the hardware's act.
    let function: StaticString
    /// What happens there, as a clause without a subject: "takes mmap_lock for reading".
    let act: StaticString
    /// What a thread waits for while the section is not enabled.
    var wait = Wait.kernelLock
    /// The page-table lock is taken for just this section.
    var isUnderPageTableLock = false
    /// The section runs under RCU: nobody may sleep.
    var isUnderRCU = false
    /// Whether memory may not be allocated there.
    var mayNotAllocate: Bool { isUnderPageTableLock || isUnderRCU }

    init(_ function: StaticString, _ act: StaticString, wait: Wait = .kernelLock) {
        self.function = function
        self.act = act
        self.wait = wait
    }
}

/// What a thread that cannot go on waits for.
public enum Wait: Sendable, Equatable {
    /// A lock inside the kernel: to wait for ever there is a fault of the kernel.
    case kernelLock
    /// Something that the program makes happen, or does not: an event, a child's end, a thread's.
    case program
}

/// A round counter of an operation.
struct Rounds {
    var at: Int
    var index: Int
    var end: Int
}

/// What a section or a call may give: one word of the log.
///
/// With the top bit clear the low 24 bits are a frame's number plus one, as in a page-table entry, and 7 bits of payload
/// stand above; with the top bit set it is a number.
protocol Loggable: SendableMetatype {
    init(word: UInt32)
    var word: UInt32 { get }
}

extension Bool: Loggable {
    init(word: UInt32) { self = word & 1 != 0 }
    var word: UInt32 { 1 << 31 | (self ? 1 : 0) }
}

extension Int: Loggable {
    init(word: UInt32) { self = Int(Int32(bitPattern: word << 1) >> 1) }
    var word: UInt32 { 1 << 31 | UInt32(truncatingIfNeeded: self) }
}

extension PageTableEntry: Loggable {}
extension Register: Loggable {}

/// The result of a section that has none.
struct Done: Loggable {
    init() {}
    init(word: UInt32) {}
    var word: UInt32 { 1 << 31 }
}

extension Execution {
    /// The process that the thread belongs to, which has its open files. Its memory is another's only between a vfork and
    /// the exec or exit that ends that.
    @inline(__always) var owner: Int { Int(world.pointee.processOfThread[thread]) }

    /// Rounds 0 ..< count, until one says that it was the last. A single round needs no number in the log.
    ///
    /// - Returns: whether every round was carried out and wanted the next.
    @inline(__always) mutating func inRounds(
        _ count: Int, _ round: (inout Self, Int) throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        if count == 1 { return try round(&self, 0) }
        var rounds = rounds(count)
        while let index = next(&rounds) {
            guard try round(&self, index) else { return false }
        }
        return true
    }

    /// Rounds 0 ..< count, all of them.
    @inline(__always) mutating func forEachRound(
        _ count: Int, _ round: (inout Self, Int) throws(Failure) -> Void
    ) throws(Failure) {
        _ = try inRounds(count) { execution, index throws(Failure) in
            try round(&execution, index)
            return true
        }
    }

    /// A section that is always enabled.
    @inline(__always) mutating func atomically<R: Loggable>(
        _ mover: Mover, _ site: Site, _ body: @Sendable (Machine) -> R
    ) throws(Failure) -> R {
        try section(mover, site) { machine in body(machine) }
    }

    /// A section that is always enabled and has no result.
    @inline(__always) mutating func atomically(
        _ mover: Mover, _ site: Site, _ body: @Sendable (Machine) -> Void
    ) throws(Failure) {
        _ = try section(mover, site) { machine -> Done? in
            body(machine)
            return Done()
        }
    }

    /// A section under the page-table lock of a page, taken and dropped within it.
    @inline(__always) mutating func underPageTableLock<R: Loggable>(
        _ process: Int, _ page: Int, _ mover: Mover, _ site: Site, _ body: @Sendable (Machine) -> R
    ) throws(Failure) -> R {
        var site = site
        site.isUnderPageTableLock = true
        return try section(mover, site) { machine in
            machine[table: process, page].isLocked ? nil : body(machine)
        }
    }

    @inline(__always) mutating func atomically<R: Loggable>(
        _ site: Site, _ body: @Sendable (Machine) -> R
    ) throws(Failure) -> R {
        try atomically(.none, site, body)
    }

    @inline(__always) mutating func atomically(
        _ site: Site, _ body: @Sendable (Machine) -> Void
    ) throws(Failure) {
        try atomically(.none, site, body)
    }

    @inline(__always) mutating func underPageTableLock<R: Loggable>(
        _ process: Int, _ page: Int, _ site: Site, _ body: @Sendable (Machine) -> R
    ) throws(Failure) -> R {
        try underPageTableLock(process, page, .none, site, body)
    }
}
