extension Machine {
    /// A fingerprint that is equal for states which differ in the numbers of frames only, never 0.
    ///
    /// It is that of the state with frames renamed as `canonicalise` renames them, without writing that state down. Unused
    /// words of the logs do not take part: they are always zero.
    func symmetricFingerprint(_ names: UnsafeMutablePointer<UInt32>) -> UInt64 {
        var hash = Fingerprint(length: layout.size)
        var renaming = Renaming(names, frameCount)
        let plain = UnsafeRawPointer(base + layout.globals)
        hash.mixWords(plain, (layout.entries &- layout.globals) / 8)
        mixNamingWords(&hash, &renaming)
        mixReferences(&hash, &renaming)
        mixThreads(&hash, &renaming)
        mixFrames(&hash, &renaming)
        return hash.value
    }

    @inline(__always) private func mixNamingWords(_ hash: inout Fingerprint, _ renaming: inout Renaming) {
        let words = (base + layout.entries).assumingMemoryBound(to: UInt32.self)
        // The run is followed by padding to 8 bytes that is always zero.
        let pairs = (layout.namingWords &+ 1) / 2
        for index in 0..<pairs {
            let low = renaming.renamed(words[2 &* index])
            let high = renaming.renamed(words[2 &* index &+ 1])
            hash.mixOther(UInt64(low) | UInt64(high) &<< 32)
        }
    }

    @inline(__always) private func mixReferences(_ hash: inout Fingerprint, _ renaming: inout Renaming) {
        for index in 0..<referenceCount {
            let record = UnsafeRawPointer(base + layout.references) + index &* MemoryLayout<Reference>.stride
            let target = renaming.renamed(record.loadUnaligned(as: UInt32.self))
            let holders = record.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
            hash.mix(UInt64(target) | UInt64(holders) &<< 32)
            hash.mixOther(UInt64(record.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
        }
    }

    @inline(__always) private func mixThreads(_ hash: inout Fingerprint, _ renaming: inout Renaming) {
        let logs = (base + layout.logs).assumingMemoryBound(to: UInt32.self)
        for thread in 0..<threadCount {
            let record = UnsafeRawPointer(base + layout.threads) + thread &* MemoryLayout<MachineThread>.stride
            hash.mix(record.load(as: UInt64.self))
            let source = renaming.renamed(record.load(fromByteOffset: 8, as: UInt32.self))
            let calls = record.load(fromByteOffset: 12, as: UInt32.self)
            hash.mixOther(UInt64(source) | UInt64(calls) &<< 32)
            let log = logs + thread &* layout.logWords
            let pairs = (Int(self[thread: thread].logged) &+ 1) / 2
            for index in 0..<pairs {
                let low = renaming.renamed(log[2 &* index])
                let high = renaming.renamed(log[2 &* index &+ 1])
                hash.mix(UInt64(low) | UInt64(high) &<< 32)
            }
        }
    }

    /// Frames in the order of their new names; those in use that nothing names, in their old order, come last.
    @inline(__always) private func mixFrames(_ hash: inout Fingerprint, _ renaming: inout Renaming) {
        for frame in 0..<frameCount where renaming.names[frame] == 0 && self[frame: frame].references != 0 {
            _ = renaming.renamed(UInt32(truncatingIfNeeded: frame &+ 1))
        }
        // Two sums of hashes of (new name, record, contents): the order in which they are added does not matter.
        var sum: UInt64 = 0
        for frame in 0..<frameCount where renaming.names[frame] != 0 {
            let record = UnsafeRawPointer(base + layout.frames) + frame &* MemoryLayout<Frame>.stride
            var one = Fingerprint(length: Int(renaming.names[frame]))
            one.mix(record.load(as: UInt64.self))
            for word in 0..<wordCount { one.mixOther(UInt64(self[content: frame, word])) }
            sum &+= one.value
        }
        hash.mix(sum)
    }
}

/// New names for frames by first appearance, as one pass over the words that name them goes on.
private struct Renaming {
    /// For each frame its new number plus one, 0 while it has none.
    let names: UnsafeMutablePointer<UInt32>
    private var next: UInt32 = 2

    @inline(__always) init(_ names: UnsafeMutablePointer<UInt32>, _ count: Int) {
        self.names = names
        for frame in 0..<count { names[frame] = 0 }
        names[Machine.zeroFrame] = 1
    }

    /// A word with its frame renamed; a number, or a word that names none, as it is.
    @inline(__always) mutating func renamed(_ word: UInt32) -> UInt32 {
        let name = word & PageTableEntry.frameBits
        if name == 0 || word >> 31 != 0 { return word }
        var renamed = names[Int(name) &- 1]
        if renamed == 0 {
            renamed = next
            names[Int(name) &- 1] = next
            next &+= 1
        }
        return word & ~PageTableEntry.frameBits | renamed
    }
}
