/// Runs every section of an operation at once: one thread, nobody else. It must cost no more than code written without
/// sections.
struct Direct: Execution {
    /// Nothing stops an operation here.
    enum Impossible: Error {}

    let machine: Machine
    let thread: Int

    /// Carries out a whole operation, which nothing can stop.
    @inline(__always) mutating func complete<R>(_ body: (inout Self) throws(Impossible) -> R) -> R {
        let result = Result { () throws(Impossible) in try body(&self) }
        switch result {
        case .success(let value): return value
        }
    }

    @inline(__always) var world: UnsafeMutablePointer<World> { machine.world }

    @inline(__always) mutating func section<R: Loggable>(
        _ mover: Mover, _ site: Site, _ body: @Sendable (Machine) -> R?
    ) throws(Impossible) -> R {
        guard let result = body(machine) else {
            preconditionFailure("\(site.function) would wait for ever: nobody else runs")
        }
        return result
    }
    @inline(__always) mutating func call<R: Loggable>(
        _ body: (inout Self) throws(Impossible) -> R
    ) throws(Impossible) -> R {
        try body(&self)
    }
    @inline(__always) func mark() -> Int { 0 }
    @inline(__always) mutating func rewind(to mark: Int) {}
    @inline(__always) mutating func rounds(_ count: Int) -> Rounds { Rounds(at: 0, index: -1, end: count) }
    @inline(__always) mutating func next(_ rounds: inout Rounds) -> Int? {
        rounds.index &+= 1
        return rounds.index < rounds.end ? rounds.index : nil
    }
}
