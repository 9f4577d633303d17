/// What is checked on every program without being asked. `Docs/Guarantees.md` defines each.
public enum Guarantee: UInt8, CaseIterable, Sendable, Comparable {
    /// What a process stores into private memory is seen by no other process.
    case isolation
    /// What fork gives the child is a consistent cut of the parent's memory.
    case snapshot
    /// A pinned frame is the one that its owner has mapped.
    case coherence
    /// A store that completed is not lost.
    case durability
    /// A store reaches only memory that the writer may write.
    case authority
    /// A store is reported by some tracker that watches it.
    case tracking
    /// A page is copied only when somebody else could see it.
    case precision
    /// No freed frame is reached, counts are right, nobody is stuck on a kernel lock.
    case safety

    /// Its name, as expectations and reports spell it.
    public var name: String { Guarantee.names[Int(rawValue)] }

    /// The names of all cases, made once: telling a case's name takes long.
    private static let names = allCases.map { "\($0)" }

    /// In the order of the cases.
    public static func < (a: Guarantee, b: Guarantee) -> Bool { a.rawValue < b.rawValue }
}

/// One way in which a guarantee was broken.
public struct Violation: Hashable, Sendable, Comparable {
    /// What kind of reference it came through: Linux promises less for a GET than for a pin.
    public enum Through: UInt8, CaseIterable, Sendable {
        /// A mapping: no reference had part in it.
        case mapping
        /// A pin (FOLL_PIN).
        case pin
        /// A GET (FOLL_GET).
        case get
    }

    /// What was broken.
    public var guarantee: Guarantee
    /// Through what.
    public var through: Through

    /// Makes a violation.
    public init(_ guarantee: Guarantee, through: Through = .mapping) {
        self.guarantee = guarantee
        self.through = through
    }

    fileprivate var bit: Int { Int(guarantee.rawValue) * Through.allCases.count + Int(through.rawValue) }
    /// By guarantee, then by what it came through.
    public static func < (a: Violation, b: Violation) -> Bool { a.bit < b.bit }
}

/// A set of violations, as bits.
public struct ViolationSet: Hashable, Sendable {
    private var bits: UInt32 = 0

    /// No violation.
    public init() {}

    /// Whether there is none.
    public var isEmpty: Bool { bits == 0 }
    /// Whether a violation is in it.
    public func contains(_ violation: Violation) -> Bool { bits & 1 << UInt32(violation.bit) != 0 }
    /// Adds one.
    public mutating func insert(_ violation: Violation) { bits |= 1 << UInt32(violation.bit) }
    /// Adds all of another set.
    public mutating func formUnion(_ other: ViolationSet) { bits |= other.bits }
    /// Those that are not in another set.
    public func subtracting(_ other: ViolationSet) -> ViolationSet {
        var rest = self
        rest.bits &= ~other.bits
        return rest
    }
    /// Its members, in order.
    public var members: [Violation] {
        var all: [Violation] = []
        for guarantee in Guarantee.allCases {
            for through in Violation.Through.allCases {
                let violation = Violation(guarantee, through: through)
                if contains(violation) { all.append(violation) }
            }
        }
        return all
    }
}

extension Machine {
    /// Notes that this step breaks a guarantee; the run goes on.
    func breaks(_ guarantee: Guarantee, through: Violation.Through = .mapping) {
        guard world.pointee.checksGuarantees else { return }
        world.pointee.violations.insert(Violation(guarantee, through: through))
    }
}

extension Reference {
    /// How a violation through this reference is told.
    var through: Violation.Through { isPin ? .pin : .get }
}
