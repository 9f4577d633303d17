/// A reference that a GET or a PIN took on one page, as the file descriptor's holders see it.
struct Reference: Equatable, BitwiseCopyable {
    enum State: UInt8 {
        case absent
        /// Grabbed, but the grab may still be undone.
        case provisional
        case confirmed
        /// Let go by its last holder.
        case closed
    }

    /// The frame, as an entry without rights.
    var target = PageTableEntry.none
    /// Bit n: process n holds it open.
    var holders: UInt32 = 0
    private var stateByte: UInt8 = 0
    /// Index of the process through whose memory it was taken.
    var owner: UInt8 = 0
    private var flags: UInt8 = 0
    /// Words of a direct read whose data have arrived.
    var arrived: UInt8 = 0

    private func has(_ bit: UInt8) -> Bool { stateByte & bit != 0 }
    private mutating func set(_ bit: UInt8, _ value: Bool) {
        stateByte = value ? stateByte | bit : stateByte & ~bit
    }

    var state: State {
        get { State(rawValue: stateByte & 3) ?? .absent }
        set { stateByte = stateByte & ~3 | newValue.rawValue }
    }
    /// The device may only read, even where the pages were pinned for writing: what a memory region was registered for.
    var isReadOnlyToDevice: Bool {
        get { has(4) }
        set { set(4, newValue) }
    }
    /// The device was given the permission to write although the pages were pinned for reading …
    var isWidened: Bool {
        get { has(8) }
        set { set(8, newValue) }
    }
    /// … and who gave it may not write there.
    var isWithoutRight: Bool {
        get { has(16) }
        set { set(16, newValue) }
    }
    var isPin: Bool {
        get { flags & 1 != 0 }
        set { flags = newValue ? flags | 1 : flags & ~1 }
    }
    var isForWriting: Bool {
        get { flags & 2 != 0 }
        set { flags = newValue ? flags | 2 : flags & ~2 }
    }
    var isLongTerm: Bool {
        get { flags & 4 != 0 }
        set { flags = newValue ? flags | 4 : flags & ~4 }
    }
    /// Its owner discarded what was mapped there: the reference and the address have parted by design.
    var isGivenUp: Bool {
        get { flags & 8 != 0 }
        set { flags = newValue ? flags | 8 : flags & ~8 }
    }
    /// It refers to the zero page without having been counted there.
    var isUncounted: Bool {
        get { flags & 16 != 0 }
        set { flags = newValue ? flags | 16 : flags & ~16 }
    }
    /// Its page was thrown away after MADV_FREE: what comes through it is lost.
    var isForgotten: Bool {
        get { flags & 32 != 0 }
        set { flags = newValue ? flags | 32 : flags & ~32 }
    }
    /// The IOMMU keeps a bit for what the device writes through it …
    var isDirtyTracked: Bool {
        get { flags & 64 != 0 }
        set { flags = newValue ? flags | 64 : flags & ~64 }
    }
    /// … and has set it.
    var isDirty: Bool {
        get { flags & 128 != 0 }
        set { flags = newValue ? flags | 128 : flags & ~128 }
    }
    /// Whether the device may write through it.
    var lendsWriting: Bool { (isForWriting || isWidened) && !isReadOnlyToDevice }
    var isOpen: Bool { state == .provisional || state == .confirmed }
    /// Whether coherence is owed: to pins for writing and to long-term pins, not to GETs.
    var isOwedCoherence: Bool { isPin && (isForWriting || isLongTerm) && !isGivenUp }
}
