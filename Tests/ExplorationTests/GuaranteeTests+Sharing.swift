import VirtualMemory

// Isolation and snapshot.

extension GuaranteeTests {
    static let isolation = [
        Case("a store into a page that the child maps", alwaysReuse, [Violation(.isolation)], sharedStore),
        Case("a store into a copy", "refcount", [], sharedStore),
        Case("a child that unmapped the page", alwaysReuse, [], childUnmapped),
        Case("a thread's old translation in the child", "mapcount", [Violation(.isolation)], oldTranslation),
        Case(
            "the child's own CPU, about to flush", "mapcount", [],
            childUnmapped.replacing("signal e\n", with: "").replacing("await e\n", with: "")),
        Case(
            "a GET of the child", "mapcount", [Violation(.isolation, through: .get)], reference("vmsplice(x)")
        ),
        Case("a GET of the child", "refcount", [], reference("vmsplice(x)")),
        Case(
            "a pin of the child", "mapcount", [Violation(.isolation, through: .pin)],
            reference("pin(x, read)")),
        Case("a pin of the child that took a copy", "exclusive", [], reference("pin(x, read)")),
        Case("the parent's own pipe, inherited", "mapcount", [], inherited),
        Case(
            "a device that writes to a page that fork shared", "mapcount",
            [Violation(.isolation, through: .pin)],
            device("io_uring_register(x)")),
        Case("a device that writes to its parent's own page", "refcount", [], device("io_uring_register(x)")),
        Case("a store before fork returned", "refcount", [], unfinishedFork),
        Case("an idle process sees what it maps", alwaysReuse, [Violation(.isolation)], idleChild),
        Case("a process that has ended sees nothing", alwaysReuse, [], endedChild),
    ]

    static let sharedStore =
        "map x: anonymous private = 1\nprocess p {\nfork c {\nawait never\n}\n*x = 2\n}\nprocess q {\nsignal never\n}"
    static let childUnmapped = """
        map x: anonymous private = 1
        process p {
            fork c {
                munmap(x)
        signal e
            }
        await e
            *x = 2
        }
        """
    static let oldTranslation = """
        map x: anonymous private = 1
        process p {
            fork c {
                thread t {
                    a = *x
                    b = *x
                }
                munmap(x)
            }
            *x = 2
        }
        """
    static func reference(_ call: String) -> String {
        """
        map x: anonymous private = 1
        process p {
            fork c {
                h = \(call)
                munmap(x)
                signal e
            }
            await e
            *x = 2
        }
        """
    }
    static let inherited = """
        map x: anonymous private = 1
        process p {
            h = vmsplice(x)
            fork c {
                munmap(x)
                signal e
            }
            await e
            *x = 2
        }
        """
    static func device(_ call: String) -> String {
        """
        map x: anonymous private = 1
        process p {
            h = \(call)
            fork c {
            }
            dma_write(h, 3)
        }
        """
    }
    static let unfinishedFork = """
        map x: anonymous private = 1
        process p {
            thread t {
                *x = 2
            }
            fork c {
            }
        }
        """
    static let idleChild = "map x: anonymous private = 1\nprocess p {\nfork c {\n}\n*x = 2\n}"
    static let endedChild = "map x: anonymous private = 1\nprocess p {\nfork c {\nexit\n}\nwait c\n*x = 2\n}"
}

extension GuaranteeTests {
    static let snapshot = [
        Case(
            "the second of two stores without the first", "refcount", [Violation(.snapshot)],
            twoStores(pinned: true)),
        Case("the same, protected while it is copied", "fork-snapshot", [], twoStores(pinned: true)),
        Case("the same on a shared page", "refcount", [], twoStores(pinned: false)),
        Case("one store", "refcount", [], oneStore),
        Case("two stores of two threads, one behind the other", "refcount", [Violation(.snapshot)], ordered),
        Case(
            "a copied page, then a shared one", "refcount", [Violation(.snapshot)],
            twoPages("*x[0] = 2\n*x[1] = 3")),
        Case(
            "a shared page after which the copied one is stored to", "refcount", [],
            twoPages("*x[1] = 3\n*x[0] = 2")),
        Case("a page that fork leaves out", "refcount", [], leftOut),
        Case("stores of a device", "refcount", [], deviceStores),
    ]

    static func twoStores(pinned: Bool) -> String {
        """
        map x: anonymous private = 1
        process p {
            \(pinned ? "h = io_uring_register(x)" : "")
            thread t {
                *x = 2
                *x.1 = 3
            }
            fork c {
            }
        }
        """
    }
    static let oneStore = """
        map x: anonymous private = 1
        process p {
            h = io_uring_register(x)
            thread t {
                *x.1 = 3
            }
            fork c {
            }
        }
        """
    static let ordered = """
        map x: anonymous private = 1
        process p {
            h = io_uring_register(x)
            thread t {
                *x = 2
                signal e
            }
            thread u {
                await e
                *x.1 = 3
            }
            fork c {
            }
        }
        """
    static func twoPages(_ stores: String) -> String {
        """
        map x[2]: anonymous private = 1
        process p {
            h = io_uring_register(x[0])
            thread t {
                \(stores)
            }
            fork c {
            }
        }
        """
    }
    static let leftOut = """
        map x: anonymous private = 1
        map y: anonymous private = 1
        process p {
            h = io_uring_register(x)
            madvise(x, MADV_DONTFORK)
            thread t {
                *x = 2
                *y = 3
            }
            fork c {
            }
        }
        """
    static let deviceStores = """
        map x: anonymous private = 1
        process p {
            h = io_uring_register(x)
            thread t {
                dma_write(h, 2)
                dma_write(h.1, 3)
            }
            fork c {
            }
        }
        """
}
