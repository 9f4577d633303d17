/// A release of Linux, as uname(2) gives it: `6.12.107+deb12-cloud-amd64`.
public struct KernelRelease: Sendable, Hashable, CustomStringConvertible {
    /// As uname(2) gives it.
    public let description: String

    /// Makes a release of its text.
    public init(_ text: String) {
        description = text
    }
}
