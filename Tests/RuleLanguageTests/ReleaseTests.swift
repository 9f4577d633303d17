import Testing

@testable import RuleLanguage

@Suite struct ReleaseTests {
    @Test(arguments: [
        ("5.10.0-28-cloud-amd64", "linux-5.10"), ("6.1.0-18-amd64", "linux-6.1"),
        ("6.12.107+deb13-cloud-amd64", "linux-6.12"), ("6.1.0-0.deb11.13-cloud-arm64", "linux-6.1"),
        ("7.2.13+deb14-amd64", "linux-7.2"), ("5.2.1", "mapcount"), ("5.8.1", "mapcount-forced"),
        ("5.9.1", "refcount-5.9"), ("5.10.0", "refcount-5.9"), ("5.10.262", "linux-5.10"),
        ("5.15.0", "refcount"),
        ("5.18.12", "refcount-all"), ("6.0.1", "exclusive"), ("6.2.1", "exclusive-unshare"),
        ("6.4.0", "vma-lock-6.4"), ("6.4.6", "exclusive-unshare"), ("6.5", "vma-lock"),
        ("6.14.0", "vma-lock"),
        ("6.17.0", "linux-6.18"), ("6.18.44", "linux-6.18"), ("7.3.0", "linux-7.2"),
    ])
    func leadToTheirSets(_ release: String, _ set: String) throws {
        let match = try Shipped.get().set(forRelease: release)
        #expect(match.set.name == set)
        #expect(match.caution == nil)
    }

    @Test(arguments: [
        ("5.15.0-91-generic", "refcount", "somebody's own build"),
        ("6.5.0-rc3", "vma-lock", "release candidate"),
        ("6.18.44-custom", "linux-6.18", "somebody's own build"),
        ("6.5.0-1-amd64", "vma-lock", "build of Debian's"),
        ("6.6.87.2-microsoft-standard-WSL2", "vma-lock", "somebody's own build"),
    ])
    func areToBeTakenWithCaution(_ release: String, _ set: String, _ caution: String) throws {
        let match = try Shipped.get().set(forRelease: release)
        #expect(match.set.name == set)
        #expect(match.caution?.contains(caution) == true)
    }

    @Test func mayBeCoveredByNone() throws {
        let library = try Shipped.get()
        #expect(throws: ReleaseError.notARelease("linux")) { try library.set(forRelease: "linux") }
        #expect(throws: ReleaseError.notARelease("")) { try library.set(forRelease: "") }
        #expect(throws: ReleaseError.notARelease("5.99999999999999999999")) {
            try library.set(forRelease: "5.99999999999999999999")
        }
        let version = try #require(KernelVersion("5.10.50"))
        let error = ReleaseError.notCovered(release: "5.10.50", version: version)
        #expect(throws: error) { try library.set(forRelease: "5.10.50") }
        #expect(
            error.message == "no rule set covers 5.10.50 (of '5.10.50'); name a rule set, or probe the kernel"
        )
    }

    @Test func rangesCoverWhatTheySay() throws {
        func contains(_ text: String, _ release: String) throws -> Bool {
            let syntax = try parse("rules a\nkernels \(text)\n")
            let version = try #require(KernelVersion(release))
            return syntax.kernels.contains { $0.value.contains(version) }
        }
        #expect(try contains("5.8", "5.8.18"))
        #expect(try !contains("5.8", "5.80"))
        #expect(try contains("5.10.0", "5.10"))
        #expect(try !contains("5.10.0", "5.10.1"))
        #expect(try contains("5.11 ..< 5.18", "5.17.15"))
        #expect(try !contains("5.11 ..< 5.18", "5.18"))
        #expect(try contains("6.2 ..", "17.0"))
        #expect(try contains("..< 5.8, 6.0", "4.4.302"))
        #expect(try !contains("debian 5.10", "5.10.3"))
    }
}
