import Exploration
import RuleLanguage
import VirtualMemory

/// One execution of a test under a rule set, told step by step in words.
public struct Explanation: Sendable {
    let execution: ToldExecution
    let ruleSet: RuleSet
    let schedule: Schedule
    let reason: ChosenExecution.Reason

    /// Follows an execution.
    ///
    /// - Throws: why its schedule does not fit the test and the rules.
    public init(
        _ chosen: ChosenExecution, of test: LoweredTest, under ruleSet: RuleSet
    ) throws(ReplayError) {
        execution = ToldExecution(try Replay(chosen.schedule, of: test, under: ruleSet))
        self.ruleSet = ruleSet
        schedule = chosen.schedule
        reason = chosen.reason
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
