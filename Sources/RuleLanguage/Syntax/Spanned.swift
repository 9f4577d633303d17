import Diagnostics

/// Something together with where it stands. Two are equal when what they hold is, wherever they stand, so that a text
/// and its printed form compare.
public struct Spanned<Value: Hashable & Sendable>: Hashable, Sendable {
    /// What stands there.
    public var value: Value
    /// Where.
    public var span: Span

    /// Puts something in its place.
    public init(_ value: Value, at span: Span) {
        self.value = value
        self.span = span
    }

    /// Whether both hold the same.
    public static func == (left: Self, right: Self) -> Bool { left.value == right.value }

    /// Feeds what it holds.
    public func hash(into hasher: inout Hasher) { hasher.combine(value) }
}
