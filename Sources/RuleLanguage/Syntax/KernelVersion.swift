/// The version of a kernel: 5.10, 5.10.262.
public struct KernelVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The numbers, two or three of them, each at most 65535.
    public let numbers: [Int]

    /// Reads a version that has nothing else in it; nil for other text.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { KernelVersion.number($0) }
        guard (2...3).contains(parts.count), numbers.count == parts.count else { return nil }
        self.numbers = numbers
    }

    private static func number(_ text: Substring) -> Int? {
        guard (1...5).contains(text.count), text.allSatisfy({ $0.isASCII && $0.isNumber }),
            let number = Int(text),
            number <= 65535
        else { return nil }
        return number
    }

    private static func number(_ text: some StringProtocol) -> Int? { number(Substring(text)) }

    /// 5.10 is the same as 5.10.0 here.
    public static func < (left: KernelVersion, right: KernelVersion) -> Bool {
        left.padded.lexicographicallyPrecedes(right.padded)
    }

    private var padded: [Int] { numbers + Array(repeating: 0, count: 3 - numbers.count) }

    /// Whether the version is that of a release of this series: 5.10.262 is one of 5.10.
    public func covers(_ release: KernelVersion) -> Bool { release.padded.starts(with: numbers) }

    /// The first two numbers.
    public var series: KernelVersion? { KernelVersion("\(numbers[0]).\(numbers[1])") }

    /// The numbers with dots between.
    public var description: String { numbers.map(String.init).joined(separator: ".") }
}

/// Some kernels that a rule set covers.
public enum KernelRange: Hashable, Sendable {
    /// A version with every release of its series: 5.8 is also 5.8.1, 5.10.0 is only itself.
    case series(KernelVersion)
    /// From the one, up to but not including the other.
    case range(from: KernelVersion, upTo: KernelVersion)
    /// From this one on.
    case from(KernelVersion)
    /// Before this one.
    case before(KernelVersion)
    /// The packages that Debian builds of a series, with the changes that they carry.
    case debian(KernelVersion)

    /// Whether a release from kernel.org is among them.
    public func contains(_ release: KernelVersion) -> Bool {
        switch self {
        case .series(let version): version.covers(release)
        case .range(let first, let end): first <= release && release < end
        case .from(let first): first <= release
        case .before(let end): release < end
        case .debian: false
        }
    }

    /// The text of the range in a rule set.
    public var text: String {
        switch self {
        case .series(let version): "\(version)"
        case .range(let first, let end): "\(first) ..< \(end)"
        case .from(let first): "\(first) .."
        case .before(let end): "..< \(end)"
        case .debian(let version): "debian \(version)"
        }
    }
}
