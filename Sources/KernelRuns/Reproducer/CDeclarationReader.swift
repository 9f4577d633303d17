/// Finds out what a declaration declares. It knows the forms that the runtime is written in.
struct CDeclarationReader {
    let kind: CDeclaration.Kind
    let names: [String]

    /// - Parameter code: the words of one declaration, without comments.
    init(_ code: [CToken]) {
        if code.first?.kind == .directive {
            kind = .macro
            names = code.compactMap { CDeclarationReader.macro($0.text) }
            return
        }
        let plain = CDeclarationReader.withoutAttributes(code)
        let brace = plain.firstIndex { $0.is("{") }
        let constants = CDeclarationReader.constants(plain)
        if let brace, brace > 0, plain[brace - 1].is(")") {
            let isConstructor = code.contains { $0.is("constructor") }
            kind = isConstructor ? .constructor : .function
            names = CDeclarationReader.beforeFirst("(", plain).map { [$0] } ?? []
        } else if let brace, plain.last(where: { !$0.is(";") })?.is("}") == true,
            !plain[..<brace].contains(where: { $0.is("=") }), let first = plain.first
        {
            kind = first.is("enum") ? .enumeration : .structure
            let tag = brace > 1 ? ["\(first.text) \(plain[1].text)"] : []
            names = tag + constants
        } else {
            kind = .variable
            names = CDeclarationReader.declared(plain) + constants
        }
    }

    /// The name that a preprocessor line defines.
    private static func macro(_ line: String) -> String? {
        guard line.hasPrefix("#define") else { return nil }
        return line.dropFirst("#define".count).split { !($0.isLetter || $0.isNumber || $0 == "_") }.first.map(
            String.init)
    }

    private static func beforeFirst(_ text: String, _ words: [CToken]) -> String? {
        guard let index = words.firstIndex(where: { $0.is(text) }), index > 0 else { return nil }
        return words[index - 1].text
    }

    /// The names of variables, fields or a prototype: the last word of each declarator before `[`, `=`, `(` or its end.
    static func declared(_ words: [CToken]) -> [String] {
        let outside = words.prefix { !$0.is("{") }
        if let pointer = outside.indices.dropLast(2).first(where: {
            words[$0].is("(") && words[$0 + 1].is("*")
        }) {
            return [words[pointer + 2].text]
        }
        var names: [String] = []
        var depth = 0
        var last: String?
        var isOver = false
        func finish() {
            if let last { names.append(last) }
            last = nil
            isOver = false
        }
        for word in words where word.kind != .directive {
            if depth == 0, word.is(",") || word.is(";") {
                finish()
                continue
            }
            if depth == 0, word.is("=") || word.is("[") || word.is("(") { isOver = true }
            if word.is("{") || word.is("(") || word.is("[") { depth += 1 }
            if word.is("}") || word.is(")") || word.is("]") { depth -= 1 }
            if depth == 0, !isOver, word.kind == .identifier { last = word.text }
        }
        finish()
        return names
    }

    /// The parameters and variables of a function. Where something at the top level has the same name, the function means
    /// its own.
    static func locals(_ code: [CToken]) -> Set<String> {
        var locals: Set<String> = []
        for (index, word) in code.enumerated() where word.kind == .identifier && index > 0 {
            guard index + 1 < code.count, endsDeclarator.contains(code[index + 1].text) else { continue }
            let before = code[..<index].last { !$0.is("*") }
            guard let before, before.kind == .identifier, !operators.contains(before.text) else { continue }
            // What stands behind a star may also be multiplied.
            let isPointer = code[index - 1].is("*")
            if !isPointer || isType(before, in: code[..<index]) { locals.insert(word.text) }
        }
        return locals
    }

    private static let endsDeclarator: Set = ["=", ";", ",", ")", "["]
    private static let operators: Set = [
        "return", "else", "case", "goto", "sizeof", "struct", "enum", "union", "do",
    ]
    private static let plainTypes: Set = [
        "char", "int", "long", "short", "unsigned", "void", "bool", "const", "volatile",
    ]

    /// Whether a word in front of stars is the last one of a type.
    private static func isType(_ word: CToken, in code: ArraySlice<CToken>) -> Bool {
        if plainTypes.contains(word.text) || word.text.hasSuffix("_t") || word.is("FILE") || word.is("DIR") {
            return true
        }
        guard let place = code.lastIndex(where: { $0.range == word.range }), place > code.startIndex else {
            return false
        }
        return ["struct", "union", "enum"].contains(code[place - 1].text)
    }

    /// The constants of enumerations anywhere in it.
    static func constants(_ words: [CToken]) -> [String] {
        var names: [String] = []
        for index in words.indices where words[index].is("enum") {
            var place = index + 1
            if place < words.count, words[place].kind == .identifier { place += 1 }
            guard place < words.count, words[place].is("{") else { continue }
            var expectsName = true
            var depth = 0
            for word in words[(place + 1)...] {
                if depth == 0, word.is("}") { break }
                if word.is("(") { depth += 1 }
                if word.is(")") { depth -= 1 }
                if expectsName, word.kind == .identifier { names.append(word.text) }
                expectsName = depth == 0 && word.is(",")
            }
        }
        return names
    }

    /// Without `__attribute__((…))`.
    static func withoutAttributes(_ words: [CToken]) -> [CToken] {
        var rest: [CToken] = []
        var depth = 0
        var skips = false
        for word in words {
            if word.is("__attribute__") {
                skips = true
                continue
            }
            guard skips else {
                rest.append(word)
                continue
            }
            if word.is("(") { depth += 1 }
            if word.is(")") { depth -= 1 }
            if depth == 0 { skips = false }
        }
        return rest
    }
}
