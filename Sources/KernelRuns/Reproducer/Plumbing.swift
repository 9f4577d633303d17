/// What a program needs of the runtime's headers, and nothing else: a small tree shaker.
struct Plumbing {
    private let headers: [CHeader]
    /// Files whose structures only we read and write: fields that nobody uses are left out.
    private let ownStructures: Set<String>
    /// Where each name is declared: header and declaration.
    private var places: [String: Place] = [:]
    private(set) var reached: Set<String> = []
    private var fields: Set<String> = []

    private struct Place: Hashable {
        let header: Int
        let declaration: Int
    }

    /// - Parameters:
    ///   - headers: in the order in which they include each other.
    ///   - ownStructures: files whose structures may lose fields.
    ///   - excluded: names that are declared elsewhere.
    init(_ headers: [CHeader], ownStructures: Set<String>, except excluded: Set<String> = []) {
        let headers = Plumbing.overridden(headers, except: excluded)
        self.headers = headers
        self.ownStructures = ownStructures
        for (header, content) in headers.enumerated() {
            for (index, declaration) in content.declarations.enumerated() {
                // A definition counts more than a prototype above it.
                for name in declaration.names where places[name] == nil || declaration.kind == .function {
                    places[name] = Place(header: header, declaration: index)
                }
                for name in declaration.members.flatMap(\.names) where declaration.kind == .enumeration {
                    places[name] = Place(header: header, declaration: index)
                }
            }
        }
    }

    /// Declarations of the reproducer's own headers stand where others declare the same names.
    private static func overridden(_ headers: [CHeader], except excluded: Set<String>) -> [CHeader] {
        var own: [String: CDeclaration] = [:]
        for header in headers where header.file.hasPrefix("reproducer") {
            for declaration in header.declarations where declaration.kind == .function {
                for name in declaration.names { own[name] = declaration }
            }
        }
        var placed = excluded
        return headers.map { header in
            var header = header
            header.declarations = header.declarations.compactMap { declaration in
                guard let name = declaration.names.first else { return declaration }
                guard !placed.contains(name) else { return nil }
                if let other = own[name] {
                    placed.insert(name)
                    return other
                }
                return declaration
            }
            return header
        }
    }

    private func declaration(_ place: Place) -> CDeclaration {
        headers[place.header].declarations[place.declaration]
    }

    /// The declaration of a name; nil for one that the headers do not have.
    func declaration(of name: String) -> CDeclaration? { places[name].map(declaration) }

    /// All names at the top level of the headers.
    var names: Set<String> { Set(places.keys) }

    /// The same, in the order of the headers.
    var namesInOrder: [String] { headers.flatMap(\.declarations).flatMap(\.names) }

    // MARK: Reaching

    /// Keeps what a text uses, and all that this needs in turn.
    mutating func keep(whatIsUsedBy text: String) {
        let words = CScanner.tokens(of: text).filter { $0.kind != .comment }
        fields.formUnion(CDeclaration.fields(words))
        for name in CDeclaration.uses(words) { keep(name) }
        settle()
    }

    private mutating func keep(_ name: String) {
        guard let place = places[name], reached.insert(name).inserted else { return }
        let declaration = declaration(place)
        switch declaration.kind {
        case .enumeration:
            for member in declaration.members where member.names.contains(name) { keepAll(member.uses) }
        case .structure where ownStructures.contains(declaration.file): break
        default:
            fields.formUnion(declaration.fields)
            keepAll(declaration.uses)
        }
    }

    private mutating func keepAll(_ names: Set<String>) {
        for name in names { keep(name) }
    }

    /// Fields that are used need their types, and constructors run for the variables that they prepare: until nothing more
    /// is needed.
    private mutating func settle() {
        while true {
            let before = (reached.count, fields.count)
            for header in headers {
                for declaration in header.declarations {
                    switch declaration.kind {
                    case .structure where ownStructures.contains(declaration.file):
                        guard isReached(declaration) else { continue }
                        for member in declaration.members where isUsed(member) { keepAll(member.uses) }
                    case .constructor where prepares(declaration):
                        for name in declaration.names { keep(name) }
                    default: break
                    }
                }
            }
            if before == (reached.count, fields.count) { return }
        }
    }

    /// Whether a constructor concerns a variable of its own file that is needed.
    private func prepares(_ constructor: CDeclaration) -> Bool {
        var seen: Set<String> = []
        var open = Array(constructor.uses)
        while let name = open.popLast() {
            guard seen.insert(name).inserted, let place = places[name] else { continue }
            let declaration = declaration(place)
            guard declaration.file == constructor.file else { continue }
            if declaration.kind == .variable, reached.contains(name) { return true }
            open.append(contentsOf: declaration.uses)
        }
        return false
    }

    private func isReached(_ declaration: CDeclaration) -> Bool {
        declaration.names.contains { reached.contains($0) }
            || declaration.kind == .enumeration
                && declaration.members.contains { $0.names.contains { reached.contains($0) } }
    }

    private func isUsed(_ member: CDeclaration.Member) -> Bool {
        member.names.contains { fields.contains($0) || reached.contains($0) }
    }

    /// Whether a field of a structure of ours is used.
    func usesField(_ name: String) -> Bool { fields.contains(name) }

    // MARK: The text

    /// The system headers that headers with needed declarations include themselves.
    var systemHeaders: [(file: String, header: String)] {
        headers.filter { $0.declarations.contains(where: isReached) }
            .flatMap { header in header.systemHeaders.map { (header.file, $0) } }
    }

    /// What the functions that are needed use.
    var usesOfFunctions: Set<String> {
        headers.flatMap(\.declarations).filter { $0.kind == .function && isReached($0) }
            .reduce(into: []) { $0.formUnion($1.uses) }
    }

    /// What is needed, in the order of the headers.
    ///
    /// - Parameters:
    ///   - introduced: files whose introduction stands above what is needed of them.
    ///   - isLeftOut: declarations that stand elsewhere.
    func text(introduced: (String) -> Bool, except isLeftOut: (CDeclaration) -> Bool) -> String {
        var text = ""
        for header in headers {
            var isBelow = false
            if introduced(header.file), !header.introduction.isEmpty,
                header.declarations.contains(where: { isReached($0) && !isLeftOut($0) })
            {
                if !text.isEmpty, !text.hasSuffix("\n\n") { text += "\n" }
                text += header.introduction + "\n\n"
            }
            for declaration in header.declarations {
                let isNeeded = isReached(declaration) && !isLeftOut(declaration)
                if isNeeded {
                    if !(isBelow && declaration.isAttached), !text.isEmpty, !text.hasSuffix("\n\n") {
                        text += "\n"
                    }
                    text += self.text(of: declaration) + "\n"
                }
                isBelow = isNeeded
            }
        }
        return text
    }

    /// A declaration with its comment, without members that nobody uses.
    func text(of declaration: CDeclaration) -> String {
        let comment = declaration.comment.isEmpty ? "" : declaration.comment + "\n"
        return comment + body(of: declaration)
    }

    private func body(of declaration: CDeclaration) -> String {
        switch declaration.kind {
        case .enumeration:
            return declaration.text(keeping: constants(of: declaration), separator: ",")
        case .structure where ownStructures.contains(declaration.file):
            return declaration.text(keeping: declaration.members.map(isUsed), separator: ";")
        default: return declaration.text
        }
    }

    /// Which constants are needed: those that are used, and those from which a used one's value is counted.
    private func constants(of declaration: CDeclaration) -> [Bool] {
        let members = declaration.members
        var kept = members.map { $0.names.contains { reached.contains($0) } }
        guard members.contains(where: \.hasValue) else { return kept }
        for index in members.indices.dropFirst().reversed()
        where kept[index] && !members[index].hasValue {
            kept[index - 1] = true
        }
        return kept
    }
}

extension CDeclaration {
    /// The text with some of the members only.
    fileprivate func text(keeping kept: [Bool], separator: String) -> String {
        if kept.allSatisfy(\.self) { return text }
        guard let open = text.firstIndex(of: "{"), let close = text.lastIndex(of: "}") else { return text }
        let chosen = zip(members, kept).filter(\.1).map(\.0)
        let head = text[...open]
        let tail = text[close...]
        if !text.contains("\n") {
            return head + " " + chosen.map(\.text).joined(separator: ", ") + " " + tail
        }
        let lines = chosen.map { member in
            "    \(member.text)\(separator)" + (member.trailing.isEmpty ? "" : " " + member.trailing)
        }
        return head + "\n" + lines.joined(separator: "\n") + "\n" + tail
    }
}
