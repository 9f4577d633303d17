extension LitmusTest {
    /// How many statements it has, those in inner blocks too. Of two tests that show the same, the one with fewer is the
    /// simpler.
    public var statementCount: Int {
        processes.reduce(0) { $0 + $1.block.statementCount }
    }
}

extension Block {
    fileprivate var statementCount: Int {
        statements.reduce(0) { count, statement in
            switch statement.kind {
            case .fork(_, let block), .vfork(_, let block), .thread(_, let block):
                count + 1 + block.statementCount
            default: count + 1
            }
        }
    }
}
