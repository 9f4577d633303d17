import Diagnostics
import Exploration
import TestLanguage
import VirtualMemory

/// The names that a test's text gives to what the machine knows by number.
struct TestNames: Sendable {
    let test: LoweredTest

    /// A process or a thread.
    func actor(_ thread: Int) -> String { test.name(ofThread: thread) }

    /// A process.
    func process(_ process: Int) -> String { test.name(ofProcess: process) }

    /// A page of a process: `parent:x`, `parent:a[2]`.
    func page(_ process: Int, _ page: Int) -> String { "\(self.process(process)):\(test.name(ofPage: page))" }

    /// A page of a file or of shared memory: `F`, `F[1]`.
    func slot(_ slot: Int) -> String { test.name(ofSlot: slot) }

    /// A word of a page, as an operand of a condition is written.
    func word(_ process: Int, _ page: Int, _ word: Int) -> String {
        "\(self.process(process)):*\(test.name(ofPage: page))\(word > 0 ? ".\(word)" : "")"
    }

    /// A reference by the name that the process which took it gave it: `parent:b`, of several pages `parent:b[1]`.
    func reference(_ index: Int) -> String {
        for handle in test.test.handles {
            let first = test.firstReferences[handle.index]
            guard (first..<(first + handle.pages)).contains(index) else { continue }
            let name = "\(actor(handle.process)):\(handle.name.text)"
            return handle.pages > 1 ? "\(name)[\(index - first)]" : name
        }
        return kernelReference(index) ?? "reference \(index)"
    }

    /// A reference that the kernel holds only during a statement, by that statement.
    private func kernelReference(_ index: Int) -> String? {
        for (thread, program) in test.program.threads.enumerated() {
            for (number, operation) in program.operations.enumerated() {
                switch operation {
                case .readRemotely(_, _, _, _, let reference, _) where Int(reference) == index,
                    .writeRemotely(_, _, _, _, _, let reference, _) where Int(reference) == index:
                    return "'\(statement(thread, number))' of \(actor(thread))"
                default: continue
                }
            }
        }
        return nil
    }

    /// The page that a reference was taken at.
    func page(ofReference index: Int) -> Int { test.program.geometry.pageOfReference[index] }

    /// The statement of an operation as the text has it, without the block of a fork or a thread.
    func statement(_ thread: Int, _ operation: Int) -> String {
        if let declaration = test.background(ofThread: thread) { return "\(declaration)" }
        let text = test.source.text(in: test.statements[thread][operation].span)
        let head = text.prefix { $0 != "{" && $0 != "#" }
        return head.split { $0.isWhitespace }.joined(separator: " ")
    }

    /// Whether two operations of a thread come from one statement.
    func isSameStatement(_ thread: Int, _ a: Int?, _ b: Int?) -> Bool {
        guard let a, let b, thread < test.statements.count else { return a == b }
        return test.statements[thread][a].span == test.statements[thread][b].span
    }

    /// The operation of a step; nil for one of the exit.
    func operation(of step: Replay.Step) -> VirtualMemory.Operation? {
        guard let operation = step.operation else { return nil }
        let operations = test.program.threads[step.thread].operations
        return operation < operations.count ? operations[operation] : nil
    }

    /// A number as a register shows it: a negative errno by its name.
    func number(_ number: Int) -> String {
        ErrorNumber(rawValue: -number).map { "-\($0.name)" } ?? "\(number)"
    }
}

/// Names in a sentence: `a`, `a and b`, `a, b and c`.
func listed(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " and " + last
}
