extension LitmusTest {
    /// How many statements it has, those in inner blocks too. Of two tests that show the same, the one with fewer is the
    /// simpler.
    public var statementCount: Int {
        var count = 0
        visitStatements { _ in count += 1 }
        return count
    }

    /// Whether it asks any tracker of writes: soft-dirty, or a userfaultfd. Where none is asked, none can miss a write.
    public var tracksWrites: Bool {
        var tracks = false
        visitStatements { statement in
            switch statement.kind {
            case .clearRefs, .userfault: tracks = true
            default: break
            }
        }
        return tracks
    }

    /// Goes through all statements, those in inner blocks too.
    private func visitStatements(_ visit: (Statement) -> Void) {
        for process in processes { process.block.visitStatements(visit) }
    }
}

extension Block {
    fileprivate func visitStatements(_ visit: (Statement) -> Void) {
        for statement in statements {
            visit(statement)
            switch statement.kind {
            case .fork(_, let block), .vfork(_, let block), .thread(_, let block):
                block.visitStatements(visit)
            default: break
            }
        }
    }
}
