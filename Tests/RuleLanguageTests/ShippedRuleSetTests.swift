import Diagnostics
import Rules
import Testing

@testable import RuleLanguage

@Suite struct ShippedRuleSetTests {
    @Test func areListedErasFirst() throws {
        let names = try Shipped.get().names
        #expect(
            names == [
                "textbook", "mapcount", "mapcount-forced", "refcount-5.9", "refcount", "refcount-all",
                "exclusive",
                "exclusive-unshare", "vma-lock-6.4", "vma-lock", "linux-5.10", "linux-6.1", "linux-6.12",
                "linux-6.18", "linux-7.2", "charge-child",
                "clear-refs-read-lock", "clear-refs-without-flush", "dirty-cow", "early-copy-asks-mapcount",
                "early-copy-asks-writable",
                "early-copy-fails-silently", "fault-around-6.6", "fault-around-old", "fork-protects-first",
                "fork-snapshot",
                "fork-without-early-copy",
                "has-pinned-count", "has-pinned-vma", "huge-mapcount-in-parts", "mapcount-again",
                "mapcount-beside-refcount", "numa-forgets-writable", "opt-out",
                "protect-fails-pinned", "protect-fails-referenced", "protect-skips-pinned",
                "put-before-flush", "unshare-by-mapcount",
            ])
    }

    @Test func kindsFollowTheNames() throws {
        let library = try Shipped.get()
        #expect(try library.set(named: "refcount-5.9").kind == .era)
        #expect(try library.set(named: "linux-5.10").kind == .kernel)
    }

    @Test func fileNamesAreTheNamesOfTheSets() throws {
        for set in try Shipped.get().sets {
            #expect(set.source.name.hasSuffix("/\(set.name).rules"))
        }
    }

    @Test func sayWhatTheyAreWithoutWarnings() throws {
        for set in try Shipped.get().sets {
            #expect(!set.description.isEmpty && set.description.hasSuffix("."), "\(set.name)")
            #expect(set.warnings.isEmpty, "\(set.name)")
        }
    }

    @Test func proposalsNameTheirMessages() throws {
        for set in try Shipped.get().sets where set.source.name.contains("/proposals/") {
            #expect(!set.arguments.isEmpty, "\(set.name)")
            #expect(set.kernels.isEmpty, "\(set.name)")
            #expect(!set.bases.isEmpty, "\(set.name)")
            #expect(set.kind == .proposal, "\(set.name)")
        }
    }

    @Test func differFromOneAnother() throws {
        let sets = try Shipped.get().sets
        for (index, set) in sets.enumerated() {
            for other in sets[..<index] {
                #expect(set.hash != other.hash, "\(set.name) and \(other.name)")
            }
        }
    }

    @Test func printedFormsReadTheSame() throws {
        for set in try Shipped.get().sets {
            let again = try parse(set.syntax.text)
            #expect(again == set.syntax, "\(set.name)")
            #expect(again.text == set.syntax.text)
        }
    }

    @Test func effectiveFormsBehaveAlike() throws {
        for set in try Shipped.get().sets {
            let source = SourceText(name: "shown", text: set.effectiveText)
            let again = try RuleLibrary([source]).sets[0]
            #expect(again.hash == set.hash, "\(set.name)")
        }
    }

    @Test func haveClausesForAllThatEveryReleaseDecides() throws {
        for set in try Shipped.get().sets {
            let exclusive = set.rules[.anonExclusive] == .yes
            for path in Path.allCases where path != .uffdMove {
                if path.operation == "unshare", !exclusive { continue }
                #expect(set.rules.has(path), "\(set.name): \(path.head)")
            }
            for interface in Interface.allCases {
                #expect(set.rules.request(for: interface) != nil, "\(set.name): \(interface.name)")
            }
        }
    }

    /// Switches in which releases differ, where no clause and so no row of the table of decisions shows it.
    @Test(arguments: [
        (
            Mechanism.uffdMinor, MechanismValue.no,
            ["mapcount", "mapcount-forced", "refcount-5.9", "linux-5.10"]
        ),
        (.uffdContinueDirty, .no, ["mapcount", "mapcount-forced", "refcount-5.9", "linux-5.10"]),
        (.rdmaReregister, .assumed, ["exclusive-unshare", "vma-lock-6.4", "vma-lock"]),
        (.hugeMapcount, .inParts, []),
    ])
    func switchesStandAsReleasesHaveThem(
        _ mechanism: Mechanism, _ value: MechanismValue, _ expected: [String]
    ) throws {
        let sets = try Shipped.get().sets.filter { $0.kind == .era || $0.kind == .kernel }
        #expect(sets.filter { $0.rules[mechanism] == value }.map(\.name) == expected)
    }

    @Test func kernelsAreCoveredOnce() throws {
        let sets = try Shipped.get().sets
        for release in [
            "4.0", "5.7.14", "5.8.18", "5.9.1", "5.10.0", "5.17.15", "5.19", "6.1.1", "6.3", "6.4.2", "6.4.3",
        ] {
            let version = try #require(KernelVersion(release))
            let covering = sets.filter { $0.kernels.contains { $0.contains(version) } }
            #expect(covering.count == 1, "\(release): \(covering.map(\.name))")
        }
    }
}
