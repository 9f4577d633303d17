import TestLanguage

/// What is recorded of an end: registers in the order of the text, what became of the actors, and what the condition asks.
public struct OutcomeColumns: Sendable {
    /// What stands in a column.
    public enum Column: Hashable, Sendable {
        /// A register, by its index.
        case register(Int)
        /// An actor, by its index: absent unless it is blocked or was killed.
        case actor(Int)
        /// The final content of a word, as a load by a process would give it; processes are the actors that they begin with.
        case content(process: Int, mapping: Int, page: Int, word: Int)
        /// A word of a file or a memfd.
        case file(Int, page: Int, word: Int)
        /// A fact that the condition asks for.
        case fact(Fact)
        /// How many copies were made.
        case copies
        /// The frame that a process has mapped in the end; 0 for none.
        case frame(process: Int, mapping: Int, page: Int)
    }

    /// The columns, in order.
    public let columns: [Column]
    /// Their titles: `child:seen`, `parent:*x`, `same(parent:x, child:x)`.
    public let titles: [String]
    /// The place of each column.
    public let indices: [Column: Int]

    /// The columns of a test.
    ///
    /// - Parameter finalFrames: whether to record the frames of all pages of all processes, too.
    public init(_ test: ResolvedTest, finalFrames: Bool = false) {
        var table = ColumnTable()
        for register in test.registers { table.add(.register(register.index), test.title(of: register)) }
        for actor in test.actors { table.add(.actor(actor.index), actor.name.text) }
        test.test.condition?.formula.visitColumns(test) { table.add($0, $1) }
        if finalFrames { table.addFrames(of: test) }
        columns = table.columns
        titles = table.titles
        indices = table.indices
    }

    /// The columns of a test that is explored.
    public init(_ lowered: LoweredTest) {
        self.init(lowered.test, finalFrames: lowered.recordsFinalFrames)
    }
}

/// Columns, gathered.
private struct ColumnTable {
    var columns: [OutcomeColumns.Column] = []
    var titles: [String] = []
    var indices: [OutcomeColumns.Column: Int] = [:]

    mutating func add(_ column: OutcomeColumns.Column, _ title: String) {
        guard indices[column] == nil else { return }
        indices[column] = columns.count
        columns.append(column)
        titles.append(title)
    }

    mutating func addFrames(of test: ResolvedTest) {
        for actor in test.actors where actor.kind != .thread {
            for mapping in test.mappings {
                for page in 0..<mapping.pages {
                    let name =
                        mapping.declaration.count == nil ? mapping.name.text : "\(mapping.name)[\(page)]"
                    add(
                        .frame(process: actor.index, mapping: mapping.index, page: page),
                        "frame(\(actor.name):\(name))")
                }
            }
        }
    }
}

extension Formula {
    fileprivate func visitColumns(
        _ test: ResolvedTest, _ visit: (OutcomeColumns.Column, String) -> Void
    ) {
        switch kind {
        case .and(let parts), .or(let parts):
            for part in parts { part.visitColumns(test, visit) }
        case .not(let inner): inner.visitColumns(test, visit)
        case .comparison(let left, _, let right):
            for operand in [left, right] {
                if let column = operand.column(test) { visit(column, "\(operand)") }
            }
        case .fact(let fact):
            switch fact {
            case .killed, .blocked: break
            default: visit(.fact(fact), "\(fact)")
            }
        }
    }
}

extension Operand {
    /// The column that an operand reads; nil for a constant.
    func column(_ test: ResolvedTest) -> OutcomeColumns.Column? {
        switch kind {
        case .register(let actor, let name):
            return test.actor(named: actor.text)
                .flatMap { test.register(named: name.text, of: $0.index) }
                .map { .register($0.index) }
        case .content(let process, let location):
            guard let actor = test.actor(named: process.text),
                let mapping = test.mapping(named: location.address.mapping.text)
            else { return nil }
            return .content(
                process: actor.process, mapping: mapping.index, page: location.address.page ?? 0,
                word: location.word)
        case .file(let place):
            return test.file(named: place.file.text)
                .map { .file($0.index, page: place.page ?? 0, word: place.word) }
        case .copies: return .copies
        case .number, .error, .zeroFrame: return nil
        }
    }
}
