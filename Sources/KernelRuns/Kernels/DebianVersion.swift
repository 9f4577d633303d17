/// A version of a Debian package, ordered as dpkg(1) orders them (deb-version(7)).
struct DebianVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    let description: String

    init(_ text: some StringProtocol) { description = String(text) }

    static func < (left: DebianVersion, right: DebianVersion) -> Bool {
        let (one, other) = (left.parts, right.parts)
        if one.epoch != other.epoch { return one.epoch < other.epoch }
        let upstream = compare(one.upstream, other.upstream)
        return upstream == 0 ? compare(one.revision, other.revision) < 0 : upstream < 0
    }

    private var parts: (epoch: Int, upstream: Substring, revision: Substring) {
        var rest = description[...]
        var epoch = 0
        if let colon = rest.firstIndex(of: ":") {
            epoch = Int(rest[..<colon]) ?? 0
            rest = rest[rest.index(after: colon)...]
        }
        guard let dash = rest.lastIndex(of: "-") else { return (epoch, rest, "") }
        return (epoch, rest[..<dash], rest[rest.index(after: dash)...])
    }

    /// Below, at or above 0 as the left one is earlier, equal or later: by turns a stretch without digits and a number.
    private static func compare(_ left: Substring, _ right: Substring) -> Int {
        var (one, other) = (left[...], right[...])
        while !one.isEmpty || !other.isEmpty {
            let (words, otherWords) = (one.prefix { !isDigit($0) }, other.prefix { !isDigit($0) })
            let order = compareWords(words, otherWords)
            if order != 0 { return order }
            (one, other) = (one.dropFirst(words.count), other.dropFirst(otherWords.count))
            let (digits, otherDigits) = (one.prefix(while: isDigit), other.prefix(while: isDigit))
            let (number, otherNumber) = (Int(digits) ?? 0, Int(otherDigits) ?? 0)
            if number != otherNumber { return number < otherNumber ? -1 : 1 }
            (one, other) = (one.dropFirst(digits.count), other.dropFirst(otherDigits.count))
        }
        return 0
    }

    private static func compareWords(_ left: Substring, _ right: Substring) -> Int {
        let (one, other) = (left.map(weight), right.map(weight))
        for index in 0..<max(one.count, other.count) {
            let (a, b) = (index < one.count ? one[index] : 0, index < other.count ? other[index] : 0)
            if a != b { return a < b ? -1 : 1 }
        }
        return 0
    }

    /// A tilde comes before the end, the end before letters, letters before everything else.
    private static func weight(_ character: Character) -> Int {
        guard character != "~" else { return -1 }
        let value = Int(character.unicodeScalars.first?.value ?? 0)
        return character.isLetter ? value : value + 256
    }

    private static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }
}
