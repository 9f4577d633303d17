import Exploration
import RuleLanguage
import VirtualMemory

/// One execution of a test under a rule set, told step by step in words.
public struct Explanation: Sendable {
    let replay: Replay
    let ruleSet: RuleSet
    let schedule: Schedule
    let reason: ChosenExecution.Reason
    let names: TestNames
    /// The states before the first section and behind each.
    let states: [NamedState]

    /// Follows an execution.
    ///
    /// - Throws: why its schedule does not fit the test and the rules.
    public init(
        _ execution: ChosenExecution, of test: LoweredTest, under ruleSet: RuleSet
    ) throws(ReplayError) {
        replay = try Replay(execution.schedule, of: test, under: ruleSet)
        self.ruleSet = ruleSet
        schedule = execution.schedule
        reason = execution.reason
        names = TestNames(test: test)
        states = NamedState.states(
            of: [replay.initial] + replay.steps.map(\.after), pinBias: test.program.pinBias)
    }

    /// The text, each line ended by a line break. The same schedule gives the same text.
    ///
    /// - Parameters:
    ///   - level: how closely it is told.
    ///   - color: whether to use ANSI colours.
    ///   - width: columns of a line, 60 or more; only what cannot be broken is longer.
    public func text(level: Level, color: Bool = false, width: Int = 100) -> String {
        ExplanationText(self, level: level, paint: Paint(color: color), width: max(width, 60)).text
    }
}
