/// What became of an attempt to advance a thread.
enum Advance: Equatable {
    /// It took a step.
    case stepped
    /// It cannot go on now.
    case blocked(Wait)
    /// It has nothing to do: not started, or at its end.
    case idle
}

extension Explored {
    /// Advances a thread by one step: one section, or with reductions one section with the movers about it.
    mutating func advance(_ thread: Int, _ operations: UnsafeBufferPointer<Operation>) -> Advance {
        guard machine[thread: thread].status == .running else { return .idle }
        world.pointee.choices = 1
        begin(thread)
        do throws(Suspended) {
            while machine[thread: thread].status == .running {
                try runStatement(thread, Int(machine[thread: thread].process), operations)
            }
        } catch {}
        guard hasProgressed else {
            forgetAttempt()
            return .blocked(site.wait)
        }
        return .stepped
    }

    /// Runs the statement at which the thread is, from where it stopped, and settles on the next.
    private mutating func runStatement(
        _ thread: Int, _ process: Int, _ operations: UnsafeBufferPointer<Operation>
    ) throws(Suspended) {
        // Whoever can be ended from outside is at the end of every instruction: there a step ends, too.
        if hasProgressed, world.pointee.canBeEnded(owner), isBetweenInstructions { throw Suspended() }
        if machine[space: owner].isEndingThreads, isBetweenInstructions {
            machine[thread: thread].hasBegunStore = false
            machine[thread: thread].statement = MachineThread.dying
        }
        let statement = machine[thread: thread].statement
        if statement == MachineThread.dying {
            try exitThread(process)
            rewind(to: 0)
            return
        }
        guard Int(statement) < operations.count else { return finish(thread, process) }
        let result = try perform(operations[Int(statement)], process)
        rewind(to: 0)
        switch result {
        case .nothing: break
        case .number(let register, let value): machine[register: Int(register)] = Register(value)
        case .frame(let register, let value): machine[register: Int(register)] = value
        case .signalled: machine[thread: thread].hasBegunStore = false
        }
        machine[thread: thread].hasBrokenCOW = false
        machine[thread: thread].statement &+= 1
        if Int(statement) + 1 == operations.count, !machine[space: owner].isExiting,
            !world.pointee.canBeEnded(owner)
        {
            finish(thread, Int(machine[thread: thread].process))
        }
    }

    /// Whether user code would run next: nothing of the statement is done, or its instruction is to be tried again.
    private var isBetweenInstructions: Bool { machine[thread: thread].logged == 0 }

    private mutating func finish(_ thread: Int, _ process: Int) {
        noteProgress(at: Site("user code", "reaches the end of its block"))
        machine[thread: thread].status = .finished
        machine[thread: thread].statement = 0
        for page in 0..<machine.pageCount { machine.forgetTranslations(thread, page) }
        machine[space: process].activeThreads &-= 1
    }
}
