import Foundation
import TestSupport
import Testing

@Suite struct RulesCommandTests {
    @Test func listNamesThemAll() throws {
        let run = try Invocation(["rules", "list"])
        #expect(run.status == 0)
        #expect(run.output.hasPrefix("textbook\n    "))
        #expect(run.output.contains("\nlinux-6.1 "))
        let json = try Invocation(["rules", "list", "--format", "json"])
        let value = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        #expect(((value?["rules"] as? [Any])?.count ?? 0) > 20)
    }

    @Test func showWritesOutWhatASetExtends() throws {
        let run = try Invocation(["rules", "show", "refcount"])
        #expect(run.status == 0)
        #expect(run.output.contains("on write_fault of anonymous:"))
        let source = try Invocation(["rules", "show", "--source", "refcount"])
        #expect(source.output.contains("rules refcount extends"))
    }

    @Test func whatIsShownCanBeRead() throws {
        let folder = try Folder()
        let shown = try Invocation(["rules", "show", "exclusive"]).output
        let path = try folder.write(
            "mine.rules", shown.replacingOccurrences(of: "rules exclusive\n", with: "rules mine\n"))
        let run = try Invocation(["rules", "diff", "exclusive", path])
        #expect(run.status == 0)
        #expect(run.output == "exclusive and mine behave alike\n")
    }

    @Test func diffShowsWhereTheyDiffer() throws {
        let run = try Invocation(["rules", "diff", "refcount", "exclusive"])
        #expect(run.status == 1)
        #expect(run.output.hasPrefix("--- refcount\n+++ exclusive\n"))
        #expect(try Invocation(["rules", "diff", "refcount", "exlusive"]).status == 64)
    }
}
