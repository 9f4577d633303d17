/// The part of a VMA that concerns the tracking of stores to one page, and what the checks of the guarantee keep beside it; kept only
/// where the program tracks stores. Protected by mmap_lock.
struct TrackedPage: Equatable, BitwiseCopyable {
    private var bits: UInt16 = 0

    private func has(_ bit: UInt16) -> Bool { bits & bit != 0 }
    private mutating func set(_ bit: UInt16, _ value: Bool) { bits = value ? bits | bit : bits & ~bit }

    /// clear_refs has taken VM_SOFTDIRTY from the VMA, so that the entries tell of stores.
    var isSoftDirtyTracked: Bool {
        get { has(1) }
        set { set(1, newValue) }
    }
    /// What a userfaultfd is registered for here; empty where none is.
    var userfault: UserfaultModes {
        get { UserfaultModes(rawValue: UInt8(truncatingIfNeeded: bits >> 1 & 63)) }
        set { bits = bits & ~(63 << 1) | UInt16(newValue.rawValue & 63) << 1 }
    }
    /// clear_refs has returned: from now on a store is to be reported.
    var awaitsSoftDirty: Bool {
        get { has(128) }
        set { set(128, newValue) }
    }
    /// A store since then was reported by the soft-dirty bit.
    var wasReportedSoftDirty: Bool {
        get { has(256) }
        set { set(256, newValue) }
    }
    /// UFFDIO_WRITEPROTECT has protected the page and returned: from now on a store is to be reported, until somebody resolves it.
    var awaitsUserfault: Bool {
        get { has(512) }
        set { set(512, newValue) }
    }
    /// A store since then was reported: the entry is not write-protected any more.
    var wasReportedByUserfault: Bool {
        get { has(1024) }
        set { set(1024, newValue) }
    }

    /// What fork puts into the child: a userfaultfd only where it wants to hear of forks, which is owed the same then.
    var inherited: TrackedPage {
        var page = TrackedPage()
        page.isSoftDirtyTracked = isSoftDirtyTracked
        if userfault.contains(.eventFork) {
            page.userfault = userfault
            page.awaitsUserfault = awaitsUserfault
        }
        return page
    }

    /// What mremap takes along: no userfaultfd, which would have to ask for an event of it.
    var moved: TrackedPage {
        var page = TrackedPage()
        page.isSoftDirtyTracked = isSoftDirtyTracked
        page.awaitsSoftDirty = awaitsSoftDirty
        return page
    }

    /// The content is gone, and with it what was stored.
    mutating func forgetStores() {
        wasReportedSoftDirty = false
        wasReportedByUserfault = false
    }
}

/// What a userfaultfd is asked for.
public struct UserfaultModes: OptionSet, Sendable, Hashable, BitwiseCopyable {
    /// One bit a mode, six of them.
    public let rawValue: UInt8

    /// Makes a set.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Stores to write-protected pages wait (UFFDIO_REGISTER_MODE_WP).
    public static let writeProtect = UserfaultModes(rawValue: 1)
    /// Accesses where nothing is mapped wait (UFFDIO_REGISTER_MODE_MISSING).
    public static let missing = UserfaultModes(rawValue: 2)
    /// Nobody waits: a store takes the protection away (UFFD_FEATURE_WP_ASYNC).
    public static let async = UserfaultModes(rawValue: 4)
    /// What is not mapped is write-protected, too (UFFD_FEATURE_WP_UNPOPULATED).
    public static let unpopulated = UserfaultModes(rawValue: 8)
    /// A fork waits, and its child is registered as well (UFFD_FEATURE_EVENT_FORK).
    public static let eventFork = UserfaultModes(rawValue: 16)
    /// Accesses to what is not mapped but in the page cache wait (UFFDIO_REGISTER_MODE_MINOR).
    public static let minor = UserfaultModes(rawValue: 32)
}
