/// How the text of a reproducer is laid out.
enum CLayout {
    /// Columns of a line at the most.
    static let width = 100

    /// A prototype for the definition of a function.
    static func prototype(of function: String) -> String {
        let head = function.prefix { $0 != "{" }.split(separator: "\n").map { $0.trimmed }.joined(
            separator: " ")
        return plain(head.trimmed).trimmed.replacing("( ", with: "(") + ";"
    }

    /// Without what only headers need, whose functions may be unused.
    private static func plain(_ line: String) -> String {
        line.replacing("MAYBE_UNUSED ", with: "").replacing("static inline ", with: "static ")
    }

    /// A text with no line too long, and no two empty lines in a row.
    static func tidy(_ text: String) -> String {
        var lines: [String] = []
        var comment: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map({ plain(String($0)) }) {
            let isWithinComment = !comment.isEmpty || line.trimmed.hasPrefix("/*") && !line.contains("*/")
            if isWithinComment {
                comment.append(line)
                if line.contains("*/") {
                    lines.append(contentsOf: wrappedComment(comment))
                    comment = []
                }
            } else if !(line.isEmpty && lines.last?.isEmpty != false) {
                lines.append(contentsOf: wrapped(line))
            }
        }
        lines.append(contentsOf: comment)
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: Comments

    /// A comment of several lines; where one of them is too long, its paragraph is filled anew.
    private static func wrappedComment(_ lines: [String]) -> [String] {
        guard lines.contains(where: { $0.count > width }) else { return lines }
        let indent = String(lines[0].prefix { $0 == " " })
        var result: [String] = []
        var paragraph = ""
        func finish() {
            result.append(contentsOf: filled(paragraph, first: indent + " * ", rest: indent + " * "))
            paragraph = ""
        }
        for line in lines {
            let inner = line.trimmed
            if inner == "/*" || inner == "*/" || inner == "*" {
                finish()
                result.append(indent + (inner == "/*" ? "/*" : " \(inner)"))
            } else {
                paragraph += (paragraph.isEmpty ? "" : " ") + String(inner.drop { $0 == "*" || $0 == " " })
            }
        }
        return result
    }

    /// Words in lines that begin with `first`, then with `rest`.
    static func filled(_ text: String, first: String, rest: String, width: Int = width) -> [String] {
        var lines: [String] = []
        var line = first
        var isEmpty = true
        for word in text.split(separator: " ") {
            if !isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = rest
                isEmpty = true
            }
            line += (isEmpty ? "" : " ") + word
            isEmpty = false
        }
        return isEmpty ? lines : lines + [line]
    }

    // MARK: Code

    /// A line of code, broken where it is too long.
    private static func wrapped(_ line: String, continues: Bool = false) -> [String] {
        guard line.count > width else { return [line] }
        let indent = String(line.prefix { $0 == " " })
        let inner = line.trimmed
        if inner.hasPrefix("/*"), inner.hasSuffix("*/") {
            let words = inner.dropFirst(2).dropLast(2).trimmed
            return [indent + "/*"] + filled(words, first: indent + " * ", rest: indent + " * ") + [
                indent + " */"
            ]
        }
        if inner.hasSuffix("*/"), let comment = inner.range(of: " /*") {
            let code = String(inner[..<comment.lowerBound])
            return wrapped(indent + inner[comment.lowerBound...].trimmed) + wrapped(indent + code)
        }
        if inner.hasSuffix(" }"), !inner.hasPrefix("{"), let brace = inner.range(of: ") { ") {
            let body = inner[brace.upperBound...].dropLast(2)
            return [indent + inner[..<brace.lowerBound] + ") {"]
                + wrapped(indent + "    " + body) + [indent + "}"]
        }
        let deeper = indent + (continues ? "" : "        ")
        guard let place = breakingPlace(in: line) else {
            guard let (head, tail) = brokenLiteral(in: line) else { return [line] }
            return [head] + wrapped(deeper + tail, continues: true)
        }
        let rest = deeper + line[place...].trimmed
        return [String(line[..<place].reversed().drop { $0 == " " }.reversed())]
            + wrapped(rest, continues: true)
    }

    /// A line whose text in quotes goes beyond the margin, as two lines with a part of the text each.
    private static func brokenLiteral(in line: String) -> (String, String)? {
        let head = line.prefix(width - 1)
        guard head.count(where: { $0 == "\"" }) % 2 == 1, let space = head.lastIndex(of: " "),
            let quote = head.lastIndex(of: "\""), quote < space
        else { return nil }
        let next = line.index(after: space)
        return (line[..<next] + "\"", "\"" + line[next...])
    }

    /// The last place before the margin where a line may be broken: behind a comma or before an operator, with as few
    /// brackets around as possible.
    private static func breakingPlace(in line: String) -> String.Index? {
        var best: (depth: Int, place: String.Index)?
        var depth = 0
        var quote: Character?
        for (column, index) in line.indices.enumerated() where column < width {
            let character = line[index]
            if let open = quote {
                if character == open, line[line.index(before: index)] != "\\" { quote = nil }
                continue
            }
            switch character {
            case "\"", "'": quote = character
            case "(", "{", "[": depth += 1
            case ")", "}", "]": depth -= 1
            case " " where column > 16:
                let before = line[line.index(before: index)]
                let after = line[line.index(after: index)...]
                let isOperator = ["&& ", "|| ", "? ", ": ", "+ ", "| "].contains { after.hasPrefix($0) }
                let isStatement = before == ")" && depth == 0 && !isOperator && !after.hasPrefix("{")
                guard before == "," || isOperator || isStatement else { continue }
                if best.map({ depth <= $0.depth }) ?? true { best = (depth, line.index(after: index)) }
            default: break
            }
        }
        return best?.place
    }
}

extension StringProtocol {
    /// Without spaces at both ends.
    var trimmed: String {
        let start = drop { $0 == " " }
        return String(start.reversed().drop { $0 == " " }.reversed())
    }

    /// Where a text first occurs.
    fileprivate func range(of text: String) -> Range<Index>? { firstRange(of: text) }
}
