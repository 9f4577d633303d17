/// What is asked about all executions.
public struct Condition: Syntax {
    /// About how many of them.
    public let quantifier: Quantifier
    /// What each is asked.
    public let formula: Formula
    /// Where it stands.
    public let place: Place

    /// Makes a condition.
    public init(_ quantifier: Quantifier, _ formula: Formula, at place: Place = .nowhere) {
        self.quantifier = quantifier
        self.formula = formula
        self.place = place
    }

    /// How many executions have to satisfy the formula.
    public enum Quantifier: String, Sendable, Hashable, CaseIterable {
        /// One at least.
        case exists
        /// None.
        case never
        /// All.
        case always
    }
}

/// Something that is true or false of an execution.
public struct Formula: Syntax {
    /// What it is.
    public let kind: Kind
    /// Where it stands.
    public let place: Place

    /// Makes a formula.
    public init(_ kind: Kind, at place: Place = .nowhere) {
        self.kind = kind
        self.place = place
    }

    /// The formulas.
    public indirect enum Kind: Sendable, Hashable {
        /// `F && F && …`: two at least.
        case and([Formula])
        /// `F || F || …`: two at least.
        case or([Formula])
        /// `!F`
        case not(Formula)
        /// `a == b`
        case comparison(Operand, Comparison, Operand)
        /// `killed(P)` and its like.
        case fact(Fact)
    }
}

/// How two values are compared. A comparison with something that has no value is false, `!=` too.
public enum Comparison: String, Sendable, Hashable, CaseIterable {
    /// `==`
    case equal = "=="
    /// `!=`
    case notEqual = "!="
    /// `<`
    case less = "<"
    /// `<=`
    case lessOrEqual = "<="
    /// `>`
    case greater = ">"
    /// `>=`
    case greaterOrEqual = ">="
}

/// Something that has a value at the end of an execution.
public struct Operand: Syntax {
    /// What it is.
    public let kind: Kind
    /// Where it stands.
    public let place: Place

    /// Makes an operand.
    public init(_ kind: Kind, at place: Place = .nowhere) {
        self.kind = kind
        self.place = place
    }

    /// The operands.
    public enum Kind: Sendable, Hashable {
        /// `5`: 0 to 65535.
        case number(UInt16)
        /// `-EFAULT`
        case error(ErrorNumber)
        /// `zero`: the frame of the zero page.
        case zeroFrame
        /// `P:r`, of a process or a thread.
        case register(actor: Name, Name)
        /// `P:*x`: what a load would give, without being one.
        case content(process: Name, Location)
        /// `file F`: the content of a file or a memfd.
        case file(FileLocation)
        /// `copies`: how many frames were copied.
        case copies
    }
}

/// A fact about an execution's end.
public enum Fact: Sendable, Hashable {
    /// `killed(P)`, of a process or a thread.
    case killed(Name)
    /// `blocked(T)`, of a process or a thread.
    case blocked(Name)
    /// `forked(C)`: whether the fork succeeded.
    case forked(Name)
    /// `same(P:x, C:x)`: whether both are the same frame.
    case same(ProcessAddress, ProcessAddress)
    /// `moved(P:x)`: another frame than at the start.
    case moved(ProcessAddress)
    /// `mapped(P:x)`
    case mapped(ProcessAddress)
    /// `young(P:x)`
    case young(ProcessAddress)
    /// `soft_dirty(P:x)`
    case softDirty(ProcessAddress)
    /// `coherent(b)` or `coherent(P:b)`: whether the reference is on the page that its memory has there.
    case coherent(process: Name?, Name)
}

/// An error that a call may give, as a positive number; on Linux.
public enum ErrorNumber: Int, Sendable, Hashable, CaseIterable {
    case EPERM = 1
    case ENOENT = 2
    case ESRCH = 3
    case EINTR = 4
    case EIO = 5
    case EBADF = 9
    case ECHILD = 10
    case EAGAIN = 11
    case ENOMEM = 12
    case EACCES = 13
    case EFAULT = 14
    case EBUSY = 16
    case EEXIST = 17
    case ENODEV = 19
    case EINVAL = 22
    case ENOTTY = 25
    case EFBIG = 27
    case ENOSPC = 28
    case EPIPE = 32
    case ENOSYS = 38
    case EHWPOISON = 133
    case EOPNOTSUPP = 95

    /// Its name, as errno(3) has it.
    public var name: String { String(describing: self) }
}
