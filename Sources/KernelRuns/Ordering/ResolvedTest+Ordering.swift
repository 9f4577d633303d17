import TestLanguage

extension ResolvedTest {
    /// Whether all steps of different actors that could matter to each other come in one order only.
    ///
    /// Such a test has one course; another one is a race, of which a run shows one of the courses. A test may be taken for a
    /// race that is none, never the other way round.
    public var isOrdered: Bool {
        !test.declarations.contains(where: \.isBackground) && statementsAreFew && unorderedPair == nil
    }

    /// Tests beyond this size count as races: all pairs of statements are looked at.
    private var statementsAreFew: Bool { test.statementCount <= 2000 }

    /// Two statements that could matter to each other and may come in either order; a statement that is nil stands for the end
    /// of a process that is killed.
    var unorderedPair: (Statement?, Statement?)? {
        let course = Course(self)
        let steps = course.steps
        for (number, step) in steps.enumerated() {
            for other in steps[..<number] where other.step.row != step.step.row {
                guard course.conflict(step, other), !course.order.orders(step.step, other.step) else {
                    continue
                }
                return (other.statement, step.statement)
            }
        }
        return nil
    }
}

/// The steps of a test, what they do, and what comes before what.
struct Course {
    /// A statement, or the end of a process that is killed.
    struct CourseStep {
        let step: StatementOrder.Step
        let statement: Statement?
        let memory: Int
        let uses: [Resource: Use]
    }

    let test: ResolvedTest
    private(set) var steps: [CourseStep] = []
    var order: StatementOrder
    /// The row of the end of each process that is killed.
    private let endRows: [Int: Int]

    init(_ test: ResolvedTest) {
        self.test = test
        var killed: [Int] = []
        for (_, statement) in test.allStatements {
            guard case .kill(let name) = statement.kind,
                let process = test.actor(named: name.text)?.process, !killed.contains(process)
            else { continue }
            killed.append(process)
        }
        let rows = test.actors.count
        endRows = Dictionary(uniqueKeysWithValues: killed.enumerated().map { ($1, rows + $0) })
        order = StatementOrder(
            lengths: test.actors.map(\.block.statements.count) + killed.map { _ in 1 })
        addSteps(killed)
        addOrder()
        order.settle()
        orderFaults()
    }

    func conflict(_ a: CourseStep, _ b: CourseStep) -> Bool {
        let (few, many) = a.uses.count < b.uses.count ? (a.uses, b.uses) : (b.uses, a.uses)
        return few.contains { resource, use in
            many[resource].map { $0.conflicts(with: use, sameMemory: a.memory == b.memory) } ?? false
        }
    }

    private mutating func addSteps(_ killed: [Int]) {
        let effects = Effects(test)
        for actor in test.actors {
            for (index, statement) in actor.block.statements.enumerated() {
                steps.append(
                    CourseStep(
                        step: StatementOrder.Step(row: actor.index, index: index), statement: statement,
                        memory: actor.memory, uses: effects.of(statement, by: actor)))
            }
        }
        for process in killed {
            guard let row = endRows[process] else { continue }
            // Who killed it has changed that already.
            let uses = effects.teardown(of: process).filter { $0.key != .life(process: process) }
            steps.append(
                CourseStep(
                    step: StatementOrder.Step(row: row, index: 0), statement: nil,
                    memory: test.actors[process].memory, uses: uses))
        }
    }

    private mutating func addOrder() {
        for actor in test.actors {
            for (index, statement) in actor.block.statements.enumerated() {
                addOrder(of: statement, StatementOrder.Step(row: actor.index, index: index))
            }
        }
    }

    private mutating func addOrder(of statement: Statement, _ step: StatementOrder.Step) {
        switch statement.kind {
        case .fork(let name, _), .thread(let name, _):
            if let child = test.actor(named: name.text) { order.add(step.end, beforeRow: child.index) }
        case .vfork(let name, _):
            guard let child = test.actor(named: name.text) else { return }
            order.add(step.begin, beforeRow: child.index)
            let leaves = child.block.statements.firstIndex { $0.kind == .exit || $0.kind == .exec }
            if let leaves {
                order.add(StatementOrder.Step(row: child.index, index: leaves).end, before: step.end)
            }
        case .await(let name):
            if let signal = signal(of: name) { order.add(signal.end, before: step.end) }
        case .join(let name):
            if let thread = test.actor(named: name.text) {
                order.addWhole(row: thread.index, before: step.end)
            }
        case .wait(let name):
            guard let child = test.actor(named: name.text) else { return }
            // When it is over, none of its threads does anything any more.
            for actor in test.actors where actor.process == child.process {
                order.addWhole(row: actor.index, before: step.end)
            }
            if let row = endRows[child.process] { order.addWhole(row: row, before: step.end) }
        case .kill(let name):
            if let process = test.actor(named: name.text)?.process, let row = endRows[process],
                kills(of: process) == 1
            {
                order.add(step.begin, beforeRow: row)
            }
        default: break
        }
    }

    /// How many statements kill a process.
    private func kills(of process: Int) -> Int {
        test.allStatements.count {
            guard case .kill(let name) = $0.statement.kind else { return false }
            return test.actor(named: name.text)?.process == process
        }
    }

    private func signal(of event: Name) -> StatementOrder.Step? {
        guard let actor = test.event(named: event.text).map({ test.actors[$0.actor] }) else { return nil }
        return actor.block.statements.firstIndex {
            if case .signal(let name) = $0.kind { name.text == event.text } else { false }
        }.map { StatementOrder.Step(row: actor.index, index: $0) }
    }
}
