/// A series of releases of Linux, such as 6.12.
public struct KernelSeries: Sendable, Hashable, CustomStringConvertible {
    /// The number before the dot.
    public let major: Int
    /// The number after it.
    public let minor: Int

    /// As people write it.
    public var description: String { "\(major).\(minor)" }

    /// Reads `6.12`, and the series off `6.12.107+deb13-cloud-amd64`; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let numbers = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            .split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count >= 2, numbers.allSatisfy({ $0.count < 5 }), let major = Int(numbers[0]),
            let minor = Int(numbers[1])
        else { return nil }
        self.major = major
        self.minor = minor
    }

    /// Reads `6.12`, and nothing else.
    public init(parsing text: String) throws(KernelError) {
        guard let series = KernelSeries(text), series.description == text else { throw .notASeries(text) }
        self = series
    }
}
