import VirtualMemory

/// One numbered step of an explanation: one section, or neighbouring ones of one statement.
struct ExplainedStep: Sendable {
    /// The sections, from 0.
    var sections: ClosedRange<Int>
    /// The thread.
    var thread: Int
    /// The statement's text.
    var statement: String
    /// Whether the statement has had a step before, and others had one since.
    var isResumed = false
    /// Whether the statement goes on in a later step, and others have one first.
    var isUnfinished = false
    /// What happens: the kernel's function and its act; or what the whole statement came to.
    var doing: String
    /// What the rules decided, with where they say so.
    var rules: [String] = []
    /// What is different behind it, as far as the level tells it.
    var changes: [Change] = []
    /// What else is to be known: which translation was used.
    var notes: [String] = []
    /// The locks that the thread holds behind it, where the level tells them.
    var held: [String] = []
    /// What it broke, and why.
    var broken: [Broken] = []

    /// A broken guarantee in words.
    struct Broken: Sendable, Equatable {
        var violation: Violation
        var reason: String
    }
}
