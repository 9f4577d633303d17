import Diagnostics

/// The rule sets that are known: those that are shipped, and those that a user adds.
public struct RuleLibrary: Sendable {
    /// The sets, in a fixed order: the eras as they followed one another, then the packaged kernels by version, then
    /// everything else by name.
    public private(set) var sets: [RuleSet] = []

    /// Makes an empty library.
    public init() {}

    /// Makes a library of texts, which may extend one another in any order.
    ///
    /// - Throws: `RuleLibraryError.invalid` with all that is wrong in any of them.
    public init(_ sources: [SourceText]) throws(RuleLibraryError) {
        self = try RuleLibrary().adding(sources)
    }

    /// The library with further texts, which may extend one another and the sets that are there.
    ///
    /// - Throws: `RuleLibraryError.invalid` with all that is wrong in any of them.
    public func adding(_ sources: [SourceText]) throws(RuleLibraryError) -> RuleLibrary {
        var joiner = RuleSetJoiner(known: sets)
        for source in sources { joiner.read(source) }
        let joined = joiner.join()
        guard joiner.errors.isEmpty else { throw .invalid(joiner.errors) }
        var library = self
        library.sets = (sets + joined).sorted { $0.place.precedes($1.place) }
        return library
    }

    /// The names of the sets, in their order.
    public var names: [String] { sets.map(\.name) }

    /// The set of a name; nil where there is none.
    public subscript(name: String) -> RuleSet? { sets.first { $0.name == name } }

    /// The set of a name.
    ///
    /// - Throws: `RuleLibraryError.unknown` with the name that was probably meant.
    public func set(named name: String) throws(RuleLibraryError) -> RuleSet {
        guard let set = self[name] else {
            throw .unknown(name: name, nearest: nearestName(to: name, among: names), known: names)
        }
        return set
    }
}

/// What can go wrong with a library.
public enum RuleLibraryError: Error, Sendable {
    /// There is nothing at the path, or it cannot be read as a text.
    case unreadable(SourceText.LoadingError)
    /// The directory has no rule sets in it.
    case empty(path: String)
    /// Texts are wrong; each with its diagnostics.
    case invalid([DiagnosticsError])
    /// No set has the name.
    case unknown(name: String, nearest: String?, known: [String])

    /// The error in words, one line or several, without the word `error`. Texts that are wrong are rendered in full.
    public func message(color: Bool = false) -> String {
        switch self {
        case .unreadable(let error):
            return error.reason == .missing
                ? "no file or directory '\(error.path)'" : "cannot read '\(error.path)': \(error.explanation)"
        case .empty(let path): return "no rule sets (*.rules) in '\(path)'"
        case .invalid(let errors):
            return errors.map { DiagnosticRenderer(color: color).render($0) }.joined()
        case .unknown(let name, let nearest, let known):
            let hint = nearest.map { "; did you mean '\($0)'?" } ?? "; there is \(listed(known, "and"))"
            return "no rule set '\(name)'" + hint
        }
    }
}

extension RuleSet {
    /// The eras of Linux, in their order.
    static let eras = [
        "textbook", "mapcount", "mapcount-forced", "refcount-5.9", "refcount", "refcount-all", "exclusive",
        "exclusive-unshare", "vma-lock-6.4", "vma-lock",
    ]

    /// What kind of kernels a set describes.
    public enum Kind: Int, Sendable, Hashable {
        /// Releases of Linux that decide alike, and the textbook.
        case era
        /// One kernel that tests are run on: `linux-6.12`.
        case kernel
        /// A kernel that was only proposed, or that somebody is working on.
        case proposal
    }

    /// What kind of kernels the set describes; told by its name.
    public var kind: Kind { Kind(rawValue: place.rank) ?? .proposal }

    /// Where the set stands in lists.
    fileprivate var place: Place {
        if let era = RuleSet.eras.firstIndex(of: name) {
            return Place(rank: 0, order: era, version: nil, name: name)
        }
        if name.hasPrefix("linux-"), let version = KernelVersion(name.dropFirst("linux-".count)) {
            return Place(rank: 1, order: 0, version: version, name: name)
        }
        return Place(rank: 2, order: 0, version: nil, name: name)
    }

    /// A place in lists.
    fileprivate struct Place {
        let rank: Int
        let order: Int
        let version: KernelVersion?
        let name: String

        func precedes(_ other: Place) -> Bool {
            if rank != other.rank { return rank < other.rank }
            if order != other.order { return order < other.order }
            if let version, let other = other.version, version != other { return version < other }
            return name < other.name
        }
    }
}
