import VirtualMemory

// Tracking.

extension GuaranteeTests {
    static let missed = Violation(.tracking)
    static let missedDevice = Violation(.tracking, through: .pin)

    static let tracking: [Case] = [
        Case("a store after clear_refs", "refcount", [], tracked("clear_refs()\n*x = 2")),
        Case("a store through an old translation", "refcount-5.9", [missed], storeAfterClearing),
        Case("the same after a flush", "refcount", [], storeAfterClearing),
        Case(
            "a device's store to a page that was protected", "mapcount", [missedDevice],
            tracked("h = pin(x, write, longterm)\nclear_refs()\ndma_write(h, 3)")),
        Case(
            "a device's store to a page that was left out", "refcount", [],
            tracked("h = pin(x, write, longterm)\nclear_refs()\ndma_write(h, 3)")),
        Case(
            "a device's store after a call that failed", "protect-fails-pinned", [],
            tracked("h = pin(x, write, longterm)\nclear_refs()\ndma_write(h, 3)")),
        Case(
            "a device's store before the call", "mapcount", [],
            tracked("h = pin(x, write, longterm)\ndma_write(h, 3)\nclear_refs()")),
        Case(
            "a device's store that its IOMMU reports", "mapcount", [],
            tracked("h = vfio_map(x, write, dirty_tracking)\nclear_refs()\ndma_write(h, 3)")),
        Case(
            "a device's store to what a userfaultfd protects", "exclusive", [missedDevice],
            tracked(
                "h = pin(x, write, longterm)\nuffd_register(x, wp)\nuffd_writeprotect(x)\ndma_write(h, 3)")),
        Case(
            "a device's store to what was resolved", "exclusive", [],
            tracked(
                "h = pin(x, write, longterm)\nuffd_register(x, wp)\nuffd_writeprotect(x)\nuffd_resolve(x)\ndma_write(h, 3)"
            )),
        Case(
            "a device's store to what was discarded", "mapcount", [],
            tracked("h = pin(x, write, longterm)\nclear_refs()\nmadvise(x, MADV_DONTNEED)\ndma_write(h, 3)")),
        Case(
            "a store that waits for nobody", "vma-lock", [],
            tracked("uffd_register(x, wp, async)\nuffd_writeprotect(x)\n*x = 2")),
        Case(
            "a report that swap keeps", "exclusive", [],
            tracked("clear_refs()\n*x = 2\nreclaim(x)\nr = *x")),
        Case(
            "a report that goes with its page", "exclusive", [],
            tracked("clear_refs()\n*x = 2\nmadvise(x, MADV_DONTNEED)\nr = *x")),
        Case(
            "a report that merging loses", "exclusive", [missed],
            "map x: anonymous private = 1\nmap y: anonymous private = 1\nprocess p {\nclear_refs()\n*x = 2\n*y = 2\n"
                + "ksm_merge(x, y)\n}"),
    ]

    private static func tracked(_ body: String) -> String {
        "map x: anonymous private = 1\nprocess p {\n\(body)\n}"
    }

    private static let storeAfterClearing = """
        map x: anonymous private = 1
        process p {
            thread t {
                *x = 2
                await cleared
                *x = 3
            }
            clear_refs()
            signal cleared
        }
        """
}
