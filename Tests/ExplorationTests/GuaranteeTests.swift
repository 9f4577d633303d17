import RuleLanguage
import TestSupport
import Testing
import VirtualMemory

@testable import Exploration

/// For each guarantee, programs that break it and neighbours that do not: what is broken is exactly what the case says.
///
/// `Litmus/guarantees` has such pairs as tests to read; these here cover each branch of the checks.
@Suite struct GuaranteeTests {
    /// One program under one rule set.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        /// A shipped rule set, or lines of a set that extends one: `refcount: on fork …`.
        let rules: String
        let broken: [Violation]
        let text: String

        init(_ name: String, _ rules: String, _ broken: [Violation] = [], _ text: String) {
            self.name = name
            self.rules = rules
            self.broken = broken
            self.text = text
        }

        var testDescription: String { "\(name) [\(rules)]" }

        func ruleSet() throws -> RuleSet {
            guard let colon = rules.firstIndex(of: ":") else { return try ShippedRules.set(rules) }
            let lines = rules[rules.index(after: colon)...].replacing(";", with: "\n")
            return try ShippedRules.extending(String(rules[..<colon]), String(lines))
        }
    }

    static let alwaysReuse = "refcount: on write_fault of anonymous: reuse"

    @Test(arguments: isolation + snapshot + coherence + durability + authority + precision + safety)
    func breaksExactly(_ one: Case) throws {
        let test = try LoweredTest(text: one.text)
        let report = try #require(Checker().check(test, under: [try one.ruleSet()]).first)
        #expect(report.isDecided, "\(report.verdict)")
        #expect(report.broken.map(\.violation) == one.broken.sorted())
    }
}

// MARK: Isolation

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

// MARK: Snapshot

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

// MARK: Coherence and durability

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

// MARK: Authority, precision and safety

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
