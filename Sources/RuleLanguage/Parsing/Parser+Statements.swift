import Diagnostics
import Rules

extension Parser {
    // MARK: Where a set comes from

    mutating func parseKernels(into syntax: inout RuleSetSyntax) throws(Reported) {
        repeat {
            let start = current.span
            let range = try parseKernelRange()
            syntax.kernels.append(Spanned(range, at: start.joined(with: behind)))
        } while take(",")
    }

    private mutating func parseKernelRange() throws(Reported) -> KernelRange {
        if !current.startsLine, take("..<") { return .before(try parseVersion()) }
        if !current.startsLine, takeWord("debian") {
            let place = current.span
            let version = try parseVersion()
            guard version.numbers.count == 2 else {
                try fail("Debian packages a series: two numbers, as in 'debian 5.10'", at: place)
            }
            return .debian(version)
        }
        let first = try parseVersion()
        guard !current.startsLine else { return .series(first) }
        if take("..") { return .from(first) }
        guard take("..<") else { return .series(first) }
        let start = current.span
        let end = try parseVersion()
        guard first < end else {
            try fail("the range is empty: \(end) is not after \(first)", at: start)
        }
        return .range(from: first, upTo: end)
    }

    private mutating func parseVersion() throws(Reported) -> KernelVersion {
        let word = try expectWord("a kernel's version, as in '5.10' or '5.10.3'")
        guard let version = KernelVersion(word.value) else {
            try fail(
                "'\(word.value)' is no version of a kernel; expected something like '5.10'", at: word.span)
        }
        return version
    }

    mutating func parseChange(from start: Span, into syntax: inout RuleSetSyntax) throws(Reported) {
        let commit = try expectWord("the hash of a commit")
        guard (7...40).contains(commit.value.count),
            commit.value.allSatisfy({ "0123456789abcdef".contains($0) })
        else {
            try fail("expected the hash of a commit: 7 to 40 digits, 0 to 9 and a to f", at: commit.span)
        }
        let subject = try expectString("the subject of the commit")
        let change = Change(commit: commit.value, subject: subject.value)
        syntax.changes.append(Spanned(change, at: start.joined(with: subject.span)))
    }

    mutating func parseArgument(from start: Span, into syntax: inout RuleSetSyntax) throws(Reported) {
        let subject = try expectString("the subject of a message")
        try expect(",", "and the date of the message")
        let date = try expectWord("the date of the message, as in '2021-01-09'")
        guard Parser.isDate(date.value) else {
            try fail("expected a date, as in '2021-01-09', or a month, as in '2021-01'", at: date.span)
        }
        let argument = Argument(subject: subject.value, date: date.value)
        syntax.arguments.append(Spanned(argument, at: start.joined(with: date.span)))
    }

    private static func isDate(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let widths = [4, 2, 2]
        guard (2...3).contains(parts.count), zip(parts, widths).allSatisfy({ $0.count == $1 }) else {
            return false
        }
        let numbers = parts.compactMap { UInt($0) }
        guard numbers.count == parts.count else { return false }
        return numbers[0] >= 1991 && (1...12).contains(numbers[1])
            && (numbers.count < 3 || (1...31).contains(numbers[2]))
    }

    // MARK: Mechanisms and interfaces

    mutating func parseMechanism(from start: Span, into syntax: inout RuleSetSyntax) throws(Reported) {
        let name = try expectWord("the name of a mechanism")
        guard let mechanism = Mechanism.allCases.first(where: { $0.name == name.value }) else {
            try unknown("unknown mechanism", name, among: Mechanism.allCases.map(\.name))
        }
        let word = try expectWord(
            "the value of '\(name.value)': \(listed(mechanism.values.map(\.name), "or"))")
        guard let value = mechanism.values.first(where: { $0.name == word.value }) else {
            let names = mechanism.values.map(\.name)
            let help = nearestName(to: word.value, among: names).map { "did you mean '\($0)'?" }
            try fail(
                "'\(word.value)' is no value of '\(name.value)'; expected \(listed(names, "or"))",
                at: word.span,
                help: help)
        }
        if let first = syntax.mechanisms.first(where: { $0.value.mechanism == mechanism }) {
            report(
                "'\(name.value)' has a value already", at: name.span,
                notes: [.init("it is set here", at: first.span)])
            return
        }
        let setting = MechanismSetting(mechanism: mechanism, value: value)
        syntax.mechanisms.append(Spanned(setting, at: start.joined(with: word.span)))
    }

    mutating func parseInterface(from start: Span, into syntax: inout RuleSetSyntax) throws(Reported) {
        let name = try expectWord("the name of an interface")
        guard let interface = Interface.allCases.first(where: { $0.name == name.value }) else {
            try unknown("unknown interface", name, among: Interface.allCases.map(\.name))
        }
        let request = try parseRequest()
        if let first = syntax.interfaces.first(where: { $0.value.interface == interface }) {
            report(
                "'\(name.value)' has a request already", at: name.span,
                notes: [.init("it is said here", at: first.span)])
            return
        }
        let setting = InterfaceSetting(interface: interface, request: request)
        syntax.interfaces.append(Spanned(setting, at: start.joined(with: behind)))
    }

    private mutating func parseRequest() throws(Reported) -> Request {
        let kind = try expectWord("'pin' or 'get'")
        guard kind.value == "pin" || kind.value == "get" else {
            try fail("expected 'pin' or 'get', not '\(kind.value)'", at: kind.span)
        }
        var request = Request(isPin: kind.value == "pin", access: .asAsked)
        try expect("(", "and for what the reference is taken")
        request.access = try parseAccess()
        while take(",") { try parseFlag(into: &request) }
        try expect(")", "at the end of the request")
        return request
    }

    private mutating func parseAccess() throws(Reported) -> Request.Access {
        let word = try expectWord("'read', 'write' or 'read | write'")
        switch word.value {
        case "write": return .write
        case "read":
            guard take("|") else { return .read }
            guard takeWord("write") else { try fail("expected 'write': as the caller asks", at: here) }
            return .asAsked
        default:
            try fail("expected 'read', 'write' or 'read | write' first, not '\(word.value)'", at: word.span)
        }
    }

    private mutating func parseFlag(into request: inout Request) throws(Reported) {
        let word = try expectWord("'longterm', 'slow' or 'force'")
        switch word.value {
        case "longterm": request.longterm = true
        case "slow": request.slow = true
        case "force": request.force = true
        default: try unknown("unknown flag", word, among: ["longterm", "slow", "force"])
        }
    }
}
