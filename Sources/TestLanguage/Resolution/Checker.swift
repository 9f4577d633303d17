import Diagnostics

extension ResolvedTest {
    /// Checks a test and makes its tables.
    ///
    /// - Parameter source: the text that the test was read from, for diagnostics to point into.
    /// - Throws: all mistakes, up to `Limits.errors`, in the order of their places, with the warnings.
    public init(_ test: LitmusTest, source: SourceText) throws(DiagnosticsError) {
        var checker = Checker(test)
        checker.check()
        let found = checker.diagnostics.sorted { ($0.span?.start ?? 0) < ($1.span?.start ?? 0) }
        if found.contains(where: { $0.severity == .error }) {
            throw DiagnosticsError(source: source, diagnostics: Array(found.prefix(Limits.errors)))
        }
        self = checker.resolved
        warnings = found
    }

    /// Reads and checks a test.
    ///
    /// - Throws: all mistakes that were found, up to `Limits.errors`, in the order of their places.
    public init(parsing source: SourceText) throws(DiagnosticsError) {
        try self.init(LitmusTest(parsing: source), source: source)
    }
}

/// Checks that a test makes sense: first it collects what has a name, then it follows each actor through its block
/// with what the actor knows at each statement, and last it looks at the condition and the expectations.
struct Checker {
    var resolved: ResolvedTest
    var diagnostics: [Diagnostic] = []

    var actorIndices: [String: Int] = [:]
    var mappingIndices: [String: Int] = [:]
    var fileIndices: [String: Int] = [:]
    var eventIndices: [String: Int] = [:]
    var handleIndices: [String: [Int]] = [:]
    var registerIndices: [RegisterKey: Int] = [:]
    /// Processes in which somebody exits, or that somebody kills.
    var endingProcesses: Set<Int> = []
    /// Processes, by index, that call exec.
    var executingProcesses: Set<Int> = []
    var sends: [Send] = []

    /// The mappings that each process may have at some time, by the process's index.
    var everMapped: [Int: Set<Int>] = [:]
    /// Uses of a mapping in a process, to be checked when all actors have been followed.
    var remoteUses: [RemoteUse] = []
    /// The next actor that will be followed; actors are followed in the order in which they were collected.
    var nextActor = 0

    struct RegisterKey: Hashable {
        let actor: Int
        let name: String
    }

    /// `send(b, P)`
    struct Send {
        let handle: Name
        let sender: Int
        let receiver: Int
    }

    struct RemoteUse {
        let process: Int
        let address: Address
    }

    init(_ test: LitmusTest) {
        resolved = ResolvedTest(test: test)
    }

    mutating func check() {
        collect()
        // What follows needs every actor to be known.
        guard resolved.actors.count <= Limits.actors else { return }
        for process in resolved.test.processes {
            followProcess(process)
        }
        checkDeclarations()
        checkCondition()
        checkExpectations()
        checkRemoteUses()
    }

    // MARK: Diagnostics

    mutating func error(
        _ message: String, at syntax: some Syntax, help: String? = nil, note: (String, Name)? = nil
    ) {
        let notes = note.map { [Diagnostic.Note($0.0, at: $0.1.span)] } ?? []
        report(Diagnostic(message, at: syntax.span, help: help, notes: notes))
    }

    mutating func warning(_ message: String, at syntax: some Syntax, note: (String, Span)? = nil) {
        let notes = note.map { [Diagnostic.Note($0.0, at: $0.1)] } ?? []
        report(Diagnostic(message, severity: .warning, at: syntax.span, notes: notes))
    }

    /// Keeps so many errors, and as many warnings beside them.
    mutating func report(_ diagnostic: Diagnostic) {
        if diagnostics.count(where: { $0.severity == diagnostic.severity }) < Limits.errors {
            diagnostics.append(diagnostic)
        }
    }

    var hasTooManyErrors: Bool {
        diagnostics.count >= Limits.errors && diagnostics.count { $0.severity == .error } >= Limits.errors
    }

    mutating func unknown(_ what: String, _ name: Name, among known: some Sequence<String>) {
        let nearest = nearestName(to: name.text, among: known)
        error("unknown \(what) '\(name)'", at: name, help: nearest.map { "did you mean '\($0)'?" })
    }

    // MARK: Actors

    /// The actor of a name.
    mutating func actor(_ name: Name) -> ResolvedTest.Actor? {
        if let index = actorIndices[name.text] { return resolved.actors[index] }
        unknown("process or thread", name, among: resolved.actors.map(\.name.text))
        return nil
    }

    /// The process of a name; a thread's name is a mistake.
    mutating func process(_ name: Name) -> ResolvedTest.Actor? {
        guard let index = actorIndices[name.text] else {
            unknown("process", name, among: resolved.actors.filter { $0.kind != .thread }.map(\.name.text))
            return nil
        }
        let actor = resolved.actors[index]
        guard actor.kind == .thread else { return actor }
        let process = resolved.actors[actor.process].name
        error(
            "expected a process, and '\(name)' is a thread", at: name, help: "its process is '\(process)'",
            note: ("the thread begins here", actor.name))
        return nil
    }

    /// An actor, the one that forked its process, the one that forked that one's process, and so on.
    func lineage(of actor: Int) -> [Int] {
        var lineage = [actor]
        var last = actor
        while let forker = resolved.actors[resolved.actors[last].process].parent {
            lineage.append(forker)
            last = forker
        }
        return lineage
    }

    // MARK: Pages

    /// Checks that an address names one page where one is needed.
    mutating func checkPage(
        _ page: Int?, of count: Int, named name: Name, declared: Name, written: Int?, needsOne: Bool,
        at syntax: some Syntax
    ) {
        if let page, page >= count {
            let pages = count == 1 ? "one page: 0" : "\(count) pages: 0 to \(count - 1)"
            error(
                "page \(page) is out of range: '\(name)' has \(pages)", at: syntax,
                note: ("it is declared here", declared))
        }
        if page == nil, needsOne, written ?? 1 > 1 {
            error(
                "expected one page, and '\(name)' has \(count)", at: syntax,
                help: "write '\(name)[0]' for the first", note: ("it is declared here", declared))
        }
    }
}
