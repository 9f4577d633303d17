import TestSupport
import Testing
import VirtualMemory

/// Pages that move to another frame.
@Suite struct MigrationTests {
    private func run(_ body: String, _ rules: String) throws -> Playthrough {
        try Playthrough("map x: anonymous private = 1\nprocess p {\n\(body)\n}\n", rules).finish()
    }

    @Test(arguments: ["mapcount", "refcount", "exclusive", "linux-7.2"])
    func aPageMovesWithItsContentsAndRights(_ rules: String) throws {
        let run = try run("f = frame(x)\nr = migrate(x)\ng = frame(x)", rules)
        #expect(try run.number("p:r") == 0)
        #expect(try run.register("p:f") != run.register("p:g"))
        #expect(try run.words("p:x") == [1])
        let isExclusive = ["exclusive", "linux-7.2"].contains(rules)
        #expect(try run.facts("p:x") == "count 1, mapcount 1, \(isExclusive ? "exclusive, " : "")writable")
        #expect(run.broken.isEmpty)
    }

    @Test(arguments: [
        ("b = io_uring_register(x)", "refcount"), ("b = io_uring_register(x)", "exclusive"),
        ("b = vmsplice(x)", "mapcount"), ("b = vmsplice(x)", "exclusive"),
    ])
    func referencesKeepThePageWhereItIs(_ take: String, _ rules: String) throws {
        let run = try run("f = frame(x)\n\(take)\nr = migrate(x)\ng = frame(x)\n*x = 2", rules)
        #expect(try run.number("p:r") == -11)
        #expect(try run.register("p:f") == run.register("p:g"))
        #expect(run.broken.isEmpty)
    }

    @Test func whoFaultsWaitsForThePage() throws {
        let text = "map x: anonymous private = 1\nprocess p {\nthread t {\nmigrate(x)\n}\n*x = 2\n}"
        let run = try Playthrough(text, "exclusive")
        try run.step("p")
        try run.run("t", through: "try_to_unmap_flush")
        try run.run("p")
        #expect(run.log.last?.contains("mmap_read_lock") == true || run.log.last?.hasPrefix("p ") == true)
        #expect(try run.words("p:x") == [1])
        try run.finish()
        #expect(try run.words("p:x") == [2])
        #expect(run.broken.isEmpty)
    }

    /// Fork between the unmapping and the arrival leaves a page that is nobody's own.
    @Test func forkMakesMigrationEntriesPlain() throws {
        let text = """
            map x: anonymous private = 1
            process p {
                thread t {
                    migrate(x)
                }
                fork c {
                }
            }
            """
        let run = try Playthrough(text, "exclusive")
        try run.step("p")
        try run.run("t", through: "try_to_unmap_flush")
        try run.run("p")
        try run.finish()
        #expect(try run.facts("p:x") == "count 2, mapcount 2, read-only")
        #expect(try run.facts("c:x") == "count 2, mapcount 2, read-only")
        #expect(run.broken.isEmpty)
    }

    @Test func whatIsNotThereCannotMove() throws {
        let text = """
            map x: anonymous private
            process p {
                none = migrate(x)
                seen = *x
                zeroes = migrate(x)
                munmap(x)
                gone = migrate(x)
            }
            """
        let run = try Playthrough(text, "exclusive").finish()
        #expect(try run.number("p:none") == -2)
        #expect(try run.number("p:zeroes") == -14)
        #expect(try run.number("p:gone") == -14)
    }
}
