import TestSupport
import Testing
import VirtualMemory

/// fork: sharing, the early copy, what advice leaves out, and the failure that is undone.
@Suite struct ForkTests {
    static let simple = """
        map x: anonymous private = 1
        process p {
            fork c {
            }
        }
        exists copies == 1
        """

    @Test(arguments: ["textbook"] + ShippedRules.eras)
    func sharesWhatIsNotPinned(_ rules: String) throws {
        let run = try Playthrough(Self.simple, rules).finish()
        #expect(try run.facts("p:x") == "count 2, mapcount 2, read-only dirty")
        #expect(try run.page("c:x")?.frame == run.page("p:x")?.frame)
        #expect(try run.facts("c:x") == "count 2, mapcount 2, read-only dirty")
        // One page, a table for each.
        #expect(run.view.framesInUse == 3)
        #expect(run.view.copies == 0)
        #expect(try run.space("p").isWriteLocked == false)
    }

    static let pinned = """
        map x: anonymous private = 1
        process p {
            h = io_uring_register(x)
            fork c {
            }
        }
        exists copies == 1
        """

    @Test(arguments: [
        "refcount-5.9", "refcount", "refcount-all", "exclusive", "exclusive-unshare", "vma-lock",
        "linux-5.10",
        "linux-7.2", "fork-protects-first", "fork-snapshot", "has-pinned-count", "has-pinned-vma",
        "early-copy-asks-mapcount", "early-copy-asks-writable", "charge-child",
    ])
    func copiesWhatIsPinned(_ rules: String) throws {
        let run = try Playthrough(Self.pinned, rules).finish()
        let exclusive = try ShippedRules.keepsExclusive(rules) ? ", exclusive" : ""
        // fork-snapshot leaves the entry read-only; the next store writes in place.
        let rights = rules == "fork-snapshot" ? "read-only dirty" : "writable dirty"
        #expect(try run.facts("p:x") == "count 1025, mapcount 1\(exclusive), \(rights)")
        #expect(try run.target("p:h")?.frame == run.page("p:x")?.frame)
        #expect(try run.facts("c:x") == "count 1, mapcount 1\(exclusive), writable dirty")
        #expect(try run.words("c:x") == [1])
        #expect(run.view.copies == 1)
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: ["mapcount", "mapcount-forced", "fork-without-early-copy", "textbook"])
    func sharesEvenWhatIsPinned(_ rules: String) throws {
        let run = try Playthrough(Self.pinned, rules).finish()
        #expect(try run.facts("p:x") == "count 1026, mapcount 2, read-only dirty")
        #expect(run.view.copies == 0)
    }

    @Test(arguments: ["refcount", "exclusive"])
    func theEarlyCopyIsMadeWordByWordUnderBothLocks(_ rules: String) throws {
        let text = """
            map x: anonymous private = 1
            process p {
                h = io_uring_register(x)
                *x.2 = 3
                fork c {
                }
            }
            """
        let run = try Playthrough(text, rules)
        try run.run("p", through: "alloc_zeroed_user_highpage_movable")
        try run.run("p", through: "copy_present_pte")
        try run.run("p", through: "copy_user_highpage")
        #expect(try run.facts("c:x") == "nothing")
        try run.run("p", through: "copy_user_highpage")
        try run.finish()
        #expect(try run.words("c:x") == [1, 0, 3])
    }

    // MARK: What is left out

    @Test(
        arguments: [
            ("MADV_DONTFORK", false, nil), ("MADV_WIPEONFORK", true, 0),
        ] as [(String, Bool, Int?)])
    func adviceLeavesOut(_ advice: String, _ isMapped: Bool, _ content: Int?) throws {
        let text = """
            map x: anonymous private = 1
            process p {
                a = madvise(x, \(advice))
                fork c {
                }
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.number("p:a") == 0)
        #expect(try run.facts("p:x") == "count 1, mapcount 1, writable dirty")
        #expect(try run.facts("c:x") == "nothing")
        #expect(run.view.isMapped(1, 0) == isMapped)
        #expect(try run.words("c:x") == [content])
        #expect(run.view.framesInUse == 2)
    }

    @Test(arguments: [("MADV_DONTFORK", "MADV_DOFORK"), ("MADV_WIPEONFORK", "MADV_KEEPONFORK")])
    func adviceCanBeTakenBack(_ advice: String, _ undo: String) throws {
        let text = """
            map x: anonymous private = 1
            process p {
                madvise(x, \(advice))
                madvise(x, \(undo))
                fork c {
                }
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.facts("c:x") == "count 2, mapcount 2, read-only dirty")
    }

    @Test func adviceAboutWhatIsNotMappedFailsAndDoesTheRest() throws {
        let text = """
            map x[2]: anonymous private = 1
            process p {
                munmap(x[0])
                e = madvise(x, MADV_DONTFORK)
                fork c {
                }
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.number("p:e") == -12)
        #expect(try run.facts("c:x[1]") == "nothing")
    }

    @Test func whatWasNeverTouchedIsNotCopiedAndTheZeroPageIsOnlyWithAnAnonVMA() throws {
        let text = """
            map x: anonymous private
            map a[2]: anonymous private
            process p {
                r = *x
                s = *a[1]
                *a[0] = 1
                fork c {
                }
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.facts("c:x") == "nothing")
        #expect(try run.facts("c:a[0]") == "count 2, mapcount 2, read-only dirty")
        #expect(try run.facts("c:a[1]") == "zero page, count 1, mapcount 0, read-only")
    }

    @Test func whatPROTNONEHidesStaysHidden() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                mprotect(x, PROT_NONE)
                fork c {
                }
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.facts("c:x") == "count 2, mapcount 2, hidden dirty")
    }

    @Test(arguments: ["refcount", "exclusive"])
    func optingOutCopiesEverythingWhereTheRulesKnowTheCall(_ rules: String) throws {
        let text = """
            map x[2]: anonymous private = 1
            process p {
                e = cow_opt_out()
                fork c {
                }
            }
            exists copies == 1
            """
        #expect(try Playthrough(text, rules).finish().number("p:e") == -22)
        let run = try Playthrough(text, "opt-out").finish()
        #expect(try run.number("p:e") == 0)
        #expect(run.view.copies == 2)
        #expect(try run.facts("p:x[1]") == "count 1, mapcount 1, writable dirty")
        #expect(run.broken.isEmpty)
    }

    // MARK: Pins that only seem to be

    static let falsePin = """
        pin_bias 3
        map x: anonymous private = 1
        map y: anonymous private = 2
        process p {
            a = get(x, read)
            b = get(x, read)
            FIRST
            fork c {
            }
        }
        exists copies == 1
        """

    @Test(arguments: [("", 0), ("h = pin(y, write)\nclose(h)", 1)])
    func referencesThatLookLikeAPinAreCopiedOnlyIfSomethingWasEverPinned(_ first: String, _ copies: Int)
        throws
    {
        let text = Self.falsePin.replacing("FIRST", with: first)
        let run = try Playthrough(text, "refcount").finish()
        #expect(run.view.copies == copies)
        #expect(run.broken == (copies > 0 ? [Violation(.precision)] : []))
    }

    @Test(arguments: [
        ("refcount", "h = pin(y, write)\nclose(h)", 1),
        ("has-pinned-count", "h = pin(y, write)\nclose(h)", 0),
        // The pinned page itself, and the one that only seems to be.
        ("has-pinned-count", "h = pin(y, write)", 2), ("has-pinned-vma", "h = pin(y, write)", 0),
        ("has-pinned-vma", "h = pin(x, write)\nclose(h)", 0),
        ("has-pinned-vma", "h = pin(x, write, slow)\nclose(h)", 1),
        ("mapcount", "h = pin(y, write)", 0),
    ])
    func hasPinnedIsNoneOrAFlagOrACountOrOneOfTheVMA(_ rules: String, _ first: String, _ copies: Int) throws {
        let run = try Playthrough(Self.falsePin.replacing("FIRST", with: first), rules).finish()
        #expect(run.view.copies == copies)
    }

    @Test func theMarkIsNotInherited() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                h = io_uring_register(x)
                fork c {
                }
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.space("p").hasPinned == 1)
        #expect(try run.space("c").hasPinned == 0)
    }

    // MARK: No memory

    @Test func aForkWithoutMemoryForATableIsUndone() throws {
        let text = """
            frames 2
            map x: anonymous private = 1
            process p {
                e = present(x)
                fork c {
                }
                *x = 2
            }
            """
        let run = try Playthrough(text, "refcount").finish()
        #expect(try run.space("c").life == .failed)
        #expect(try run.facts("p:x") == "count 1, mapcount 1, writable dirty")
        #expect(try run.facts("c:x") == "nothing")
        #expect(run.view.framesInUse == 2)
        #expect(run.broken.isEmpty)
    }

    @Test(
        arguments: [("refcount", .failed), ("early-copy-fails-silently", .live)]
            as [(String, MachineView.SpaceFacts.Life)])
    func aForkWithoutMemoryForTheEarlyCopyFailsOrShares(_ rules: String, _ life: MachineView.SpaceFacts.Life)
        throws
    {
        let text = """
            frames 4
            map x: anonymous private = 1
            map y: anonymous private = 2
            process p {
                h = io_uring_register(y)
                fork c {
                }
            }
            """
        let run = try Playthrough(text, rules).finish()
        #expect(try run.space("c").life == life)
        if life == .live {
            #expect(try run.facts("c:y") == "count 1026, mapcount 2, read-only dirty")
            #expect(run.view.framesInUse == 4)
        } else {
            // The entries that were shared already stay write-protected; all counts are as before.
            #expect(try run.facts("p:x") == "count 1, mapcount 1, read-only dirty")
            #expect(try run.facts("p:y") == "count 1025, mapcount 1, writable dirty")
            #expect(run.view.framesInUse == 3)
            #expect(try run.facts("c:x") == "nothing")
        }
        #expect(run.broken.isEmpty)
    }

    @Test(
        arguments: [
            ("refcount", "p", 2, .failed), ("refcount", "p", 3, .failed), ("refcount", "p", 4, .live),
            ("refcount", "c", 1, .live), ("charge-child", "p", 2, .live), ("charge-child", "c", 1, .failed),
            ("charge-child", "c", 2, .live),
        ] as [(String, String, Int, MachineView.SpaceFacts.Life)])
    func theEarlyCopyIsChargedToTheParentOrTheChild(
        _ rules: String, _ limited: String, _ limit: Int, _ life: MachineView.SpaceFacts.Life
    ) throws {
        let text = """
            memcg \(limited) \(limit)
            map x[2]: anonymous private = 1
            process p {
                h = io_uring_register(x)
                fork c {
                }
            }
            """
        let run = try Playthrough(text, rules).finish()
        #expect(try run.space("c").life == life)
        let copied = life == .live ? 2 : 0
        let byParent = rules == "refcount" ? copied : 0
        #expect(try run.space("p").charged == 2 + byParent)
        #expect(try run.space("c").charged == copied - byParent)
        #expect(run.broken.isEmpty)
    }

    @Test func aReferenceThatOnlyTheFailedChildStillHeldIsLetGo() throws {
        let text = """
            frames 2
            map x: anonymous private = 1
            process p {
                h = get(x, read)
                thread t {
                    await forking
                    close(h)
                }
                fork c {
                }
            }
            process q {
                signal forking
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("q")
        try run.run("p", through: "dup_fd")
        try run.run("t")
        #expect(try run.facts("p:x") == "count 2, mapcount 1, writable dirty")
        try run.finish()
        #expect(try run.space("c").life == .failed)
        #expect(try run.facts("p:x") == "count 1, mapcount 1, writable dirty")
    }

    @Test func aForkOfAForkSharesWithAllThree() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                fork c {
                    fork d {
                    }
                    signal e
                }
                await e
            }
            """
        let run = try Playthrough(text, "exclusive").finish()
        #expect(try run.facts("p:x") == "count 3, mapcount 3, read-only dirty")
        #expect(try run.facts("d:x") == "count 3, mapcount 3, read-only dirty")
    }

    @Test func forkHoldsTheParentsLockThroughoutAndWriteProtectSeqIsOddPerMapping() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                h = pin(x, write)
                fork c {
                }
            }
            """
        let run = try Playthrough(text, "refcount")
        try run.run("p", through: "vm_area_dup")
        #expect(try run.space("p").isWriteLocked)
        #expect(try run.space("p").writeProtectSequence == 1)
        try run.run("p", through: "copy_page_range")
        #expect(try run.space("p").writeProtectSequence == 2)
        #expect(try run.space("c").life == .forming)
        try run.run("p", through: "wake_up_new_task")
        #expect(try run.space("p").isWriteLocked == false)
        #expect(try run.space("c").life == .live)
    }
}
