import Diagnostics

/// A part of a test that knows where in the text it stands.
///
/// Two pieces of syntax are equal when they say the same, wherever they stand.
public protocol Syntax: Sendable, Hashable {
    /// Where it stands.
    var place: Place { get }
}

extension Syntax {
    /// Where it stands, as byte offsets of the source text.
    public var span: Span { place.span }
}

/// The place of a piece of syntax. All places are equal, so that they do not count when syntax is compared.
public struct Place: Sendable, Hashable {
    /// Byte offsets of the source text.
    public let span: Span

    /// Makes a place.
    public init(_ span: Span) {
        self.span = span
    }

    /// The place of syntax that comes from no text.
    public static let nowhere = Place(Span(0, 0))

    /// Always true.
    public static func == (_: Place, _: Place) -> Bool { true }

    /// Adds nothing.
    public func hash(into _: inout Hasher) {}
}

/// A name that the writer of a test chose: of a process, a mapping, a register, an event …
public struct Name: Syntax {
    /// The name.
    public let text: String
    /// Where it stands.
    public let place: Place

    /// Makes a name.
    public init(_ text: String, at place: Place = .nowhere) {
        self.text = text
        self.place = place
    }
}

/// A whole test, as its text has it.
///
/// Declarations, processes, condition and expectations may stand in any order in the text; here, and when printed,
/// each kind stands by itself.
public struct LitmusTest: Sendable, Hashable {
    /// Its name: letters, digits, and `_ - .`.
    public var name: Name
    /// What it asks, in a sentence; nil where the text has none.
    public var summary: String?
    /// What stands outside of processes, in the order of the text.
    public var declarations: [Declaration]
    /// The processes that start with the test. The first maps what `map` declares.
    public var processes: [ProcessDeclaration]
    /// What is asked about all executions; nil for a test that is about the guarantees only.
    public var condition: Condition?
    /// What is expected of rule sets.
    public var expectations: [Expectation]

    /// Makes a test.
    public init(
        name: Name, summary: String? = nil, declarations: [Declaration] = [],
        processes: [ProcessDeclaration] = [],
        condition: Condition? = nil, expectations: [Expectation] = []
    ) {
        self.name = name
        self.summary = summary
        self.declarations = declarations
        self.processes = processes
        self.condition = condition
        self.expectations = expectations
    }
}

/// `process NAME { … }`
public struct ProcessDeclaration: Syntax {
    /// Its name.
    public let name: Name
    /// What it does.
    public let block: Block
    /// Where it stands.
    public let place: Place

    /// Makes a process.
    public init(_ name: Name, _ block: Block, at place: Place = .nowhere) {
        self.name = name
        self.block = block
        self.place = place
    }
}

/// Statements in braces, done one after the other.
public struct Block: Syntax {
    /// The statements.
    public let statements: [Statement]
    /// Where it stands, with its braces.
    public let place: Place

    /// Makes a block.
    public init(_ statements: [Statement], at place: Place = .nowhere) {
        self.statements = statements
        self.place = place
    }
}

/// What the language allows at most.
public enum Limits {
    /// Pages of one mapping or file.
    public static let pages = 64
    /// Words of a page that have a name: 0 to 3.
    public static let words = 4
    /// Base pages that make a huge page in the explored geometry.
    public static let hugePagePages = 4
    /// The highest value of a word.
    public static let value = Int(UInt16.max)
    /// Processes and threads of a test.
    public static let actors = 26
    /// Blocks, or brackets of a condition, inside each other.
    public static let nesting = 32
    /// The largest `frames`, `memcg`, `hugepages`, `swap` and `pin_bias`.
    public static let amount = 65535
    /// Bytes of a test's text: 1 MiB.
    public static let fileBytes = 1 << 20
    /// Errors of one text that are reported.
    public static let errors = 20
}
