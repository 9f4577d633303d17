import RuleLanguage
import TestLanguage
import VirtualMemory

extension Replay {
    /// Runs a schedule.
    ///
    /// - Throws: why it does not fit test and rules, or cannot be followed to its end.
    package init(
        _ schedule: Schedule, of test: LoweredTest, under ruleSet: RuleSet
    ) throws(ReplayError) {
        let origin = test.origin(under: ruleSet.rules)
        guard schedule.origin == origin else {
            throw .wrongOrigin(
                testFits: schedule.origin.test == origin.test, rulesFit: schedule.origin.rules == origin.rules
            )
        }
        var program = test.program
        while true {
            let simulation = Simulation(program, ruleSet.rules, joinsMovers: false, usesSymmetry: false)
            simulation.tracesDecisions = true
            self.init(test: test, initial: simulation.view.snapshot)
            try run(schedule, simulation)
            guard let trouble = simulation.trouble else { return }
            guard program.makeRoom(for: trouble) else {
                throw ReplayError(trouble, ruleSet.name)
            }
        }
    }

    private init(test: LoweredTest, initial: MachineSnapshot) {
        self.test = test
        self.initial = initial
        steps = []
        end = End(threads: [], outcome: nil, satisfies: nil, violations: ViolationSet())
    }

    /// Follows the moves, up to what the machine cannot do faithfully.
    private mutating func run(_ schedule: Schedule, _ simulation: Simulation) throws(ReplayError) {
        for (index, move) in schedule.moves.enumerated() {
            let step = try take(move, number: index + 1, simulation)
            if simulation.trouble != nil { return }
            steps.append(step)
        }
        readEnd(simulation)
    }

    private func take(
        _ move: Move, number: Int, _ simulation: Simulation
    ) throws(ReplayError) -> Step {
        let thread = Int(move.thread)
        guard thread < simulation.threadCount else {
            throw .noSuchThread(step: number, threads: simulation.threadCount)
        }
        let actor = test.name(ofThread: thread)
        switch simulation.advance(thread, choice: Int(move.choice)) {
        case .idle: throw .idle(step: number, actor: actor)
        case .blocked: throw .blocked(step: number, actor: actor, place: "\(simulation.site.function)")
        case .taken: break
        }
        guard Int(move.choice) < simulation.choices else {
            throw .noSuchChoice(step: number, actor: actor, choices: simulation.choices)
        }
        return Step(
            thread: thread, operation: simulation.statement,
            site: simulation.hasRunSection ? simulation.site : nil, decisions: simulation.decisions,
            choice: Int(move.choice), choices: simulation.choices, violations: simulation.violations,
            after: simulation.view.snapshot)
    }

    /// Looks at who could go on; where nobody could, reads the outcome.
    private mutating func readEnd(_ simulation: Simulation) {
        let state = UnsafeMutableRawPointer.allocate(byteCount: simulation.stateSize, alignment: 64)
        defer { state.deallocate() }
        state.copyMemory(from: simulation.state, byteCount: simulation.stateSize)
        for thread in 0..<simulation.threadCount {
            switch simulation.advance(thread, choice: 0) {
            case .idle: end.threads.append(.idle)
            case .blocked(let wait): end.threads.append(.blocked(wait, simulation.site))
            case .taken:
                end.threads.append(.canGoOn)
                simulation.load(state)
            }
        }
        guard !end.threads.contains(.canGoOn) else { return }
        let waits = end.threads.map { end -> Wait? in
            if case .blocked(let wait, _) = end { wait } else { nil }
        }
        var reader = EndReader(test)
        let read = reader.take(simulation, waits)
        end.violations = read.violations
        end.outcome = read.outcome
        if let condition = test.test.test.condition {
            let evaluator = ConditionEvaluator(
                test: test.test, columns: OutcomeColumns(test), formula: condition.formula)
            end.satisfies = evaluator.isSatisfied(by: read.outcome)
        }
    }
}

extension ReplayError {
    /// What kept the machine from following the schedule.
    fileprivate init(_ trouble: Trouble, _ ruleSet: String) {
        switch trouble.verdict(in: ruleSet) {
        case .unusable(let text): self = .unusable(text)
        case .undecided(let stopped): self = .unusable(stopped.text)
        case .holds, .fails, .none: self = .unusable("the machine cannot run the test")
        }
    }
}
