/// One instruction of the compiled clauses.
///
/// The code of a set begins with one `entry` for each path, which leads to the path's table of steps: one `entry`
/// for each step, which leads to its first instruction. Everything else only jumps forwards, so a walk always ends.
@usableFromInline
enum Instruction: Sendable, Hashable {
    /// Where a table or a step begins; 0: nowhere.
    case entry(Int32)
    /// Add a fact to the sum.
    case add(Fact)
    /// Subtract a fact from the sum.
    case subtract(Fact)
    /// Compare the sum with a number, clear it, and jump unless the comparison holds.
    case unless(Comparison, Int32, target: Int32)
    /// Jump if the fact is not 0.
    case jumpIf(Fact, target: Int32)
    /// Jump if the fact is 0.
    case jumpUnless(Fact, target: Int32)
    /// Jump.
    case jump(target: Int32)
    /// The decision.
    case choice(Choice)
    /// Do something, then go on at a step.
    case action(Action, next: UInt8, otherwise: Choice?)
}

/// Turns clauses into one array of instructions.
struct Assembler {
    private(set) var code: [Instruction]

    /// Begins with no clause for any path.
    init() {
        code = Array(repeating: .entry(0), count: Int(Path.count))
    }

    /// Adds the clause of a path. Steps past the 255th are left out.
    mutating func add(_ clause: Clause, for path: Path) {
        let steps = clause.steps.prefix(255)
        let table = code.count
        code[Int(path.rawValue)] = .entry(Int32(table))
        code.append(contentsOf: Array(repeating: .entry(0), count: steps.count + 1))
        for (index, step) in steps.enumerated() {
            code[table + index] = .entry(here)
            add(step, next: index + 1)
        }
        code[table + steps.count] = .entry(0)
    }

    private var here: Int32 { Int32(code.count) }

    private mutating func add(_ step: Clause.Step, next: Int) {
        var jumps: [Int] = []
        if let condition = step.guardingCondition {
            add(condition, jumpingWhen: false, &jumps)
        }
        switch step.effect {
        case .choice(let choice):
            code.append(.choice(choice))
        case .action(let action, let otherwise):
            let resumed = action.startsAnew ? 0 : next
            code.append(.action(action, next: UInt8(resumed), otherwise: otherwise))
        }
        land(jumps)
    }

    /// Adds code that jumps when the condition's value is `value` and goes on otherwise; the jumps are to be landed.
    private mutating func add(_ condition: Condition, jumpingWhen value: Bool, _ jumps: inout [Int]) {
        switch condition {
        case .fact(let fact):
            jumps.append(code.count)
            code.append(value ? .jumpIf(fact, target: 0) : .jumpUnless(fact, target: 0))
        case .comparison(let left, let comparison, let right):
            code += left.facts.map(Instruction.add) + right.facts.map(Instruction.subtract)
            jumps.append(code.count)
            let constant = right.constant &- left.constant
            code.append(.unless(value ? comparison.opposite : comparison, constant, target: 0))
        case .not(let inner):
            add(inner, jumpingWhen: !value, &jumps)
        case .all(let parts):
            add(parts, decidedBy: false, jumpingWhen: value, &jumps)
        case .any(let parts):
            add(parts, decidedBy: true, jumpingWhen: value, &jumps)
        }
    }

    /// Adds several conditions of which one with the value `decisive` settles the matter.
    private mutating func add(
        _ parts: [Condition], decidedBy decisive: Bool, jumpingWhen value: Bool, _ jumps: inout [Int]
    ) {
        guard decisive != value else {
            for part in parts { add(part, jumpingWhen: value, &jumps) }
            return
        }
        var settled: [Int] = []
        for part in parts.dropLast() { add(part, jumpingWhen: decisive, &settled) }
        if let last = parts.last {
            add(last, jumpingWhen: value, &jumps)
        } else {
            jumps.append(code.count)
            code.append(.jump(target: 0))
        }
        land(settled)
    }

    /// Lets jumps land here.
    private mutating func land(_ jumps: [Int]) {
        for jump in jumps {
            switch code[jump] {
            case .unless(let comparison, let constant, _):
                code[jump] = .unless(comparison, constant, target: here)
            case .jumpIf(let fact, _): code[jump] = .jumpIf(fact, target: here)
            case .jumpUnless(let fact, _): code[jump] = .jumpUnless(fact, target: here)
            default: code[jump] = .jump(target: here)
            }
        }
    }
}

extension Clause.Step {
    /// The condition with what the action itself asks: breaking COW is done where the entry is writable.
    var guardingCondition: Condition? {
        guard case .action(.breakCOW, _) = effect else { return condition }
        return .all([.not(.fact(.pteWritable))] + (condition.map { [$0] } ?? []))
    }
}

extension Path {
    /// How many paths there are.
    static let count = Path.allCases.count
}
