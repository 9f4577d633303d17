import VirtualMemory

// Authority, precision and safety.

extension GuaranteeTests {
    static let authority = [
        Case(
            "a pinned page that mprotect skipped", "protect-skips-pinned", [Violation(.authority)],
            protectPinned),
        Case("a pinned page that mprotect protects", "refcount", [], protectPinned),
        Case("a store before mprotect returned", "refcount", [], storeAndCall("mprotect(x, PROT_READ)")),
        Case("a store before munmap returned", "refcount", [], storeAndCall("munmap(x)")),
        Case("a device that pinned before mprotect", "refcount", [], deviceAfterProtect),
    ]

    static let protectPinned = """
        map x: anonymous private = 1
        process p {
            h = io_uring_register(x)
            mprotect(x, PROT_READ)
            *x = 2
        }
        """
    static func storeAndCall(_ call: String) -> String {
        "map x: anonymous private = 1\nprocess p {\nthread t {\n*x = 2\n*x = 3\n}\n\(call)\n}"
    }
    static let deviceAfterProtect = """
        map x: anonymous private = 1
        process p {
            h = io_uring_register(x)
            mprotect(x, PROT_READ)
            dma_write(h, 2)
        }
        """

    static let precision = [
        Case("a copy because of one's own pipe", "refcount", [Violation(.precision)], ownPipe),
        Case("no copy because of it", "mapcount", [], ownPipe),
        Case("a copy because of a child's pipe", "refcount", [], reference("vmsplice(x)")),
        Case("a copy because of a child that has unmapped and not put yet", "refcount", [], latePut),
        Case(
            "an early copy of what only looks pinned", "refcount", [Violation(.precision)],
            seemingPin("io_uring_register(y)\nclose(h)")),
        Case("no early copy without any pin", "refcount", [], seemingPin("vmsplice(y)\nclose(h)")),
        Case("an early copy of what is pinned", "refcount", [], storeAfterFork("pin(x, read)")),
        Case(
            "copies that a process asked for", "opt-out", [],
            "map x: anonymous private = 1\nprocess p {\ncow_opt_out()\nfork c {\n}\n}"),
        Case(
            "an unshare that copies what nobody else has", "exclusive: on unshare of anonymous: copy",
            [Violation(.precision)], unshared),
        Case("an unshare that takes it over", "exclusive", [], unshared),
        Case(
            "a copy of the zero page", "refcount", [],
            "map x: anonymous private\nprocess p {\nr = *x\n*x = 1\n}"),
    ]

    static let ownPipe = """
        map x: anonymous private = 1
        process p {
            h = vmsplice(x)
            mprotect(x, PROT_READ)
            mprotect(x, PROT_READ | PROT_WRITE)
            *x = 2
        }
        """
    static let latePut = "map x: anonymous private = 1\nprocess p {\nfork c {\nmunmap(x)\n}\n*x = 2\n}"
    static func seemingPin(_ call: String) -> String {
        """
        pin_bias 3
        map x: anonymous private = 1
        map y: anonymous private = 1
        process p {
            h = \(call)
            a = vmsplice(x)
            b = vmsplice(x)
            fork c {
            }
        }
        """
    }
    static let unshared = """
        map x: anonymous private = 1
        process p {
            fork c {
                exit
            }
            wait c
            h = pin(x, read)
        }
        """

    static let safety = [
        Case(
            "a frame that is freed before the flush", "put-before-flush", [Violation(.safety)],
            storeAndCall("munmap(x)")),
        Case("a frame that is freed after it", "vma-lock", [], storeAndCall("munmap(x)")),
        Case("a pinned frame that nobody maps", "refcount", [], pinnedFrame),
        Case(
            "waiting for what does not come", "refcount", [],
            "map x: anonymous private\nprocess p {\nawait e\nsignal e\n}"),
    ]

    static let pinnedFrame = """
        map x: anonymous private = 1
        process p {
            h = io_uring_register(x)
            munmap(x)
            dma_write(h, 2)
            r = dma_read(h)
            close(h)
        }
        """
}
