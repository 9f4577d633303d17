/// A header of the runtime, split into its declarations.
struct CHeader {
    let file: String
    /// The comment that it begins with, without its marks.
    private(set) var introduction = ""
    var declarations: [CDeclaration] = []
    /// System headers that it includes, as `<…>`.
    private(set) var systemHeaders: [String] = []
    /// Headers of the runtime that it includes.
    private(set) var ownHeaders: [String] = []

    /// Splits a text.
    ///
    /// - Parameter defined: the macros of our own that `#ifdef` finds defined.
    init(_ text: String, file: String, defined: Set<String> = []) {
        self.file = file
        let text = CHeader.resolveConditions(text, defined)
        var words = CScanner.tokens(of: text)[...]
        var comment: CToken?
        while let word = words.first {
            if word.kind == .comment {
                if introduction.isEmpty, declarations.isEmpty, systemHeaders.isEmpty, ownHeaders.isEmpty {
                    introduction = word.text
                } else {
                    comment = word
                }
                words.removeFirst()
                continue
            }
            if word.kind == .directive, let header = CHeader.included(word.text) {
                if header.hasPrefix("<") { systemHeaders.append(header) } else { ownHeaders.append(header) }
                words.removeFirst()
                continue
            }
            let declaration = CHeader.takeDeclaration(&words)
            let attached = comment.flatMap {
                declaration.first.map { $0.lineBreaks == 1 } == true ? $0.text : nil
            }
            declarations.append(
                CDeclaration(declaration, comment: attached ?? "", source: text, file: file))
            comment = nil
        }
    }

    /// The words of the next declaration, with a comment behind it on the same line.
    private static func takeDeclaration(_ words: inout ArraySlice<CToken>) -> [CToken] {
        var taken: [CToken] = []
        if let first = words.first, first.kind == .directive {
            return takeDirectives(&words)
        }
        var depth = 0
        while let word = words.popFirst() {
            taken.append(word)
            if word.is("{") || word.is("(") || word.is("[") { depth += 1 }
            if word.is("}") || word.is(")") || word.is("]") { depth -= 1 }
            guard depth == 0 else { continue }
            if word.is(";") { break }
            if word.is("}"), CHeader.isFunction(taken) { break }
        }
        if let next = words.first, next.kind == .comment, next.lineBreaks == 0 {
            taken.append(next)
            words.removeFirst()
        }
        return taken
    }

    /// A definition of a macro, or a condition around some.
    private static func takeDirectives(_ words: inout ArraySlice<CToken>) -> [CToken] {
        var taken: [CToken] = []
        var depth = 0
        while let word = words.popFirst() {
            taken.append(word)
            if word.text.hasPrefix("#if") { depth += 1 }
            if word.text.hasPrefix("#endif") { depth -= 1 }
            if depth == 0 { break }
        }
        return taken
    }

    private static func isFunction(_ words: [CToken]) -> Bool {
        let plain = CDeclarationReader.withoutAttributes(words.filter { $0.kind != .comment })
        guard let brace = plain.firstIndex(where: { $0.is("{") }), brace > 0 else { return false }
        return plain[brace - 1].is(")")
    }

    /// What an `#include` names: `<…>`, or the name of a header of ours.
    private static func included(_ line: String) -> String? {
        guard line.hasPrefix("#include") else { return nil }
        let rest = line.dropFirst("#include".count).drop { $0 == " " }
        if rest.first == "<", let end = rest.firstIndex(of: ">") { return String(rest[...end]) }
        return rest.split(separator: "\"").first.map(String.init)
    }

    // MARK: Conditions

    /// Decides the conditions on macros of our own, whose names begin with `MUSTER_`, and leaves all others.
    private static func resolveConditions(_ text: String, _ defined: Set<String>) -> String {
        var lines: [Substring] = []
        /// Of each condition around: whether it is ours, and whether its lines count.
        var conditions: [(ours: Bool, counts: Bool)] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let words = line.split(separator: " ")
            let name = words.count > 1 ? String(words[1]) : ""
            let isOurs = name.hasPrefix("MUSTER_")
            let counts = conditions.allSatisfy(\.counts)
            switch words.first {
            case "#ifdef", "#ifndef":
                let isDefined = defined.contains(name)
                conditions.append((isOurs, !isOurs || isDefined == (words[0] == "#ifdef")))
                if !isOurs, counts { lines.append(line) }
            case "#if":
                conditions.append((false, true))
                if counts { lines.append(line) }
            case "#else" where conditions.last?.ours == true:
                conditions[conditions.count - 1].counts.toggle()
            case "#endif" where !conditions.isEmpty:
                if !conditions.removeLast().ours, counts { lines.append(line) }
            case "#define" where isOurs: break
            default: if counts { lines.append(line) }
            }
        }
        return lines.joined(separator: "\n")
    }
}
