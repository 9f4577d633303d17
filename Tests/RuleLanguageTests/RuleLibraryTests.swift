import Diagnostics
import Foundation
import Rules
import Testing

@testable import RuleLanguage

@Suite struct RuleLibraryTests {
    func source(_ name: String, _ text: String) -> SourceText { SourceText(name: name, text: text) }

    /// What is wrong with texts, as a user sees it.
    func said(of sources: [SourceText]) -> String {
        do {
            _ = try RuleLibrary(sources)
            return ""
        } catch {
            return error.message()
        }
    }

    @Test func extendingChangesPathByPath() throws {
        let library = try RuleLibrary([
            source("b.rules", "rules b extends a\nmechanism page_lock wait\non fork of file: copy\n"),
            source(
                "a.rules",
                "rules a\nmechanism page_lock try\non fork of anonymous, file: share\ninterface vmsplice get(read)\n"
            ),
        ])
        let b = try library.set(named: "b")
        #expect(b.rules[.pageLock] == .wait)
        #expect(b.rules.clauses[.forkFile] == Clause([.init(.choice(.copy))]))
        #expect(b.rules.clauses[.forkAnonymous] == Clause([.init(.choice(.share))]))
        #expect(b.rules.request(for: .vmsplice) == Request(isPin: false, access: .read))
        #expect(b.bases == ["a"])
        #expect(b.clauseOrigins[.forkFile]?.set == "b" && b.clauseOrigins[.forkFile]?.line == 3)
        #expect(
            b.clauseOrigins[.forkAnonymous]?.set == "a" && b.clauseOrigins[.forkAnonymous]?.file == "a.rules")
        #expect(try library.set(named: "a").rules[.pageLock] == .try)
    }

    @Test func setsThatExtendOneAnotherAreReportedOnce() {
        let said = said(of: [
            source("a.rules", "rules a extends b\n"), source("b.rules", "rules b extends c\n"),
            source("c.rules", "rules c extends a\n"), source("d.rules", "rules d extends a\n"),
        ])
        #expect(
            said == """
                c.rules:1:17: error: 'a' extends itself: a extends b extends c extends a
                    rules c extends a
                                    ^

                """)
    }

    @Test func aSetThatExtendsItself() {
        #expect(
            said(of: [source("a.rules", "rules a extends a\n")]) == """
                a.rules:1:17: error: 'a' extends itself
                    rules a extends a
                                    ^

                """)
    }

    @Test func anUnknownBase() {
        let said = said(of: [
            source("a.rules", "rules refcount\n"), source("b.rules", "rules b extends refconut\n"),
            source("c.rules", "rules c extends b\n"),
        ])
        #expect(
            said == """
                b.rules:1:17: error: no rule set 'refconut' to extend
                    rules b extends refconut
                                    ^~~~~~~~
                    help: did you mean 'refcount'?

                """)
    }

    @Test func aNameThatIsTaken() {
        #expect(
            said(of: [source("a.rules", "rules a\n"), source("b.rules", "rules a\n")]) == """
                b.rules:1:7: error: 'a.rules' has a rule set of the name 'a' already
                    rules a
                          ^
                    help: give it another name; it may extend 'a'

                """)
    }

    @Test func aChainThatIsTooLong() {
        let sources = (0..<100).map { source("\($0).rules", "rules r\($0) extends r\($0 + 1)\n") }
        #expect(said(of: sources + [source("100.rules", "rules r100\n")]).contains("more than 64 rule sets"))
    }

    @Test func whatIsAskedInVainIsWarnedOf() throws {
        let text = """
            rules mine extends refcount
            on fork of anonymous:
                copy   when exclusive or vma.has_pinned and mm.opted_out
                share
            on pin(read):
                unshare  when page_mapcount > 1
                take

            """
        let mine = SourceText(name: "mine.rules", text: text)
        let set = try Shipped.get().adding([mine]).set(named: "mine")
        let said = DiagnosticRenderer().render(DiagnosticsError(source: mine, diagnostics: set.warnings))
        #expect(
            said == """
                mine.rules:3:5: warning: 'exclusive' is never true: the mechanism 'anon_exclusive' is not 'yes'
                        copy   when exclusive or vma.has_pinned and mm.opted_out
                        ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
                mine.rules:3:5: warning: 'vma.has_pinned' is never true: the mechanism 'has_pinned' is not 'vma'
                        copy   when exclusive or vma.has_pinned and mm.opted_out
                        ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
                mine.rules:3:5: warning: 'mm.opted_out' is never true: the mechanism 'cow_opt_out' is not 'honoured'
                        copy   when exclusive or vma.has_pinned and mm.opted_out
                        ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
                mine.rules:6:5: warning: 'unshare' has no clause: the set does not say what happens 'on unshare of anonymous'
                        unshare  when page_mapcount > 1
                        ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~

                """)
    }

    @Test func usersMayExtendShippedSets() throws {
        let mine = source("mine.rules", "rules mine extends exclusive\non fork of file: copy\n")
        let library = try Shipped.get().adding([mine])
        #expect(library.names.last == "mine" || library.names.contains("mine"))
        #expect(library.names.prefix(3) == ["textbook", "mapcount", "mapcount-forced"])
        #expect(try library.set(named: "mine").rules.clauses[.forkHuge] != nil)
    }

    @Test func unknownNamesAreAnsweredWithTheNearest() throws {
        let library = try Shipped.get()
        #expect {
            try library.set(named: "exlusive")
        } throws: { error in
            (error as? RuleLibraryError)?.message() == "no rule set 'exlusive'; did you mean 'exclusive'?"
        }
        #expect {
            try RuleLibrary([source("a", "rules a\n"), source("b", "rules b\n")]).set(named: "something")
        } throws: { error in
            (error as? RuleLibraryError)?.message() == "no rule set 'something'; there is 'a' and 'b'"
        }
    }
}

@Suite struct RuleFileTests {
    /// Runs a body with a directory that is gone afterwards.
    func withDirectory(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/muster-rules-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    func write(_ bytes: [UInt8], to path: String) throws {
        let file = try #require(fopen(path, "w"))
        defer { fclose(file) }
        _ = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
    }

    /// What is said when a file, or all files of a directory, are read.
    func failure(_ body: () throws(RuleLibraryError) -> RuleLibrary) -> String? {
        do {
            _ = try body()
            return nil
        } catch {
            return error.message()
        }
    }

    @Test func filesBelowADirectoryAreFound() throws {
        try withDirectory { directory in
            _ = mkdir(directory + "/inner", 0o755)
            try write(Array("rules b\n".utf8), to: directory + "/inner/b.rules")
            try write(Array("rules a extends b\n".utf8), to: directory + "/a.rules")
            try write(Array("no rules".utf8), to: directory + "/README")
            #expect(try RuleLibrary.load(directory: directory).names == ["a", "b"])
        }
    }

    @Test func whatCannotBeReadIsSaid() throws {
        try withDirectory { directory in
            #expect(
                failure { () throws(RuleLibraryError) in try .load(directory: directory) }
                    == "no rule sets (*.rules) in '\(directory)'")
            let missing = directory + "/none"
            #expect(
                failure { () throws(RuleLibraryError) in try .load(directory: missing) }
                    == "no file or directory '\(missing)'")
            #expect(
                failure { () throws(RuleLibraryError) in try RuleLibrary().adding(files: [missing]) }
                    == "no file or directory '\(missing)'")
            #expect(
                failure { () throws(RuleLibraryError) in try RuleLibrary().adding(files: [directory]) }
                    == "cannot read '\(directory)': is a directory")
            let binary = directory + "/binary.rules"
            try write([0x7f, 0x45, 0, 1], to: binary)
            #expect(
                failure { () throws(RuleLibraryError) in try RuleLibrary().adding(files: [binary]) }
                    == "cannot read '\(binary)': is a binary file")
            let large = directory + "/large.rules"
            try write(Array(repeating: UInt8(ascii: " "), count: 3 << 20), to: large)
            #expect(
                failure { () throws(RuleLibraryError) in try RuleLibrary().adding(files: [large]) }
                    == "cannot read '\(large)': is too large: 1024 KiB at most")
        }
    }
}
