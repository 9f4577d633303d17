import TestLanguage

/// Writes the C of one test.
struct CWriter {
    let test: ResolvedTest
    let names: CNames
    var looks: [CompiledLook] = []
    var needs: Set<Feature> = []
    var impossible: String?
    var code = ""
    var entry = ""
    let isOrdered: Bool
    /// Orders in which statements are to begin in some runs.
    var plans: [RacePlan] = []
    /// Whether anything asks which frames there are.
    var looksAtFrames = false
    private let frames: Bool

    init(_ test: ResolvedTest, names: CNames, frames: Bool) {
        self.test = test
        self.names = names
        self.frames = frames
        isOrdered = test.isOrdered
    }

    mutating func write() {
        collectNeeds()
        collectLooks(frames: frames)
        writeNames()
        for actor in test.actors { writePrototype(of: actor) }
        for actor in test.actors { writeFunction(of: actor) }
        writeTables()
    }

    mutating func line(_ text: String = "") { code += text + "\n" }

    /// The test cannot run anywhere; the first reason counts.
    mutating func cannotRun(_ reason: String) { impossible = impossible ?? reason }

    // MARK: Names in C

    var prefix: String { names.prefix }
    func actorName(_ index: Int) -> String { names.actors[index] }
    func mappingName(_ index: Int) -> String { names.mappings[index] }
    func fileName(_ index: Int) -> String { names.files[index] }
    func eventName(_ index: Int) -> String { names.events[index] }
    func registerName(_ index: Int) -> String { names.registers[index] }
    func referenceName(_ index: Int) -> String { names.references[index] }

    private mutating func writeNames() {
        let groups: [[String]] = [
            names.actors, names.mappings, names.files, names.events, names.registers, names.references,
        ]
        for group in groups where !group.isEmpty {
            line("enum { \(group.joined(separator: ", ")) };")
        }
        line()
    }

    // MARK: Actors

    func functionName(_ index: Int) -> String { names.functions[index] }

    private mutating func writePrototype(of actor: ResolvedTest.Actor) {
        line("static void \(functionName(actor.index))(int from_step);")
    }

    private mutating func writeFunction(of actor: ResolvedTest.Actor) {
        line()
        line("static void \(functionName(actor.index))(int from_step) {")
        let statements = actor.block.statements
        line("    (void)from_step;")
        for (step, statement) in statements.enumerated() where statement.kind == .exec {
            line("    if (from_step == \(step + 1)) goto after_exec_\(step);")
        }
        if let begin = beginning(of: actor) { line("    " + begin) }
        for (step, statement) in statements.enumerated() {
            line("    at(\(step)); /* \(comment(statement)) */")
            let spared = memcg.actor == actor.process && statement.kind.mayFailForMemory
            if spared { line("    spare_from_killer(true);") }
            for text in lines(of: statement, step: step, actor: actor) { line("    " + text) }
            if spared { line("    spare_from_killer(false);") }
            if looksAtFrames, isOrdered { line("    settle();") }
            if statement.kind == .exec { line("after_exec_\(step):;") }
        }
        line("}")
    }

    /// A statement as a comment of C.
    func comment(_ statement: Statement) -> String {
        "\(statement)".split(separator: "*/", omittingEmptySubsequences: false).joined(separator: "* /")
            .split(separator: "/*", omittingEmptySubsequences: false).joined(separator: "/ *")
    }
}
