import TestSupport
import Testing
import VirtualMemory

/// userfaultfd: what is registered, protected, resolved and filled.
@Suite struct UserfaultTests {
    private func run(_ body: String, _ rules: String, _ declarations: String = "") throws -> Playthrough {
        try Playthrough(
            "map x: anonymous private = 1\nmap y: anonymous private\n\(declarations)\nprocess p {\n\(body)\n}\n",
            rules
        ).finish()
    }

    @Test(arguments: [
        ("uffd_register(x, wp)", "linux-5.10", 0), ("uffd_register(x, wp, async)", "linux-6.1", -22),
        ("uffd_register(x, wp, unpopulated)", "linux-6.1", -22),
        ("uffd_register(x, wp, async)", "linux-6.12", 0),
        ("uffd_register(m, wp)", "linux-5.10", -22), ("uffd_register(m, wp)", "linux-6.1", 0),
        ("uffd_register(f, missing)", "linux-7.2", -22), ("uffd_register(m, missing)", "linux-5.10", 0),
        ("uffd_writeprotect(x)", "linux-6.12", -2), ("uffd_resolve(x)", "linux-6.12", -2),
        ("uffd_copy(y, 3)", "linux-6.12", -2), ("uffd_unregister(x)", "linux-6.12", 0),
        ("uffd_register(m, minor)", "linux-5.10", -22), ("uffd_register(m, minor)", "refcount", 0),
        ("uffd_register(m, wp, minor)", "linux-7.2", 0), ("uffd_register(x, minor)", "linux-7.2", -22),
        ("uffd_register(f, minor)", "linux-7.2", -22), ("uffd_continue(m)", "linux-5.10", -22),
        ("uffd_continue(m)", "linux-6.12", -2),
    ])
    func whatACallGives(_ call: String, _ rules: String, _ expected: Int) throws {
        let declarations = "file F = 5\nmemfd M = 5\nmap f: file F shared\nmap m: memfd M shared"
        #expect(try run("r = \(call)", rules, declarations).number("p:r") == expected)
    }

    @Test(arguments: [("linux-5.10", 0), ("linux-6.1", 0), ("linux-6.12", 1)])
    func resolvingGivesTheRightToWriteBackFrom62On(_ rules: String, _ expected: Int) throws {
        let run = try run(
            "uffd_register(x, wp)\nuffd_writeprotect(x)\nuffd_resolve(x)\nr = writable(x)", rules)
        #expect(try run.number("p:r") == expected)
        #expect(run.broken.isEmpty)
    }

    @Test func aFilledPageIsThere() throws {
        let run = try run(
            "uffd_register(y, missing)\na = uffd_copy(y, 7)\nb = uffd_copy(y, 8)\nr = *y\ns = *y.1",
            "refcount")
        #expect(try ["a", "b", "r", "s"].map { try run.number("p:\($0)") } == [0, -17, 7, 0])
    }

    @Test func aContinuedPageIsTheMemfdsOwn() throws {
        let run = try run(
            "uffd_register(m, minor)\na = uffd_continue(m)\nb = uffd_continue(m)\nr = *m\nw = writable(m)\n*m = 6\ns = *n",
            "linux-6.12", "memfd M = 5\nmap m: memfd M shared\nmap n: memfd M shared")
        #expect(try ["a", "b", "r", "w", "s"].map { try run.number("p:\($0)") } == [0, -17, 5, 1, 6])
        #expect(run.broken.isEmpty)
    }

    /// Of a private mapping, too: read-only, and dirty since 5.16.
    @Test(arguments: ["refcount", "exclusive", "linux-7.2"])
    func aContinuedPageOfAPrivateMappingIsReadOnly(_ rules: String) throws {
        let run = try run(
            "uffd_register(m, minor)\na = uffd_continue(m)\nw = writable(m)\nd = dirty(m)\n*m = 6\nr = *n",
            rules, "memfd M = 5\nmap m: memfd M private\nmap n: memfd M shared")
        #expect(try ["a", "w", "d", "r"].map { try run.number("p:\($0)") } == [0, 0, 1, 5])
        #expect(run.broken.isEmpty)
    }

    @Test func anonymousMemoryIsNotContinued() throws {
        let run = try run("uffd_register(y, missing)\nr = uffd_continue(y)", "linux-6.12")
        #expect(try run.number("p:r") == -22)
    }

    /// A hole keeps its protection in a marker, which the first load hands on to the zero page.
    @Test func aMarkerProtectsWhatIsMappedLater() throws {
        let run = try run(
            "uffd_register(y, wp, async, unpopulated)\nuffd_writeprotect(y)\na = pagemap_scan(y)\nr = *y\n"
                + "b = pagemap_scan(y)\n*y = 2\nc = pagemap_scan(y)", "vma-lock")
        #expect(try ["a", "r", "b", "c"].map { try run.number("p:\($0)") } == [0, 0, 0, 1])
    }

    /// A page of shared memory that is discarded leaves its protection behind.
    @Test func protectionOfSharedMemoryOutlivesItsEntry() throws {
        let run = try run(
            "r = *m\nuffd_register(m, wp, async)\nuffd_writeprotect(m)\nmadvise(m, MADV_DONTNEED)\ns = *m\n"
                + "a = pagemap_scan(m)\n*m = 6\nb = pagemap_scan(m)", "vma-lock",
            "memfd M = 5\nmap m: memfd M shared")
        #expect(try ["s", "a", "b"].map { try run.number("p:\($0)") } == [5, 0, 1])
    }
}
