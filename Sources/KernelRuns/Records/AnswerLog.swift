import Exploration
import TestLanguage

/// What kernels answered to a test, kept beside it: `NAME.answers`.
///
/// The file is for people, and for the modelling to meet; it has no counts, for those differ from run to run.
///
/// ```
/// answers to vmsplice-leak, hash 8c0f5e6d9a7b1234
///
/// kernel 6.12.107+deb12-cloud-amd64, 2026-11-21
///     child:pipe=0; child:seen=0; parent=-; child=-;
/// ```
public struct AnswerLog: Sendable, Hashable {
    /// The test's name.
    public let test: String
    /// The hash of the test's program: answers to another program mean nothing.
    public let hash: UInt64
    /// One for each kernel, in the order of the file.
    public private(set) var blocks: [Block]

    /// What one kernel answered.
    public struct Block: Sendable, Hashable {
        /// The kernel.
        public let release: KernelRelease
        /// The day, as `2026-11-21`.
        public let date: String
        /// What it answered.
        public let answer: Answer

        /// Makes a block.
        public init(release: KernelRelease, date: String, answer: Answer) {
            self.release = release
            self.date = date
            self.answer = answer
        }
    }

    /// An answer.
    public enum Answer: Sendable, Hashable {
        /// Its outcomes, each as a line, in order.
        case ran([String])
        /// It cannot run there; why.
        case notRunnable(String)
    }

    /// Makes a log of a test.
    public init(_ test: ResolvedTest, blocks: [Block] = []) {
        self.init(test: test.test.name.text, hash: test.test.programHash, blocks: blocks)
    }

    init(test: String, hash: UInt64, blocks: [Block]) {
        self.test = test
        self.hash = hash
        self.blocks = blocks
    }

    /// What a kernel answered; nil where nothing is recorded.
    public func answer(of release: KernelRelease) -> Answer? {
        blocks.first { $0.release == release }?.answer
    }

    /// Takes in what a kernel answered. The day stays the one on which the kernel answered this for the first time.
    public mutating func record(_ block: Block) {
        guard let index = blocks.firstIndex(where: { $0.release == block.release }) else {
            blocks.append(block)
            return
        }
        if blocks[index].answer != block.answer { blocks[index] = block }
    }
}

extension AnswerLog: CustomStringConvertible {
    /// The text of the file.
    public var description: String {
        let digits = String(hash, radix: 16)
        let padded = String(repeating: "0", count: 16 - digits.count) + digits
        var text = "answers to \(test), hash \(padded)\n"
        for block in blocks {
            text += "\nkernel \(block.release), \(block.date)\n"
            switch block.answer {
            case .ran(let outcomes): for outcome in outcomes { text += "    \(outcome)\n" }
            case .notRunnable(let reason): text += "    not runnable: \(reason)\n"
            }
        }
        return text
    }
}

extension Observation {
    /// The outcomes as an ``AnswerLog`` keeps them, in order: all columns but those of final frames.
    public var recordedOutcomes: [String] { recorded { !$0.isFinalFrame } }

    /// The same without what varies from run to run: which pages share a frame.
    var recordedOutcomesWithoutFrames: [String] { recorded { !$0.isFinalFrame && !isAboutFrames($0) } }

    /// An outcome that was recorded, without which pages share a frame.
    func withoutFrames(_ recorded: String) -> String {
        let left = Set(zip(columns.columns, columns.titles).filter { isAboutFrames($0.0) }.map(\.1))
        return recorded.split(separator: ";").map { $0.drop { $0 == " " } }
            .filter { part in !left.contains(part.lastIndex(of: "=").map { String(part[..<$0]) } ?? "") }
            .map { $0 + ";" }.joined(separator: " ")
    }

    private func recorded(_ isKept: (OutcomeColumns.Column) -> Bool) -> [String] {
        let kept = columns.columns.indices.filter { isKept(columns.columns[$0]) }
        return Set(
            outcomes.map { outcome in
                kept.map { "\(columns.titles[$0])=\(outcome.text(ofColumn: $0));" }.joined(separator: " ")
            }
        ).sorted()
    }

    private func isAboutFrames(_ column: OutcomeColumns.Column) -> Bool {
        switch column {
        case .register(let index): test.registers[index].kind == .frame
        case .fact(.same), .fact(.moved), .frame: true
        default: false
        }
    }
}

extension OutcomeColumns.Column {
    fileprivate var isFinalFrame: Bool {
        if case .frame = self { true } else { false }
    }
}
