import Rules

// What a step tells beside the new state, for those who explain an execution.

/// How a rule set came to a decision.
public struct DecisionTrace: Sendable, Hashable {
    /// The path that asked.
    public var path: Path
    /// The step of the clause that matched, and the facts that were asked for and could have been otherwise.
    public var walk: ClauseWalk
}

extension Machine {
    /// Writes down how the rules come to the decision that they are asked for just now.
    func trace(_ path: Path, _ facts: PageFacts, from step: Int) {
        guard var walk = world.pointee.rules.clauses[path]?.walk(facts, from: step) else { return }
        walk.facts.removeAll { PageFacts.isConstant($0.fact, in: world.pointee) }
        world.pointee.decisions.append(DecisionTrace(path: path, walk: walk))
    }
}

/// A section, for people.
package struct SectionSite: Sendable, Hashable {
    /// The kernel's function, or the hardware's act.
    package var function: String
    /// What happens there, as a clause without a subject.
    package var act: String
    /// Whether the page-table lock is taken for just this section.
    package var isUnderPageTableLock: Bool
}

extension Simulation {
    /// The section that the last step carried out, or at which the thread that was asked to step waits.
    package var site: SectionSite { SectionSite(explored.pointee.site) }
    /// Whether the last step carried out a section.
    package var hasRunSection: Bool { explored.pointee.hasRun }
    /// The statement of the section that the last step carried out: an index into the thread's operations; nil for one of
    /// its exit.
    package var statement: Int? {
        explored.pointee.statement == MachineThread.dying ? nil : Int(explored.pointee.statement)
    }
    /// How the rules came to what they decided in the last step.
    package var decisions: [DecisionTrace] { run.world.pointee.decisions }
    /// Whether `decisions` is kept.
    package var tracesDecisions: Bool {
        get { run.world.pointee.tracesDecisions }
        set { run.world.pointee.tracesDecisions = newValue }
    }
}

extension SectionSite {
    fileprivate init(_ site: Site) {
        self.init(
            function: "\(site.function)", act: "\(site.act)", isUnderPageTableLock: site.isUnderPageTableLock)
    }
}
