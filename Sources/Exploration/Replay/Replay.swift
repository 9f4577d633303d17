import RuleLanguage
import TestLanguage
import VirtualMemory

/// One execution of a test under a rule set, section by section, with the machine's state between them.
package struct Replay: Sendable {
    /// One section of one thread.
    package struct Step: Sendable {
        /// The thread, which is the test's actor of the same number.
        package var thread: Int
        /// The operation that the section belongs to; nil for one of the thread's exit.
        package var operation: Int?
        /// Where the section stands; nil where the thread only reached the end of its block.
        package var site: SectionSite?
        /// What the rules decided, in order.
        package var decisions: [DecisionTrace]
        /// Which of the ways in which the section could go on was taken …
        package var choice: Int
        /// … of how many.
        package var choices: Int
        /// What the section broke.
        package var violations: ViolationSet
        /// The state behind it.
        package var after: MachineSnapshot
    }

    /// What became of a thread when the schedule was at its end.
    package enum ThreadEnd: Sendable, Equatable {
        /// It could go on.
        case canGoOn
        /// It has nothing to do.
        case idle
        /// It waits: for what, and where.
        case blocked(Wait, SectionSite)
    }

    /// How the execution ended, or where the schedule left it.
    package struct End: Sendable {
        /// One for each thread.
        package var threads: [ThreadEnd]
        /// The outcome; nil where something could still go on.
        package var outcome: Outcome?
        /// Whether the outcome satisfies the condition's formula; nil without an outcome or without a condition.
        package var satisfies: Bool?
        /// What is broken at the end itself: counts that are wrong, a thread that is stuck in the kernel.
        package var violations: ViolationSet
    }

    /// The test.
    package var test: LoweredTest
    /// The state before the first step.
    package var initial: MachineSnapshot
    /// The steps.
    package var steps: [Step]
    /// How it ended.
    package var end: End
}

/// Why a schedule cannot be replayed.
public enum ReplayError: Error, Sendable {
    /// It was made from another test or from other rules; at least one of the two is false.
    case wrongOrigin(testFits: Bool, rulesFit: Bool)
    /// There is no such thread. Steps count from 1.
    case noSuchThread(step: Int, threads: Int)
    /// The thread waits there: for what, in words.
    case blocked(step: Int, actor: String, place: String)
    /// The thread has nothing to do there.
    case idle(step: Int, actor: String)
    /// The section can go on in fewer ways.
    case noSuchChoice(step: Int, actor: String, choices: Int)
    /// The rules cannot run the test; why, in words.
    case unusable(String)

    /// The error in words.
    public var message: String {
        switch self {
        case .wrongOrigin(false, true):
            "the schedule is of another test, or the test has changed since it was made"
        case .wrongOrigin(true, false):
            "the schedule was made under other rules, or the rules have changed since"
        case .wrongOrigin: "the schedule is of another test under other rules, or was made by another version"
        case .noSuchThread(let step, let threads):
            "step \(step) of the schedule: the test has no such thread; it has \(threads)"
        case .blocked(let step, let actor, let place):
            "step \(step) of the schedule: '\(actor)' cannot go on; it waits in \(place)"
        case .idle(let step, let actor): "step \(step) of the schedule: '\(actor)' has nothing to do"
        case .noSuchChoice(let step, let actor, 1):
            "step \(step) of the schedule: '\(actor)' can go on in one way only"
        case .noSuchChoice(let step, let actor, let choices):
            "step \(step) of the schedule: '\(actor)' can go on in \(choices) ways only"
        case .unusable(let text): text
        }
    }
}
