extension Machine {
    /// A fingerprint that is equal for states which differ in the numbers of frames only, never 0.
    ///
    /// A frame is known by its counts, its contents, and the places that name it: each place has a random number of its own,
    /// and the numbers of a frame's places are added up. All frames are added up in turn, so that no order among them is
    /// needed. The rest of the state is hashed as it is, with the frames' numbers blanked out, and without unused words of the
    /// logs. `canonicalise` is the same thing done by renaming; tests hold one against the other.
    func symmetricFingerprint(_ scratch: Scratch) -> UInt64 {
        var writer = PlacesWriter(scratch, frameCount)
        writer.copy(UnsafeRawPointer(base + layout.globals), (layout.entries &- layout.globals) / 8)
        writer.append(
            (base + layout.entries).assumingMemoryBound(to: UInt32.self),
            pairs: (layout.namingWords &+ 1) / 2,
            place: 0)
        var place = (layout.namingWords &+ 1) & ~1
        for index in 0..<referenceCount {
            let record = UnsafeRawPointer(base + layout.references) + index &* MemoryLayout<Reference>.stride
            let target = writer.blanked(record.load(as: UInt32.self), place: place)
            writer.append(target, record.load(fromByteOffset: 4, as: UInt32.self))
            writer.append(record.load(fromByteOffset: 8, as: UInt32.self), 0)
            place &+= 1
        }
        let logs = (base + layout.logs).assumingMemoryBound(to: UInt32.self)
        for thread in 0..<threadCount {
            let record =
                UnsafeRawPointer(base + layout.threads) + thread &* MemoryLayout<MachineThread>.stride
            writer.append(record.load(as: UInt64.self))
            let source = writer.blanked(record.load(fromByteOffset: 8, as: UInt32.self), place: place)
            writer.append(source, record.load(fromByteOffset: 12, as: UInt32.self))
            writer.append(
                logs + thread &* layout.logWords, pairs: (Int(self[thread: thread].logged) &+ 1) / 2,
                place: place &+ 1)
            place &+= layout.logWords &+ 1
        }
        writer.append(sumOfFrames(writer))
        return writer.fingerprint
    }

    @inline(__always) private func sumOfFrames(_ writer: PlacesWriter) -> UInt64 {
        guard !layout.keepsFolios, !layout.keepsMarks else { return sumOfMarkedFrames(writer) }
        var sum: UInt64 = 0
        for frame in 0..<frameCount {
            let record = record(of: frame)
            let places = writer.places(of: frame)
            // A free frame is all zeros: it adds nothing.
            if record | places == 0 { continue }
            sum &+= hashOfContent(frame, behind: hash(record, places))
        }
        return sum
    }

    private func sumOfMarkedFrames(_ writer: PlacesWriter) -> UInt64 {
        var sum: UInt64 = 0
        for frame in 0..<frameCount {
            var hash = hashOfContent(frame, behind: hash(record(of: frame), writer.places(of: frame)))
            if layout.keepsFolios {
                let bits = unsafeBitCast(self[folio: frame], to: SIMD2<UInt64>.self)
                hash = Fingerprint.fold(hash ^ bits[0], 0xA0B4_28DB_E703_7ED1)
                hash = Fingerprint.fold(hash ^ bits[1], 0x78BD_642F_A076_1D64)
            }
            if layout.keepsMarks {
                let bits = unsafeBitCast(self[marks: frame], to: UInt16.self)
                hash = Fingerprint.fold(hash ^ UInt64(bits), 0x5899_65CC_7537_4CC3)
            }
            sum &+= hash
        }
        return sum
    }

    @inline(__always) private func record(of frame: Int) -> UInt64 {
        (UnsafeRawPointer(base + layout.frames) + frame &* MemoryLayout<Frame>.stride).load(as: UInt64.self)
    }

    @inline(__always) private func hash(_ record: UInt64, _ places: UInt64) -> UInt64 {
        Fingerprint.fold(record ^ 0xA076_1D64_78BD_642F, places ^ 0xE703_7ED1_A0B4_28DB)
    }

    @inline(__always) private func hashOfContent(_ frame: Int, behind hash: UInt64) -> UInt64 {
        var hash = hash
        for word in 0..<layout.frameWords {
            hash = Fingerprint.fold(hash ^ UInt64(self[content: frame, word]), 0x8EBC_6AF0_9C88_C6E3)
        }
        return hash
    }
}

/// Memory for making fingerprints, once for many.
struct Scratch {
    let words: UnsafeMutablePointer<UInt64>
    /// For each lane and frame the sum of the numbers of the places that name it.
    let sums: UnsafeMutablePointer<UInt64>
    /// A random number for each place that can name a frame.
    let numbers: UnsafeMutablePointer<UInt64>
    /// A new number for each frame, for `canonicalise`.
    let names: UnsafeMutablePointer<UInt32>

    /// Sums are kept in several lanes, because adding to the same word again and again waits for memory.
    static let lanes = 4

    init(_ layout: Layout) {
        words = .allocate(capacity: layout.size / 4 + layout.referenceCount * 2 + 16)
        sums = .allocate(capacity: (layout.frameCount + 1) * Self.lanes)
        sums.initialize(repeating: 0, count: (layout.frameCount + 1) * Self.lanes)
        names = .allocate(capacity: max(layout.frameCount, 1))
        names.initialize(repeating: 0, count: max(layout.frameCount, 1))
        let places =
            layout.namingWords + 2 + layout.referenceCount + layout.threadCount * (layout.logWords + 1)
        numbers = .allocate(capacity: places)
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        for place in 0..<places {
            // splitmix64, so that the numbers are the same on every run.
            state &+= 0x9E37_79B9_7F4A_7C15
            var number = state
            number = (number ^ number >> 30) &* 0xBF58_476D_1CE4_E5B9
            number = (number ^ number >> 27) &* 0x94D0_49BB_1331_11EB
            (numbers + place).initialize(to: number ^ number >> 31)
        }
    }

    func deallocate() {
        words.deallocate()
        sums.deallocate()
        names.deallocate()
        numbers.deallocate()
    }
}

/// Writes words one behind the other with the numbers of frames blanked out, and adds up which places named which frame.
private struct PlacesWriter {
    private let words: UnsafeMutablePointer<UInt64>
    private let sums: UnsafeMutablePointer<UInt64>
    private let numbers: UnsafeMutablePointer<UInt64>
    private var count = 0

    @inline(__always) init(_ scratch: Scratch, _ frameCount: Int) {
        words = scratch.words
        sums = scratch.sums
        numbers = scratch.numbers
        for index in 0..<((frameCount &+ 1) &* Scratch.lanes) { sums[index] = 0 }
        // The zero page is not interchangeable.
        sums[(Machine.zeroFrame &+ 1) &* Scratch.lanes] = 1
    }

    @inline(__always) func places(of frame: Int) -> UInt64 {
        let lanes = sums + (frame &+ 1) &* Scratch.lanes
        return lanes[0] &+ lanes[1] &+ lanes[2] &+ lanes[3]
    }

    @inline(__always) mutating func append(_ word: UInt64) {
        words[count] = word
        count &+= 1
    }
    @inline(__always) mutating func append(_ low: UInt32, _ high: UInt32) {
        append(UInt64(low) | UInt64(high) &<< 32)
    }
    @inline(__always) mutating func copy(_ source: UnsafeRawPointer, _ amount: Int) {
        for index in 0..<amount { append(source.load(fromByteOffset: index &* 8, as: UInt64.self)) }
    }
    /// Appends pairs of words that may name frames.
    @inline(__always) mutating func append(
        _ source: UnsafeMutablePointer<UInt32>, pairs: Int, place: Int
    ) {
        let both = UnsafeRawPointer(source)
        for index in 0..<pairs {
            // Most are empty: what TLBs hold of old translations, and what has been gathered.
            if both.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self) == 0 {
                append(0)
                continue
            }
            let low = blanked(source[2 &* index], place: place &+ 2 &* index)
            append(low, blanked(source[2 &* index &+ 1], place: place &+ 2 &* index &+ 1))
        }
    }

    /// A word without the number of its frame, for which the place is noted; a number as it is. There are no branches, for
    /// nobody can predict which words name a frame; what names none is added to a sum that nobody reads.
    @inline(__always) func blanked(_ word: UInt32, place: Int) -> UInt32 {
        let number = UInt32(bitPattern: Int32(bitPattern: word) &>> 31)
        let name = Int(word & PageTableEntry.frameBits & ~number)
        sums[name &* Scratch.lanes &+ (place & (Scratch.lanes &- 1))] &+= numbers[place]
        return word & (number | ~PageTableEntry.frameBits)
    }

    @inline(__always) var fingerprint: UInt64 {
        var hash = Fingerprint(length: count)
        hash.mix(UnsafeRawPointer(words), count &* 8)
        return hash.value
    }
}
