/// States, one behind the other in one block that grows.
struct StateList: ~Copyable {
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    private let size: Int
    private(set) var count = 0

    init(stateSize: Int, capacity: Int = 64) {
        size = stateSize
        self.capacity = capacity
        base = .allocate(byteCount: capacity * stateSize, alignment: 64)
    }

    deinit { base.deallocate() }

    var byteCount: Int { capacity * size }

    @inline(__always) mutating func append(_ state: UnsafeRawPointer) {
        if count == capacity { grow() }
        (base + count &* size).copyMemory(from: state, byteCount: size)
        count &+= 1
    }

    @inline(__always) func state(at index: Int) -> UnsafeRawPointer { UnsafeRawPointer(base + index &* size) }

    /// Takes the last state away; its bytes stay readable until the next `append`.
    @inline(__always) mutating func removeLast() -> UnsafeRawPointer {
        count &-= 1
        return UnsafeRawPointer(base + count &* size)
    }

    mutating func removeAll() { count = 0 }

    @inline(never) private mutating func grow() {
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity * 2 * size, alignment: 64)
        larger.copyMemory(from: base, byteCount: count * size)
        base.deallocate()
        base = larger
        capacity *= 2
    }
}
