import TestSupport
import Testing
import VirtualMemory

/// Reaching into the memory of another process.
@Suite struct RemoteTests {
    @Test func theReferenceIsDroppedBehindTheCall() throws {
        for call in ["process_vm_writev(p, x, 4)", "proc_mem_write(p, x, 4)", "process_vm_readv(p, x)"] {
            let text = "map x: anonymous private = 1\nprocess p {\nr = \(call)\n}"
            let run = try Playthrough(text, "exclusive").finish()
            #expect(try run.facts("p:x") == "count 1, mapcount 1, exclusive, writable dirty")
            #expect(run.broken.isEmpty)
        }
    }

    @Test(arguments: [("process_vm_readv(p, x)", 1), ("proc_mem_read(p, x)", 0)])
    func aPinMarksTheMemoryThatItIsTakenThrough(_ call: String, _ mark: Int) throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                    r = \(call)
                }
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.number("c:r") == 1)
        #expect(try run.space("p").hasPinned == mark)
        #expect(try run.space("c").hasPinned == 0)
    }

    @Test func processVMDropsTheLockBeforeItCopiesAndProcMemBehind() throws {
        for (call, readers) in [("process_vm_writev(p, x, 4)", 0), ("proc_mem_write(p, x, 4)", 1)] {
            let run = try Playthrough(
                "map x: anonymous private = 1\nprocess p {\nr = \(call)\n}", "refcount")
            #expect(try run.run("p", through: "copy_page_from_iter"))
            #expect(try run.space("p").readers == readers)
        }
    }

    @Test(arguments: [
        ("mprotect(x, PROT_READ)", "process_vm_writev(p, x, 4)", -14),
        ("mprotect(x, PROT_READ)", "proc_mem_write(p, x, 4)", 0),
        ("mprotect(x, PROT_NONE)", "process_vm_readv(p, x)", -14),
        ("mprotect(x, PROT_NONE)", "proc_mem_read(p, x)", 1),
        ("munmap(x)", "process_vm_readv(p, x)", -14), ("munmap(x)", "proc_mem_read(p, x)", -5),
    ])
    func forceLooksBehindTheProtection(_ before: String, _ call: String, _ result: Int) throws {
        for rules in ["mapcount", "refcount", "exclusive", "linux-7.2"] {
            let text = "map x: anonymous private = 1\nprocess p {\n\(before)\nr = \(call)\n}"
            let run = try Playthrough(text, rules).finish()
            #expect(try run.number("p:r") == result, "\(rules)")
        }
    }

    @Test func forceReadsUntouchedMemoryBehindProtNone() throws {
        let text = """
            map x: anonymous private
            process p {
                mprotect(x, PROT_NONE)
                r = proc_mem_read(p, x)
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.number("p:r") == 0)
        #expect(try run.facts("p:x").hasSuffix("hidden"))
    }

    @Test func aForcedWriteLeavesTheEntryReadOnly() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                mprotect(x, PROT_READ)
                fork c {
                }
                proc_mem_write(p, x, 4)
            }
            """
        for rules in ["mapcount", "refcount", "exclusive"] {
            let run = try Playthrough(text, rules).finish()
            #expect(try run.facts("p:x").hasSuffix("read-only dirty"), "\(rules)")
            #expect(try run.words("p:x") == [4])
            #expect(try run.words("c:x") == [1])
        }
    }

    @Test func aProcessThatEndsWaitsForWhoReachesIn() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                    exit
                }
                r = proc_mem_read(c, x)
            }
            """
        let run = try Playthrough(text, "refcount")
        #expect(try run.run("p", through: "copy_page_to_iter"))
        try run.run("c")
        #expect(try run.space("c").life == .live)
        try run.finish()
        #expect(try run.space("c").life == .dead)
        #expect(try run.number("p:r") == 1)
        #expect(run.broken.isEmpty)
    }

    @Test func thereIsNothingToReachIntoBeforeTheForkAndBehindTheEnd() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                a = process_vm_readv(c, x)
                fork c {
                    exit
                }
                wait c
                b = proc_mem_read(c, x)
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.number("p:a") == -3)
        #expect(try run.number("p:b") == -3)
    }
}
