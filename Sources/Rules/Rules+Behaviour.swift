/// Hashes that are equal where two sets behave alike, so that what was explored under one holds for the other.
/// They are stable: the same in every run, on every machine.
extension Rules {
    /// The hash of the value of a mechanism.
    public func behaviour(of mechanism: Mechanism) -> UInt64 {
        var hash = StableHash()
        hash.feed(self[mechanism].name)
        return hash.value
    }

    /// The hash of the flags of an interface; 0 where the set does not say.
    public func behaviour(of interface: Interface) -> UInt64 {
        guard let request = request(for: interface) else { return 0 }
        var hash = StableHash()
        hash.feed(UInt64(request.access.rawValue))
        for flag in [request.isPin, request.longterm, request.slow, request.force] { hash.feed(flag ? 1 : 0) }
        return hash.value
    }

    /// The hash of everything: two sets with the same behave alike in every test. The name does not count, and a
    /// mechanism at its standard value does not either, so that a further mechanism leaves hashes as they are.
    public var behaviour: UInt64 {
        var hash = StableHash()
        for path in Path.allCases where has(path) {
            hash.feed(path.head)
            hash.feed(behaviour(of: path))
        }
        for mechanism in Mechanism.allCases where self[mechanism] != mechanism.standard {
            hash.feed(mechanism.name)
            hash.feed(behaviour(of: mechanism))
        }
        for interface in Interface.allCases where request(for: interface) != nil {
            hash.feed(interface.name)
            hash.feed(behaviour(of: interface))
        }
        return hash.value
    }
}
