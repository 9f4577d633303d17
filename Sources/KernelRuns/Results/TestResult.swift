import TestLanguage

/// What a kernel answered to a test.
public struct TestResult: Sendable, Hashable {
    /// What came of it.
    public let answer: Answer

    /// Makes a result.
    public init(_ answer: Answer) { self.answer = answer }

    /// What came of a test.
    public enum Answer: Sendable, Hashable {
        /// It ran.
        case ran(Histogram)
        /// It cannot run there; why, and what could be done.
        case notRunnable(String)
        /// It ought to run, but something around it went wrong, in words.
        case broken(String)
        /// The kernel died, hung or went away before it answered, in words.
        case unanswered(String)
    }
}

/// All that was seen in the runs of one test on one kernel.
public struct Histogram: Sendable, Hashable {
    /// How often it ran, at least once.
    public let runs: Int
    /// How long all runs took, in nanoseconds of the kernel's own clock.
    public let nanoseconds: Int
    /// What was seen, each once, with how often.
    public let outcomes: [MeasuredOutcome]

    /// Makes a histogram.
    public init(runs: Int, nanoseconds: Int, outcomes: [MeasuredOutcome]) {
        self.runs = runs
        self.nanoseconds = nanoseconds
        self.outcomes = outcomes
    }
}

/// A way in which a run ended, as it was measured.
public struct MeasuredOutcome: Sendable, Hashable {
    /// How many runs ended like that.
    public let count: Int
    /// One for each of the test's registers; of registers that hold frames the number of the page frame, 1 for the zero
    /// page, 0 for none.
    public let registers: [Measurement]
    /// What became of each actor.
    public let actors: [Fate]
    /// One for each of the looks that the compiled test has: see ``CompiledLook``.
    public let looks: [Measurement]

    /// Makes an outcome.
    public init(count: Int, registers: [Measurement], actors: [Fate], looks: [Measurement]) {
        self.count = count
        self.registers = registers
        self.actors = actors
        self.looks = looks
    }
}

/// One number that was measured, or why there is none.
public enum Measurement: Sendable, Hashable {
    /// Nothing is there: a register that was never written, memory that cannot be read.
    case absent
    /// No kernel, or not this one, lets it be seen.
    case notObservable
    /// The number.
    case number(Int)
}

/// What became of an actor.
public enum Fate: Sendable, Hashable {
    /// It never began: its fork failed, or was not reached.
    case notStarted
    /// It reached the end of its block, or its `exit`.
    case finished
    /// It waits, and nothing goes on.
    case blocked
    /// A signal ended its process: the signal's number.
    case killed(signal: Int)
}

/// What a compiled test looks at when a run is over.
public enum CompiledLook: Sendable, Hashable {
    /// The frame of a page: a page frame number, 1 for the zero page, 0 for none.
    case frame(process: Int, mapping: Int, page: Int)
    /// The frame that the page had when the test started, as numbers of `frame`.
    case frameAtStart(mapping: Int, page: Int)
    /// What a load would give; absent where it would give nothing.
    case content(process: Int, mapping: Int, page: Int, word: Int)
    /// A word of a file or a memfd.
    case file(Int, page: Int, word: Int)
    /// Whether a page-table entry is present: 0 or 1.
    case mapped(process: Int, mapping: Int, page: Int)
    /// Whether it is young: 0 or 1.
    case young(process: Int, mapping: Int, page: Int)
    /// Whether the page counts as soft-dirty: 0 or 1.
    case softDirty(process: Int, mapping: Int, page: Int)
    /// Whether a reference is on the page that its memory has there: 0 or 1.
    case coherent(reference: Int)
    /// The bits of pagemap from 55 up.
    case pagemapBits(process: Int, mapping: Int, page: Int)
    /// What of a process is resident, in kibibytes.
    case resident(process: Int)
}
