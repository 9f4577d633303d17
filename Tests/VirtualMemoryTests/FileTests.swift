import Exploration
import TestSupport
import Testing
import VirtualMemory

/// Mappings of files and of shared memory: what is in the page cache, who maps it, and who has a page of its own.
@Suite struct FileTests {
    /// Runs a process to its end and gives what a register holds.
    private func value(_ register: String, _ text: String, _ rules: String = "vma-lock") throws
        -> Register.Value
    {
        let run = try Playthrough(text, rules)
        while try run.step("p") == .taken {}
        #expect(run.broken.isEmpty)
        return run.simulation.view.register(try run.test.register("p:\(register)"))
    }

    @Test func aLoadMapsThePageOfTheCache() throws {
        let text = """
            file F = 5
            map x: file F private
            process p {
                seen = *x
                count = page_count(x)
                maps = mapcount(x)
                rights = writable(x)
            }
            """
        #expect(try value("seen", text) == .number(5))
        // The page cache has one, and the mapping.
        #expect(try value("count", text) == .number(2))
        #expect(try value("maps", text) == .number(1))
        #expect(try value("rights", text) == .number(0))
    }

    /// A file system hears of the first store to each page; shared memory is writable from its first load on.
    @Test(arguments: [("file F = 5", "file F", 0), ("memfd F = 5", "memfd F", 1), ("", "anonymous", 1)])
    func aLoadOfASharedMapping(_ declaration: String, _ backing: String, _ writable: Int) throws {
        let text = """
            \(declaration)
            map x: \(backing) shared
            process p {
                seen = *x
                before = writable(x)
                *x = 6
                after = writable(x)
            }
            """
        #expect(try value("before", text) == .number(writable))
        #expect(try value("after", text) == .number(1))
    }

    @Test func aCopyIsAnonymous() throws {
        let text = """
            file F = 5
            map x: file F private
            process p {
                seen = *x
                *x = 6
                count = page_count(x)
                own = exclusive(x)
            }
            """
        #expect(try value("count", text) == .number(1))
        #expect(try value("own", text) == .number(1))
    }

    @Test func aLongTermPinForWritingOfAFile() throws {
        func result(_ backing: String, _ rules: String) throws -> Register.Value {
            try value(
                "b",
                "\(backing == "file" ? "file" : "memfd") F = 5\nmap x: \(backing) F shared\nprocess p {\nb = pin(x, write, longterm)\n}",
                rules)
        }
        #expect(try result("file", "exclusive") == .number(0))
        #expect(try result("file", "vma-lock") == .number(-Errno.efault))
        #expect(try result("memfd", "vma-lock") == .number(0))
    }

    @Test func behindTheEndOfAFile() throws {
        let text = """
            file F = 5
            map x[2]: file F private
            process p {
                populated = madvise(x, MADV_POPULATE_READ)
                read = proc_mem_read(p, x[1])
                b = pin(x[1], write)
            }
            """
        #expect(try value("populated", text) == .number(-Errno.efault))
        #expect(try value("read", text) == .number(-Errno.eio))
        #expect(try value("b", text) == .number(-Errno.efault))
    }

    @Test func removing() throws {
        func result(_ mapping: String, _ statements: String = "") throws -> Register.Value {
            try value(
                "e",
                "memfd F = 5\nmap x: \(mapping)\nprocess p {\n\(statements)\ne = madvise(x, MADV_REMOVE)\n}")
        }
        #expect(try result("memfd F shared") == .number(0))
        #expect(try result("memfd F private") == .number(-Errno.eacces))
        #expect(try result("memfd F shared readonly") == .number(-Errno.eacces))
        #expect(try result("anonymous private") == .number(-Errno.einval))
        #expect(try result("memfd F shared", "mlock(x)") == .number(-Errno.einval))
        #expect(try result("memfd F shared", "munmap(x)") == .number(-Errno.enomem))
    }

    /// Shared memory is freed with its last mapping; a descriptor keeps a memfd.
    @Test func theLastMapping() throws {
        for (declaration, backing, left) in [("", "anonymous", 1), ("memfd F = 1", "memfd F", 2)] {
            let text = "\(declaration)\nmap x: \(backing) shared\nprocess p {\n*x = 2\nmunmap(x)\n}"
            let run = try Playthrough(text, "vma-lock")
            while try run.step("p") == .taken {}
            // The page table stays.
            #expect(run.simulation.view.framesInUse == left)
        }
    }

    // MARK: Fault-around

    static let neighbours = """
        file F[6] = 1, 2, 3, 4, 5, 6
        map a[4]: file F private
        process p {
            seen = *a[1]
            beside = present(a[0])
        }
        """

    @Test func theWindowIsARule() throws {
        #expect(try value("beside", Self.neighbours) == .number(1))
        let run = try Playthrough(
            Self.neighbours, try ShippedRules.extending("vma-lock", "mechanism fault_around.window none"))
        while try run.step("p") == .taken {}
        #expect(run.simulation.view.register(try run.test.register("p:beside")) == .number(0))
    }

    /// All entries of the window come with one section, and neither it nor finish_fault allocates.
    @Test func allocationIsAStepOfItsOwn() throws {
        let run = try Playthrough(Self.neighbours, "vma-lock")
        while try run.step("p") == .taken {}
        let steps = run.log.map { $0.dropFirst(2) }
        let table = try #require(steps.firstIndex(of: "pte_alloc_one"))
        let around = try #require(steps.firstIndex(of: "filemap_map_pages"))
        #expect(table < around)
        #expect(steps.count { $0 == "filemap_map_pages" } == 1)
        #expect(!steps.contains("finish_fault"))
    }

    static let retracted = """
        file F[4] = 5, 6, 7, 8
        map a[4]: file F shared
        process p {
            first = *a[0]
            madvise(a, MADV_DONTNEED)
            signal ready
            second = *a[1]
        }
        process k {
            await ready
            e = retract(p:a)
        }
        """

    /// Runs the second fault to where it has seen the page table, lets it be taken away, and goes on.
    private func retract(_ rules: String) throws -> Playthrough {
        let run = try Playthrough(Self.retracted, try ShippedRules.extending("vma-lock", rules))
        try run.run("p", through: "signal")
        try run.run("p", through: "handle_pte_fault")
        while try run.step("k") == .taken {}
        while try run.step("p") == .taken {}
        return run
    }

    @Test func aPageTableThatIsGone() throws {
        let kept = try retract("mechanism fault_around.table checked")
        #expect(kept.broken.isEmpty)
        #expect(kept.simulation.view.register(try kept.test.register("p:second")) == .number(6))
        let broken = try retract("mechanism fault_around.table assumed")
        #expect(broken.broken == [Violation(.safety)])
    }

    @Test func retractingWaitsForFaults() throws {
        // The fault holds mmap_lock only where there is no VMA lock.
        let run = try retract(
            "mechanism fault_around.table assumed\nmechanism retract.lock mmap\nmechanism fault.lock mmap")
        #expect(run.broken.isEmpty)
        #expect(run.simulation.view.register(try run.test.register("k:e")) == .number(-Errno.eagain))
    }

    /// The engine itself traps an allocation where nobody may sleep.
    @Test func allocatingUnderALock() throws {
        #expect(throws: Trouble.allocationUnderLock) { try retract("mechanism fault_around.table allocated") }
    }

    // MARK: Reclaim

    @Test func aPageThatIsReferredToStaysInTheCache() throws {
        let text = """
            file F = 5
            map x: file F private
            process p {
                pipe = vmsplice(x)
                e = reclaim(x)
                there = present(x)
                seen = *x
                count = page_count(x)
            }
            """
        #expect(try value("e", text) == .number(0))
        #expect(try value("there", text) == .number(0))
        #expect(try value("seen", text) == .number(5))
        // The same page: the cache's reference, the mapping's and the pipe's.
        #expect(try value("count", text) == .number(3))
    }

    @Test func whatWasStoredIsOnTheDisk() throws {
        let text = "file F = 5\nmap x: file F shared\nprocess p {\n*x = 6\ne = reclaim(x)\nseen = *x\n}"
        #expect(try value("seen", text) == .number(6))
    }

    @Test func shrinkingLooksAtYoungBits() throws {
        let text = """
            file F = 5
            map x: file F private
            process p {
                seen = *x
                first = shrink(x)
                second = shrink(x)
                there = present(x)
            }
            """
        #expect(try value("first", text) == .number(-Errno.eagain))
        #expect(try value("second", text) == .number(0))
        #expect(try value("there", text) == .number(0))
    }
}
