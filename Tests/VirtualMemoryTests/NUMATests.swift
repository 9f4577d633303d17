import TestSupport
import Testing
import VirtualMemory

/// Entries that NUMA balancing makes inaccessible for a while.
@Suite struct NUMATests {
    private func run(_ body: String, _ rules: String) throws -> Playthrough {
        try Playthrough("map x: anonymous private = 1\nprocess p {\n\(body)\n}\n", rules).finish()
    }

    @Test(arguments: ["textbook", "mapcount", "refcount", "exclusive", "vma-lock", "linux-7.2"])
    func theNextAccessFindsThePageAgain(_ rules: String) throws {
        let run = try run("r = numa_scan(x)\ng = present(x)\nv = *x\n*x = 2", rules)
        #expect(try run.number("p:r") == 0)
        #expect(try run.number("p:g") == 1)
        #expect(try run.number("p:v") == 1)
        #expect(try run.words("p:x") == [2])
        #expect(run.broken.isEmpty)
    }

    /// Up to 6.1 the entry itself remembers; later the fault asks whether the page is the process's own.
    @Test(arguments: ["mapcount", "refcount", "exclusive", "exclusive-unshare", "linux-7.2"])
    func aLoadGivesTheRightToWriteBack(_ rules: String) throws {
        let run = try run("numa_scan(x)\nv = *x\nw = writable(x)", rules)
        #expect(try run.number("p:w") == 1)
    }

    /// What 80d47f5de5e3 was for.
    @Test func whatIsForgottenIsCopiedUnderAReference() throws {
        let run = try run(
            "b = io_uring_register(x)\nnuma_scan(x)\nv = *x\nw = writable(x)\n*x = 2\nd = dma_read(b)",
            "numa-forgets-writable")
        #expect(try run.number("p:w") == 0)
        #expect(try run.number("p:d") == 1)
        #expect(run.broken.map(\.guarantee).contains(.coherence))
    }

    @Test(arguments: [
        ("refcount", -11), ("mapcount", 0), ("linux-5.10", 0), ("exclusive", -11), ("vma-lock", 0),
    ])
    func plainReferencesAreRespectedFrom517To69(_ rules: String, _ result: Int) throws {
        let run = try run("b = vmsplice(x)\nr = numa_scan(x)", rules)
        #expect(try run.number("p:r") == result)
    }

    @Test(arguments: [("mapcount", 0), ("linux-5.10", 0), ("refcount", -11), ("vma-lock", -11)])
    func pinsAreRespected(_ rules: String, _ result: Int) throws {
        let run = try run("b = io_uring_register(x)\nr = numa_scan(x)", rules)
        #expect(try run.number("p:r") == result)
    }

    @Test(arguments: ["mapcount", "refcount", "exclusive", "linux-7.2"])
    func sharedPagesAndTheZeroPageAreLeftAlone(_ rules: String) throws {
        let text = """
            map x: anonymous private = 1
            map z: anonymous private
            process p {
                v = *z
                zero = numa_scan(z)
                fork c {
                }
                shared = numa_scan(x)
            }
            """
        let run = try Playthrough(text, rules).finish()
        #expect(try run.number("p:zero") == -11)
        #expect(try run.number("p:shared") == -11)
    }

    /// The scan flushes in the end; until then a CPU may go on with what its TLB has.
    @Test func anotherCPUMayGoOnUntilTheFlush() throws {
        let text = "map x: anonymous private = 1\nprocess p {\nthread t {\nnuma_scan(x)\n}\nv = *x\n}"
        let run = try Playthrough(text, "exclusive")
        try run.step("p")
        try run.run("t", through: "change_pte_range")
        try run.finish()
        #expect(try run.words("p:x") == [1])
        #expect(run.broken.isEmpty)
    }

    @Test func mprotectEndsIt() throws {
        let run = try run(
            "numa_scan(x)\nmprotect(x, PROT_READ)\nv = *x\nmprotect(x, PROT_READ | PROT_WRITE)\n*x = 2",
            "linux-7.2")
        #expect(try run.number("p:v") == 1)
        #expect(try run.words("p:x") == [2])
        #expect(run.broken.isEmpty)
    }

    @Test func inaccessibleMappingsAreLeftAlone() throws {
        let run = try run("mprotect(x, PROT_NONE)\nr = numa_scan(x)\nv = *x", "linux-7.2")
        #expect(try run.number("p:r") == 0)
        #expect(run.view.isKilled(0))
    }

    @Test func theChildInheritsIt() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                numa_scan(x)
                fork c {
                    v = *x
                    *x = 2
                }
            }
            """
        for rules in ["mapcount", "refcount", "exclusive", "linux-7.2"] {
            let run = try Playthrough(text, rules).finish()
            #expect(try run.number("c:v") == 1)
            #expect(try run.words("p:x") == [1])
            #expect(run.broken.isEmpty)
        }
    }

    @Test func referencesAreTakenBehindTheHintOrAfterItsFault() throws {
        for rules in ["mapcount", "refcount", "exclusive", "vma-lock", "linux-7.2"] {
            let run = try run("numa_scan(x)\nb = io_uring_register(x)\n*x = 2\nd = dma_read(b)", rules)
            #expect(try run.number("p:b") == 0)
            #expect(try run.number("p:d") == 2)
            #expect(run.broken.isEmpty)
        }
    }

    @Test func unmappedPagesAreNoPages() throws {
        let run = try run("munmap(x)\nr = numa_scan(x)", "linux-7.2")
        #expect(try run.number("p:r") == -12)
    }
}
