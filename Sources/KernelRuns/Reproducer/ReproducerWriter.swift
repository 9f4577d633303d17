import TestLanguage

/// Writes a reproducer.
struct ReproducerWriter {
    let test: ResolvedTest
    let verdicts: KernelVerdicts?
    let style: Reproducer.Style
    let traits: ReproducerTraits
    var statements: CWriter
    var plumbing: Plumbing
    private let simplifications: [Simplification]
    var names: CNames { statements.names }

    init(
        _ test: ResolvedTest, verdicts: KernelVerdicts?, runtime: RuntimeSources, style: Reproducer.Style
    ) {
        self.test = test
        self.verdicts = verdicts
        self.style = style
        traits = ReproducerTraits(test, verdicts)
        let whole = Plumbing(ReproducerWriter.headers(runtime, [], []), ownStructures: [])
        statements = CWriter(test, names: CNames(test, avoiding: whole.names), frames: false)
        statements.collectNeeds()
        statements.collectLooks(frames: false)
        let simplifications = Simplification.all(for: test, statements, traits: traits)
        let defined: Set<String> = style == .kselftest ? ["MUSTER_KSELFTEST"] : []
        let left = runtime.without(
            (traits.usesOnePagePipes ? [] : ["reproducer_pipe.h"])
                + (traits.hasPlainPages ? [] : ["reproducer_memory.h"]))
        plumbing = Plumbing(
            ReproducerWriter.headers(left, simplifications, defined), ownStructures: ["control.h", "test.h"],
            except: ["MAYBE_UNUSED", "run_once", "start_process", "why_not"])
        self.simplifications = simplifications
    }

    private static func headers(
        _ runtime: RuntimeSources, _ simplifications: [Simplification], _ defined: Set<String>
    ) -> [CHeader] {
        runtime.files.map { file in
            CHeader(Simplification.apply(simplifications, to: file.text), file: file.name, defined: defined)
        }
    }

    /// The whole program.
    mutating func write() throws(Reproducer.Failure) -> String {
        if let reason = statements.impossible { throw .impossible(reason) }
        if let what = test.test.condition?.formula.invisiblePart(in: test) { throw .invisible(what) }
        let functions = Simplification.apply(simplifications, to: actorFunctions)
        let front = functions + judging
        let end = try program()
        try checkCalls(in: functions)
        plumbing.keep(whatIsUsedBy: front + end)
        let tables = settledTables()
        let lifted = lifted(for: front)
        let early = plumbing.text(introduced: { _ in false }) {
            lifted.contains($0.text) || !["base.h", "control.h", "test.h"].contains($0.file)
        }
        let late = plumbing.text(introduced: isMeans) {
            lifted.contains($0.text) || ["base.h", "control.h", "test.h"].contains($0.file)
        }
        let own = enumerations(usedIn: front + early + tables + late + end)
        let body = [
            own, prototypes(for: front), front, heading("What the test is made of"), early,
            prototypes(ofFunctionsIn: tables), tables, late, heading("Running it"), end,
        ].filter { !$0.isEmpty }.joined(separator: "\n")
        return comment + "\n" + includes(for: body) + "\n" + CLayout.tidy(body)
    }

    /// Whether a header is one of the means by which statements are done, not the ground that all stands on.
    private func isMeans(_ file: String) -> Bool {
        ![
            "base.h", "control.h", "test.h", "actors.h", "memory.h", "references.h", "runner.h",
            "reproducer.h",
            "files.h", "exec.h",
        ].contains(file)
    }

    private func heading(_ text: String) -> String { "/* ---- \(text) ---- */\n" }

    /// What statements call that is no part of the runtime.
    private static let plainCalls: Set = ["if", "for", "munmap", "mprotect", "mlock", "madvise"]

    /// Everything that the statements call has to be there.
    private func checkCalls(in text: String) throws(Reproducer.Failure) {
        let words = CScanner.tokens(of: text).filter { $0.kind != .comment }
        for (word, next) in zip(words, words.dropFirst()) where word.kind == .identifier && next.is("(") {
            let isThere = plumbing.names.contains(word.text) || names.functions.contains(word.text)
            if !isThere, !ReproducerWriter.plainCalls.contains(word.text) { throw .unsupported(word.text) }
        }
    }

    // MARK: Order of declarations

    /// What has to stand above a text, for the text to be compiled where it stands.
    private func lifted(for text: String) -> Set<String> {
        var lifted: Set<String> = []
        var open = Array(CDeclaration.uses(CScanner.tokens(of: text).filter { $0.kind != .comment }))
        var seen: Set<String> = []
        while let name = open.popLast() {
            guard seen.insert(name).inserted, let declaration = plumbing.declaration(of: name) else {
                continue
            }
            if declaration.kind == .function {
                let prototype = CLayout.prototype(of: declaration.text)
                open.append(contentsOf: CDeclaration.uses(CScanner.tokens(of: prototype)))
            } else if !text.contains("static const struct \(name.dropFirst(7))_declaration") {
                lifted.insert(declaration.text)
                open.append(contentsOf: declaration.uses)
            }
        }
        return lifted
    }

    /// The declarations of what the test calls.
    private func prototypes(for text: String) -> String {
        let lifted = lifted(for: text)
        var types: [String] = []
        for name in plumbing.namesInOrder {
            guard let declaration = plumbing.declaration(of: name), lifted.contains(declaration.text) else {
                continue
            }
            let type = plumbing.text(of: declaration) + "\n\n"
            if !types.contains(type) { types.append(type) }
        }
        let functions = prototypes(ofFunctionsIn: text)
        return types.joined() + "/* What the test does; how is further below. */\n" + functions
    }

    private func prototypes(ofFunctionsIn text: String) -> String {
        let used = CDeclaration.uses(CScanner.tokens(of: text).filter { $0.kind != .comment })
        var prototypes: [String] = []
        for name in plumbing.namesInOrder where used.contains(name) {
            guard let declaration = plumbing.declaration(of: name), declaration.kind == .function else {
                continue
            }
            let prototype = CLayout.prototype(of: declaration.text) + "\n"
            if !prototypes.contains(prototype) { prototypes.append(prototype) }
        }
        return prototypes.joined()
    }

    private func includes(for text: String) -> String {
        var headers = SystemHeaders.headers(for: text)
        for (_, header) in plumbing.systemHeaders
        where !SystemHeaders.knows(header) && !headers.contains(header) {
            headers.append(header)
        }
        return "#define _GNU_SOURCE\n" + headers.sorted().map { "#include \($0)\n" }.joined()
    }
}
