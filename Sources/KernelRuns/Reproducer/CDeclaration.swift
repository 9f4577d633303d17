/// A declaration at the top level of a header of the runtime, with what it names and what it needs.
struct CDeclaration {
    enum Kind { case function, constructor, variable, structure, enumeration, macro }

    let kind: Kind
    /// The comment before it; empty for none.
    let comment: String
    /// Whether it stands right below the declaration before it, without an empty line or a comment.
    let isAttached: Bool
    /// Its text, without the comment.
    let text: String
    /// The file that it comes from.
    let file: String
    /// What it names: functions, variables, macros, constants; tags of structures as `struct NAME`.
    let names: [String]
    /// What it uses, named in the same way.
    let uses: Set<String>
    /// The fields that it reads or writes.
    let fields: Set<String>
    /// The constants of an enumeration, or the fields of a structure.
    let members: [Member]

    /// A constant of an enumeration, or a line of fields of a structure.
    struct Member {
        /// With its comments, without the separator.
        let text: String
        let names: [String]
        let uses: Set<String>
        /// Whether a constant's value is written, not counted.
        let hasValue: Bool
        /// The comment behind it on the same line.
        var trailing = ""
    }

    init(_ words: [CToken], comment: String, source: String, file: String) {
        self.comment = comment
        isAttached = comment.isEmpty && words.first.map { $0.lineBreaks == 1 } == true
        self.file = file
        text = CDeclaration.slice(source, words)
        let code = words.filter { $0.kind != .comment }
        let reader = CDeclarationReader(code)
        kind = reader.kind
        names = reader.names
        let inner = reader.kind == .function ? CDeclarationReader.locals(code) : []
        uses = CDeclaration.uses(code).subtracting(reader.names).subtracting(inner)
        fields = CDeclaration.fields(code)
        let separator = reader.kind == .enumeration ? "," : ";"
        members =
            reader.kind == .structure || reader.kind == .enumeration
            ? CDeclaration.members(words, separator, source) : []
    }

    /// The words from the first to the last, as the source has them.
    static func slice(_ source: String, _ words: [CToken]) -> String {
        guard let first = words.first, let last = words.last else { return "" }
        return String(
            decoding: Array(source.utf8)[first.range.lowerBound..<last.range.upperBound], as: UTF8.self)
    }

    /// What words use, but for fields.
    static func uses(_ words: [CToken]) -> Set<String> {
        var uses: Set<String> = []
        for (index, word) in words.enumerated() {
            if word.kind == .directive {
                let inner = CScanner.tokens(of: " " + word.text.dropFirst())
                uses.formUnion(CDeclaration.uses(Array(inner)))
                continue
            }
            guard word.kind == .identifier else { continue }
            let before = index > 0 ? words[index - 1] : nil
            if let before, before.is(".") || before.is("->") { continue }
            if let before, before.is("struct") || before.is("enum") || before.is("union") {
                uses.insert("\(before.text) \(word.text)")
            } else {
                uses.insert(word.text)
            }
        }
        return uses
    }

    /// The fields that words read or write; an initializer's names of fields do not count.
    static func fields(_ words: [CToken]) -> Set<String> {
        var fields: Set<String> = []
        for (index, word) in words.enumerated() where word.kind == .identifier && index > 1 {
            if words[index - 1].is("->") { fields.insert(word.text) }
            guard words[index - 1].is(".") else { continue }
            let before = words[index - 2]
            if !before.is("{") && !before.is(",") { fields.insert(word.text) }
        }
        return fields
    }

    private static func members(_ words: [CToken], _ separator: String, _ source: String) -> [Member] {
        guard let open = words.firstIndex(where: { $0.is("{") }) else { return [] }
        var members: [Member] = []
        var current: [CToken] = []
        var depth = 0
        func finish() {
            let code = current.filter { $0.kind != .comment }
            guard !code.isEmpty else { return }
            members.append(Member(slice(source, current), code, isConstant: separator == ","))
            current = []
        }
        for word in words[(open + 1)...] {
            // A comment behind the separator, on the same line, belongs to what it stands behind.
            if word.kind == .comment, word.lineBreaks == 0, current.isEmpty, let last = members.popLast() {
                members.append(last.with(comment: word.text))
                continue
            }
            if word.is("{") || word.is("(") || word.is("[") { depth += 1 }
            if word.is("}") || word.is(")") || word.is("]") { depth -= 1 }
            if depth < 0 { break }
            if depth == 0, word.is(separator) { finish() } else { current.append(word) }
        }
        finish()
        return members
    }
}

extension CDeclaration.Member {
    fileprivate init(_ text: String, _ code: [CToken], isConstant: Bool) {
        self.text = text
        hasValue = code.contains { $0.is("=") }
        if isConstant {
            names = code.first.map { [$0.text] } ?? []
        } else {
            names = CDeclarationReader.declared(code) + CDeclarationReader.constants(code)
        }
        uses = CDeclaration.uses(code).subtracting(names)
    }

    fileprivate func with(comment: String) -> CDeclaration.Member {
        var member = self
        member.trailing = comment
        return member
    }
}
