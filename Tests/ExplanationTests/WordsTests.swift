import Testing

/// What steps say.
@Suite struct WordsTests {
    @Test func framesKeepTheirNamesAndAreNotNamedAgain() throws {
        let text = try told(
            """
            map x: anonymous private = 1
            process main {
                madvise(x, MADV_DONTNEED)
                *x = 2
                f = frame(x)
            }
            """, "refcount")
        #expect(text.contains("f1  freed: its last reference is dropped"))
        #expect(text.contains("f2  allocated: 1 reference, 0 mappings"))
        #expect(text.contains("main:f  = f2"))
        #expect(text.contains("registers  main:f = f2"))
    }

    @Test func aDecisionNamesItsClauseAndWhatItSaw() throws {
        let text = try told(
            "map x: anonymous private = 1\nprocess parent {\n fork child {\n }\n *x = 2\n}\n", "textbook")
        #expect(text.contains("rule  write_fault of anonymous: copy (page_count is 2; textbook.rules:"))
    }

    @Test func errorsHaveTheirNames() throws {
        let text = try told(
            "map x: anonymous private\nprocess main {\n munmap(x)\n b = pin(x, write)\n}\n", "exclusive")
        #expect(text.contains("main:b  = -EFAULT"))
    }

    @Test func theZeroPageIsNoFrame() throws {
        let text = try told("map x: anonymous private\nprocess main {\n r = *x\n *x = 1\n}\n", "exclusive")
        #expect(text.contains("main:x  nothing → the zero page read-only"))
        #expect(text.contains("main:x  the zero page read-only → nothing"))
    }

    @Test func whatTheKernelDoesByItselfIsTold() throws {
        let text = try told(
            """
            map x: anonymous private = 1
            map y: anonymous private = 1
            background ksm_merge(x, y)
            background reclaim(y)
            process main {
                r = *x
            }
            exists same(main:x, main:y)
            """, "exclusive")
        #expect(text.contains("background ksm_merge(x, y)"))
        #expect(text.contains("registers  main:r = 1"))
    }

    @Test func whoWaitsForEverIsNamed() throws {
        let text = try told(
            """
            process main {
                await a
                signal b
            }
            process other {
                await b
                signal a
            }
            exists blocked(main) && blocked(other)
            """, "exclusive")
        #expect(text.contains("main   is blocked in 'await a'\n    other  is blocked in 'await b'"))
        #expect(text.contains("At the start\n    nothing is mapped\n"))
        #expect(text.contains("    nobody can go on\n"))
    }

    @Test func aStatementInPartsIsMarked() throws {
        let text = try told(try corpusTest("fork/fork-torn-page").source.whole, "refcount-5.9", .syscalls)
        #expect(text.contains("parent  fork child …"))
        #expect(text.contains("parent  … fork child"))
    }

    @Test func locksAreNamedWithTheirHolders() throws {
        let text = try told(
            "map x: anonymous private\nprocess main {\n *x = 1\n}\n", "exclusive", .locks)
        #expect(text.contains("mmap_lock of main  taken for reading"))
        #expect(text.contains("holds  mmap_lock of main for reading"))
        #expect(text.contains("page table of main:x  installed"))
    }

    @Test func theVerdictIsToldInTheConditionsWords() throws {
        let program = "map x: anonymous private = 1\nprocess main {\n r = *x\n}\n"
        #expect(
            try told(program + "exists main:r == 1", "exclusive").contains(
                "' holds: main:r == 1 is true here"))
        #expect(
            try told(program + "never main:r == 1", "exclusive").contains("' fails: main:r == 1 is true here")
        )
        #expect(try told(program + "always main:r == 1", "exclusive").contains("is kept in this execution"))
        #expect(
            try told(program + "exists main:r == 2", "exclusive").contains("is not met by this execution"))
        #expect(
            try told(program + "always !moved(main:x)", "exclusive").contains(
                "facts      moved(main:x) = false"))
    }
}
