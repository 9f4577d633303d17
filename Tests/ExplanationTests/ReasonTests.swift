import Testing

/// Why a guarantee is broken is said in a sentence that names who is concerned.
@Suite struct ReasonTests {
    @Test func isolationThroughAnotherMapping() throws {
        let text = try told(
            """
            map x: anonymous private = 1
            process parent {
                b = io_uring_register(x)
                fork child {
                    await written
                    seen = *x
                }
                dma_write(b, 2)
                signal written
            }
            """, "textbook", breaking: .isolation)
        #expect(
            text.unwrapped.contains(
                "isolation (through a pin) is broken: the device behind parent:b stores into f1, which child has "
                    + "mapped at x"))
    }

    @Test func isolationThroughAReference() throws {
        let text = try told(
            """
            map x: anonymous private = 1
            process parent {
                fork child {
                    p = vmsplice(x)
                    munmap(x)
                    signal taken
                }
                await taken
                *x = 2
            }
            """, "mapcount", breaking: .isolation)
        #expect(
            text.unwrapped.contains(
                "isolation (through a GET) is broken: parent stores into f1, which child:p refers to (a GET for "
                    + "reading)"))
    }

    @Test func authorityOfAMemoryRegion() throws {
        let text = try told(
            """
            file F = 5
            map x: file F shared readonly
            process main {
                b = rdma_register(x, read)
                rdma_reregister(b, write)
                dma_write(b, 7)
            }
            """, "vma-lock", breaking: .authority)
        #expect(text.unwrapped.contains("main:b registered anew for writing"))
        #expect(
            text.unwrapped.contains(
                "authority (through a pin) is broken: the device behind main:b stores into f1, which was pinned for "
                    + "reading through main:x, which may not be written"))
    }

    @Test func coherenceOfAPin() throws {
        let text = try told(pinAndFork, "textbook", breaking: .coherence)
        #expect(
            text.unwrapped.contains(
                "coherence (through a pin) is broken: parent:b pins f1, but parent:x now maps f2"))
    }

    @Test func durabilityOfADevicesStore() throws {
        let text = try told(pinAndFork, "textbook", breaking: .durability)
        #expect(
            text.unwrapped.contains(
                "durability (through a pin) is broken: the device behind parent:b stores into f1, but parent:x "
                    + "maps f2: the store is lost"))
    }

    private let pinAndFork = """
        map x: anonymous private = 1
        process parent {
            b = io_uring_register(x)
            fork child {
            }
            *x = 2
            dma_write(b, 3)
        }
        """

    @Test func durabilityBehindACopy() throws {
        let text = try told(
            try corpusTest("guarantees/durability-copy-in-flight").source.whole, "vma-lock-6.4",
            breaking: .durability)
        #expect(
            text.unwrapped.contains(
                "parent:x now maps the copy f2, which lacks what faulter by '*x.1 = 3' had stored into f1"))
        #expect(text.unwrapped.contains("the TLB still holds x → f1 writable dirty, and the access uses it"))
    }

    @Test func snapshot() throws {
        let text = try told(
            try corpusTest("fork/fork-torn-page").source.whole, "refcount-5.9", breaking: .snapshot)
        #expect(
            text.unwrapped.contains(
                "child has '*x.1 = 2' of writer, but lacks '*x = 1' of writer, which was done before"))
    }

    @Test func precisionOfAWriteFault() throws {
        let text = try told(
            """
            map x: anonymous private = 1
            process parent {
                p = vmsplice(x)
                fork child {
                    exit
                }
                wait child
                *x = 2
            }
            """, "refcount", breaking: .precision)
        #expect(
            text.unwrapped.contains("precision is broken: f1 was copied though nobody but parent can see it"))
    }

    @Test func precisionOfFork() throws {
        let text = try told(
            try corpusTest("guarantees/precision-false-pin").source.whole, "refcount-5.9",
            breaking: .precision)
        #expect(
            text.unwrapped.contains("fork copies f1 for child at once, though no pin of parent is on it"))
    }

    @Test func authority() throws {
        let text = try told(
            """
            map x: anonymous private = 1
            process main {
                b = io_uring_register(x)
                mprotect(x, PROT_READ)
                *x = 2
            }
            """, "protect-skips-pinned", breaking: .authority)
        #expect(text.unwrapped.contains("main stores into f1, though main:x may not be written any more"))
    }
}
