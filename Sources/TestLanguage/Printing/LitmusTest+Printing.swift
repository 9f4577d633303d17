/// Every piece of syntax describes itself as the text that means it; a whole test as a text that, parsed, is equal.
extension LitmusTest: CustomStringConvertible {
    /// The test as text: declarations, processes, condition, expectations. Comments are lost.
    public var description: String {
        var parts = ["test \(name)\n" + (summary.map { quoted($0) + "\n" } ?? "")]
        parts.append(contentsOf: program)
        if !expectations.isEmpty { parts.append(lines(expectations)) }
        return parts.joined(separator: "\n")
    }

    /// The paragraphs that decide what can happen: all but the name, the summary and the expectations.
    var program: [String] {
        var parts: [String] = []
        if !declarations.isEmpty { parts.append(lines(declarations)) }
        parts.append(contentsOf: processes.map { "\($0)\n" })
        if let condition { parts.append("\(condition)\n") }
        return parts
    }

    private func lines(_ items: [some CustomStringConvertible]) -> String {
        items.map { "\($0)\n" }.joined()
    }

    private func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted += "\\" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}

extension Name: CustomStringConvertible {
    /// The name.
    public var description: String { text }
}

extension Declaration: CustomStringConvertible {
    /// One line, without its end.
    public var description: String {
        switch kind {
        case .map(let map): "\(map)"
        case .file(let file): "\(file)"
        case .background(let doing): "background \(doing)"
        case .frames(let amount): "frames \(amount)"
        case .memcg(let process, let amount): "memcg \(process) \(amount)"
        case .hugepages(let amount): "hugepages \(amount)"
        case .swap(let amount): "swap \(amount)"
        case .pinBias(let amount): "pin_bias \(amount)"
        }
    }
}

extension MapDeclaration: CustomStringConvertible {
    /// One line, without its end.
    public var description: String {
        "map \(name)\(inBrackets(count)): \(backing) \(sharing.rawValue)" + (huge ? " huge" : "")
            + (readonly ? " readonly" : "") + (value.map { " = \($0)" } ?? "")
    }
}

extension Backing: CustomStringConvertible {
    /// As `map` has it.
    public var description: String {
        switch self {
        case .anonymous: "anonymous"
        case .file(let name): "file \(name)"
        case .memfd(let name): "memfd \(name)"
        case .hugetlb: "hugetlb"
        }
    }
}

extension FileDeclaration: CustomStringConvertible {
    /// One line, without its end.
    public var description: String {
        let values = values.map(String.init).joined(separator: ", ")
        return "\(kind.rawValue) \(name)\(inBrackets(count))" + (values.isEmpty ? "" : " = \(values)")
    }
}

extension Expectation: CustomStringConvertible {
    /// One line, without its end.
    public var description: String {
        var items = broken.map { "\($0.rawValue) broken" }
        if let verdict { items.insert(verdict.rawValue, at: 0) }
        if items.isEmpty { items = ["kept"] }
        return "expect \(ruleSets.map(\.text).joined(separator: ", ")): \(items.joined(separator: ", "))"
    }
}

/// `[2]`, or nothing.
func inBrackets(_ number: Int?) -> String {
    number.map { "[\($0)]" } ?? ""
}

/// `.2`, or nothing for the first word.
func afterDot(_ word: Int) -> String {
    word == 0 ? "" : ".\(word)"
}
