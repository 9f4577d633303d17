/// Advances one thread by one section.
///
/// The operation's function is entered again from its start; sections that are done already hand back their logged
/// result without touching the machine; the next section runs for real and is logged; then the operation runs on to the
/// start of the section after it, so that program counter, registers and log settle and equal states meet; there a
/// `Suspended` leaves. With `reduces`, movers are carried out in the same step.
struct Explored: Execution {
    /// Leaves an operation at the start of a section.
    struct Suspended: Error {}

    let machine: Machine
    private(set) var thread = 0
    /// Whether movers are joined to their neighbours.
    let reduces: Bool
    /// The section at which the thread stopped, or the last one that ran, for explanations.
    private(set) var site = Site("", "")
    /// The statement that the section belongs to, for explanations.
    private(set) var statement: UInt16 = 0
    /// Whether the machine was changed in this step.
    private(set) var hasProgressed = false
    /// Whether a section other than a right mover was carried out in this step.
    private(set) var hasRun = false
    /// Calls that are open, at most 3.
    private var depth: UInt32 = 0
    private var cursor = 0
    private var count = 0
    /// Words of the log when the step began.
    private var settled = 0

    init(machine: Machine, reduces: Bool) {
        self.machine = machine
        self.reduces = reduces
    }

    @inline(__always) var world: UnsafeMutablePointer<World> { machine.world }

    /// Turns to a thread, for its next step.
    @inline(__always) mutating func begin(_ thread: Int) {
        self.thread = thread
        world.pointee.actor = thread
        cursor = 0
        count = Int(machine[thread: thread].logged)
        settled = count
        hasProgressed = false
        hasRun = false
        depth = 0
    }

    /// Leaves the thread as it was before an attempt that found its first section not enabled: what the operation noted
    /// on the way there, rounds and calls, is no step.
    @inline(__always) mutating func forgetAttempt() {
        if count != settled { rewind(to: settled) }
    }

    /// Something changed that is no section of its own: a thread with nothing to do reached its end.
    mutating func noteProgress(at site: Site) {
        if !hasProgressed { self.site = site }
        hasProgressed = true
    }

    @inline(__always) mutating func section<R: Loggable>(
        _ mover: Mover, _ site: Site, _ body: @Sendable (Machine) -> R?
    ) throws(Suspended) -> R {
        if cursor < count {
            let word = machine[log: thread, cursor]
            cursor &+= 1
            return R(word: word)
        }
        let mover = reduces ? machine.resolve(mover, thread) : .none
        if hasRun, mover != .left, mover != .both { throw Suspended() }
        if cursor == 0, hasProgressed, world.pointee.canBeEnded(owner) {
            // An instruction that is tried again: before that, a signal can end the process.
            throw Suspended()
        }
        world.pointee.isInLockedSection = site.mayNotAllocate
        defer { world.pointee.isInLockedSection = false }
        guard let result = body(machine) else {
            if !hasProgressed { self.site = site }
            throw Suspended()
        }
        self.site = site
        statement = machine[thread: thread].statement
        hasProgressed = true
        if mover != .right, mover != .both { hasRun = true }
        assert(machine.checkInvariants(after: site))
        append(result.word)
        return result
    }

    @inline(__always) mutating func call<R: Loggable>(
        _ body: (inout Self) throws(Suspended) -> R
    ) throws(Suspended) -> R {
        let at = cursor
        let shift = UInt32(truncatingIfNeeded: 2 &* at)
        depth &+= 1
        let collapses = at < MachineThread.placesOfCalls
        if at < count, collapses, machine[thread: thread].calls &>> shift & 3 == depth {
            depth &-= 1
            cursor &+= 1
            return R(word: machine[log: thread, at])
        }
        let result = try body(&self)
        // Far behind in a long log a call leaves its sections: what follows is told by them as well.
        if collapses {
            rewind(to: at)
            append(result.word)
            machine[thread: thread].calls |= depth &<< shift
        }
        depth &-= 1
        return result
    }

    @inline(__always) func mark() -> Int { cursor }

    @inline(__always) mutating func rewind(to mark: Int) {
        // While finished sections are handed back, a rewind has happened already.
        var index = mark
        while index < count {
            machine[log: thread, index] = 0
            index &+= 1
        }
        count = mark
        cursor = mark
        machine[thread: thread].logged = UInt8(truncatingIfNeeded: mark)
        if mark < MachineThread.placesOfCalls {
            machine[thread: thread].calls &= (1 &<< UInt32(truncatingIfNeeded: 2 &* mark)) &- 1
        }
    }

    @inline(__always) mutating func rounds(_ count: Int) -> Rounds {
        let at = cursor
        if at == self.count { append(0.word) } else { cursor &+= 1 }
        return Rounds(at: at, index: Int(word: machine[log: thread, at]) &- 1, end: count)
    }

    @inline(__always) mutating func next(_ rounds: inout Rounds) -> Int? {
        rounds.index &+= 1
        if rounds.index > Int(word: machine[log: thread, rounds.at]) {
            rewind(to: rounds.at &+ 1)
            machine[log: thread, rounds.at] = rounds.index.word
        }
        return rounds.index < rounds.end ? rounds.index : nil
    }

    @inline(__always) private mutating func append(_ word: UInt32) {
        guard count < machine.layout.logWords else {
            world.pointee.trouble = .logFull
            return
        }
        machine[log: thread, count] = word
        count &+= 1
        cursor = count
        machine[thread: thread].logged = UInt8(truncatingIfNeeded: count)
    }
}

extension Machine {
    private func isLastReference(_ thread: Int, _ page: Int) -> Bool {
        let gathered = self[gathered: thread, page]
        guard gathered.isPresent else { return true }
        // What goes back to the pool is there for others.
        if isHugetlb(page) { return false }
        return self[frame: gathered.frame].references == 1 && !isInAnyTLB(gathered.frame)
            && world.pointee.frameLimit == Int.max
            && !world.pointee.keepsCharges
    }

    /// What a mover that depends on the state is now.
    @inline(__always) func resolve(_ mover: Mover, _ thread: Int) -> Mover {
        switch mover {
        case .none, .both: mover
        case .right, .left: world.pointee.triesLocks ? .none : mover
        case .alone(let process): isAlone(process) ? .both : .none
        case .ownPage(let process, let page): isPrivate(process, page) ? .both : .none
        case .reference(let index): holds(Int(self[thread: thread].process), index) ? .none : .both
        case .ownGathered(let page): isLastReference(thread, page) ? .both : .none
        }
    }
}
