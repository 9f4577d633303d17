import Diagnostics
import Rules

/// The text of one rule set, taken apart but not yet joined with the set that it extends.
///
/// Statements are kept in their order within each kind. Comments are lost.
public struct RuleSetSyntax: Hashable, Sendable {
    /// The name behind `rules`.
    public var name: Spanned<String>
    /// The name behind `extends`.
    public var base: Spanned<String>?
    /// The sentence that says what the set is.
    public var description: Spanned<String>?
    /// The kernels that decide so.
    public var kernels: [Spanned<KernelRange>] = []
    /// The commits that brought it.
    public var changes: [Spanned<Change>] = []
    /// The messages that argue for it.
    public var arguments: [Spanned<Argument>] = []
    /// The mechanisms that it sets.
    public var mechanisms: [Spanned<MechanismSetting>] = []
    /// The clauses that it has.
    public var clauses: [ClauseSyntax] = []
    /// The interfaces whose requests it says.
    public var interfaces: [Spanned<InterfaceSetting>] = []

    /// Makes a set that says nothing yet.
    public init(name: Spanned<String>) {
        self.name = name
    }
}

/// A commit of the kernel.
public struct Change: Hashable, Sendable {
    /// The first digits of its hash, 7 to 40 of them.
    public var commit: String
    /// Its subject.
    public var subject: String
}

/// A message to a mailing list.
public struct Argument: Hashable, Sendable {
    /// Its subject.
    public var subject: String
    /// Its date, `2021-01-09`, or its month, `2021-01`.
    public var date: String
}

/// The value of a mechanism.
public struct MechanismSetting: Hashable, Sendable {
    /// Which mechanism.
    public var mechanism: Mechanism
    /// Its value.
    public var value: MechanismValue
}

/// The request of an interface.
public struct InterfaceSetting: Hashable, Sendable {
    /// Which interface.
    public var interface: Interface
    /// With which flags it asks.
    public var request: Request
}

/// A clause, for one path or for several.
public struct ClauseSyntax: Hashable, Sendable {
    /// The paths, each with its place in the head.
    public var paths: [Spanned<Path>]
    /// The steps, in their order.
    public var steps: [Spanned<Clause.Step>]

    /// The clause in the form that is compiled.
    public var clause: Clause { Clause(steps.map(\.value)) }
}
