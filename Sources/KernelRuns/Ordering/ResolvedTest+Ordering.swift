import TestLanguage

extension ResolvedTest {
    /// Whether all steps are ordered.
    public var isOrdered: Bool { true }
}
