import TestLanguage

extension CWriter {
    /// The process that has a memory limit, -1 for none, and its pages at the beginning, -1 for no limit then.
    var memcg: (actor: Int, pages: Int) {
        for declaration in test.test.declarations {
            if case .memcg(let process, let pages) = declaration.kind {
                return (test.actor(named: process.text)?.index ?? -1, pages)
            }
        }
        for actor in test.actors {
            for statement in actor.block.statements {
                if case .memcgLimit(let process, _) = statement.kind {
                    return (test.actor(named: process.text)?.index ?? -1, -1)
                }
            }
        }
        return (-1, 0)
    }

    /// What a process of a test with a memory limit does first.
    func beginning(of actor: ResolvedTest.Actor) -> String? {
        let (limited, pages) = memcg
        guard limited >= 0, actor.kind != .thread else { return nil }
        return actor.process == limited
            ? "if (from_step == 0) begin_limited(\(pages));" : "if (from_step == 0) begin_unlimited();"
    }
}

extension Statement.Kind {
    /// Whether it is a call that gives an error where memory is lacking, unlike an access, which kills.
    var mayFailForMemory: Bool {
        switch self {
        case .store, .load, .exit, .exec, .wait, .join, .signal, .await, .thread: false
        default: true
        }
    }
}
