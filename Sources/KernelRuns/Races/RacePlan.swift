import Exploration
import RuleLanguage
import TestLanguage

/// The order in which the statements of a racy test are to begin in some of its runs.
///
/// What overlaps in a witness of the model begins close together then, and the outcome that it leads to is seen sooner
/// than by chance.
public struct RacePlan: Sendable, Hashable {
    /// A statement of an actor.
    public struct Step: Sendable, Hashable {
        /// The actor.
        public let actor: Int
        /// The statement's place in the actor's block, from 0.
        public let statement: Int

        /// Makes a step.
        public init(actor: Int, statement: Int) {
            self.actor = actor
            self.statement = statement
        }
    }

    /// The statements in the order in which they begin, each once.
    public let steps: [Step]

    /// Makes a plan.
    public init(_ steps: [Step]) { self.steps = steps }

    /// How many plans a program keeps of one test, and how many steps of each.
    static let most = 16
    static let mostSteps = 128
}

extension RacePlan {
    /// The plan of a witness: statements begin in the order of their first sections. Nil where it cannot be replayed.
    public init?(_ schedule: Schedule, of test: LoweredTest, under rules: RuleSet) {
        guard let replay = try? Replay(schedule, of: test, under: rules) else { return nil }
        var steps: [Step] = []
        for step in replay.steps {
            // The kernel's own doings are threads of the machine, too, but nobody's statements.
            guard let operation = step.operation, step.thread < test.test.actors.count,
                operation < test.statements[step.thread].count
            else { continue }
            let span = test.statements[step.thread][operation].span
            let block = test.test.actors[step.thread].block.statements
            guard let place = block.firstIndex(where: { $0.span == span }) else { continue }
            let begun = Step(actor: step.thread, statement: place)
            if !steps.contains(begun) { steps.append(begun) }
        }
        guard steps.count <= Self.mostSteps else { return nil }
        self.init(steps)
    }

    /// Plans for the outcomes of a test, each once, as many as a program keeps.
    public static func plans(for report: TestReport, under rules: RuleSet) -> [RacePlan] {
        var plans: [RacePlan] = []
        for schedule in report.outcomes.compactMap(\.schedule) {
            guard plans.count < most, let plan = RacePlan(schedule, of: report.test, under: rules) else {
                continue
            }
            if !plans.contains(plan) { plans.append(plan) }
        }
        return plans
    }
}
