import VirtualMemory

// Coherence and durability.

extension GuaranteeTests {
    static let lostPin = Violation(.coherence, through: .pin)

    static let coherence = [
        Case(
            "a pin that a fork shared", "fork-without-early-copy", [lostPin],
            storeAfterFork("io_uring_register(x)")),
        Case("a pin that a fork copied", "refcount", [], storeAfterFork("io_uring_register(x)")),
        Case(
            "a long-term pin for reading", "fork-without-early-copy", [lostPin],
            storeAfterFork("vfio_map(x, read)")),
        Case("a short pin for reading", "fork-without-early-copy", [], storeAfterFork("pin(x, read)")),
        Case("a GET for writing", "fork-without-early-copy", [], storeAfterFork("get(x, write)")),
        Case("the zero page", "refcount", [lostPin], zeroPage),
        Case("the zero page, replaced first", "exclusive-unshare", [], zeroPage),
        Case("a page that its owner discarded", "refcount", [], discarded("madvise(x, MADV_DONTNEED)")),
        Case("a page that another process discarded", "exclusive", [], childDiscards),
    ]

    static func storeAfterFork(_ call: String) -> String {
        "map x: anonymous private = 1\nprocess p {\nh = \(call)\nfork c {\n}\n*x = 2\n}"
    }
    static let zeroPage = "map x: anonymous private\nprocess p {\nh = vfio_map(x, read)\n*x = 2\n}"
    static func discarded(_ call: String) -> String {
        """
        map x: anonymous private = 1
        process p {
            h = io_uring_register(x)
            \(call)
            *x = 2
            dma_write(h, 3)
        }
        """
    }
    static let childDiscards = """
        map x: anonymous private = 1
        process p {
            h = io_uring_register(x)
            fork c {
                madvise(x, MADV_DONTNEED)
                *x = 5
            }
            *x = 2
            dma_write(h, 3)
        }
        """

    static let durability = [
        Case(
            "a device's store behind the copy", "refcount",
            [Violation(.durability, through: .get), Violation(.precision)],
            reading("wait c\n*x = 2\ndma_write(h.1, 3)")),
        Case(
            "a device's store before the copy", "refcount", [Violation(.precision)],
            reading("wait c\ndma_write(h.1, 3)\n*x = 2")),
        Case("the same in place", "mapcount", [], reading("wait c\n*x = 2\ndma_write(h.1, 3)")),
        Case(
            "a pin that lost its page", "fork-without-early-copy",
            [lostPin, Violation(.durability, through: .pin), Violation(.precision)],
            reading("wait c\n*x = 2\ndma_write(h.1, 3)").replacing(
                "get(x, write)", with: "io_uring_register(x)")),
        Case("a store while the copy is made", "vma-lock-6.4", [Violation(.durability)], copyInFlight),
        Case("a store while fork keeps faults out", "vma-lock", [], copyInFlight),
        Case("a store that precedes a discard", "refcount", [], storeAndDiscard),
        Case(
            "a device's store after its owner discarded the page", "refcount", [],
            discarded("madvise(x, MADV_DONTNEED)")),
    ]

    static func reading(_ statements: String) -> String {
        """
        map x: anonymous private = 1
        process p {
            h = get(x, write)
            fork c {
                exit
            }
            \(statements)
        }
        """
    }
    static let copyInFlight = """
        map x: anonymous private = 1
        process p {
            thread t {
                *x = 2
            }
            thread u {
                *x.1 = 3
            }
            fork c {
            }
        }
        """
    static let storeAndDiscard = """
        map x: anonymous private = 1
        process p {
            thread t {
                *x = 2
            }
            madvise(x, MADV_DONTNEED)
        }
        """
}
