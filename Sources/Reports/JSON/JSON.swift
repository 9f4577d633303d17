/// A JSON value whose objects keep the order of their keys, so that the same results give the same text.
enum JSON {
    case null
    case bool(Bool)
    case integer(Int)
    /// A number of seconds, written with six decimals at the most.
    case seconds(Double)
    case string(String)
    case array([JSON])
    case object([(key: String, value: JSON)])

    /// The value in one line, without its end.
    var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += "\(value)"
        case .seconds(let value): text += JSON.decimal(value)
        case .string(let value): JSON.quote(value, to: &text)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += ", " }
                value.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += members.isEmpty ? "{" : "{ "
            for (index, member) in members.enumerated() {
                if index > 0 { text += ", " }
                JSON.quote(member.key, to: &text)
                text += ": "
                member.value.write(to: &text)
            }
            text += members.isEmpty ? "}" : " }"
        }
    }

    /// A hash as text: its 16 digits, for a JSON number may lose some of its bits.
    static func hash(_ value: UInt64) -> JSON {
        let digits = String(value, radix: 16)
        return .string(String(repeating: "0", count: 16 - digits.count) + digits)
    }

    private static func decimal(_ value: Double) -> String {
        let millionths = Int((min(max(value, 0), 1e12) * 1e6).rounded())
        let fraction = String(millionths % 1_000_000 + 1_000_000).dropFirst()
        let digits = fraction.reversed().drop { $0 == "0" }.reversed()
        return "\(millionths / 1_000_000)" + (digits.isEmpty ? "" : "." + String(digits))
    }

    private static func quote(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case "\r": text += "\\r"
            default:
                if scalar.value < 0x20 {
                    let digits = String(scalar.value, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        text += "\""
    }
}
