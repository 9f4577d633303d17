import Glibc

// Frames are interchangeable: a frame is known by what names it. Renaming them in the order in which they are first
// named makes states equal that differ in numbers only.
extension Machine {
    /// Writes the state into `target` with frames renamed by first appearance: in page tables, TLBs, what is being
    /// zapped, references, registers, copies in flight and logs. The zero page keeps its number.
    func canonicalise(into target: Machine, _ scratch: UnsafeMutablePointer<UInt32>) {
        target.base.copyMemory(from: base, byteCount: layout.size)
        let count = frameCount
        for frame in 0..<count { scratch[frame] = 0 }
        scratch[Self.zeroFrame] = 1
        var next: UInt32 = 2

        @inline(__always) func rename(_ pointer: UnsafeMutablePointer<UInt32>) {
            let word = pointer.pointee
            let name = word & PageTableEntry.frameBits
            if name == 0 { return }
            var renamed = scratch[Int(name) &- 1]
            if renamed == 0 {
                renamed = next
                scratch[Int(name) &- 1] = next
                next &+= 1
            }
            pointer.pointee = word & ~PageTableEntry.frameBits | renamed
        }

        let named = (target.base + layout.entries).assumingMemoryBound(to: UInt32.self)
        for index in 0..<layout.namingWords where named[index] >> 31 == 0 { rename(named + index) }
        let references = target.base + layout.references
        for index in 0..<referenceCount {
            rename(
                (references + index &* MemoryLayout<Reference>.stride).assumingMemoryBound(to: UInt32.self))
        }
        for thread in 0..<threadCount {
            target.renameThread(thread, rename)
        }
        for frame in 0..<count {
            if scratch[frame] == 0 {
                scratch[frame] = next
                next &+= 1
            }
            let renamed = Int(scratch[frame]) &- 1
            if renamed != frame { moveFrame(frame, to: renamed, of: target) }
        }
    }

    @inline(__always) private func renameThread(
        _ thread: Int, _ rename: (UnsafeMutablePointer<UInt32>) -> Void
    ) {
        let record = base + layout.threads + thread &* MemoryLayout<MachineThread>.stride
        rename((record + 8).assumingMemoryBound(to: UInt32.self))
        let log = (base + layout.logs).assumingMemoryBound(to: UInt32.self) + thread &* layout.logWords
        for index in 0..<Int(self[thread: thread].logged) where log[index] >> 31 == 0 {
            rename(log + index)
        }
    }

    @inline(__always) private func moveFrame(_ frame: Int, to renamed: Int, of target: Machine) {
        target[frame: renamed] = self[frame: frame]
        for word in 0..<layout.frameWords { target[content: renamed, word] = self[content: frame, word] }
        if layout.keepsFolios { target[folio: renamed] = self[folio: frame] }
        if layout.keepsMarks { target[marks: renamed] = self[marks: frame] }
    }

    /// A 64-bit fingerprint of the state as it is, never 0.
    func fingerprint() -> UInt64 {
        var hash = Fingerprint(length: layout.size)
        hash.mix(UnsafeRawPointer(base), layout.size)
        return hash.value
    }

    /// Whether two states of one world are the same, byte for byte.
    func isEqual(to other: Machine) -> Bool {
        memcmp(base, other.base, layout.size) == 0
    }
}
