import Testing

@testable import KernelRuns

@Suite struct PackageListingTests {
    private static let listing = PackageListing(
        """
        Package: linux-image-6.12-cloud-amd64
        Version: 6.12.117-1~deb12u1
        Depends: linux-image-6.12.117+deb12-cloud-amd64 (= 6.12.117-1~deb12u1)

        Package: linux-image-6.12.94+deb13-cloud-amd64
        Version: 6.12.94-1
        Depends: kmod, initramfs-tools | dracut

        Package: linux-image-6.12.117+deb13-cloud-amd64-unsigned
        Version: 6.12.117-1

        Package: linux-image-6.12.117+deb13-cloud-amd64
        Version: 6.12.117-1
        Description: Linux 6.12
         Package: is a word here

        Package: linux-image-6.12.117+deb12-cloud-amd64
        Version: 6.12.117-1~deb12u1

        Package: linux-image-6.12.117+deb13-amd64
        Version: 6.12.117-1

        Package: linux-image-7.2.13+deb14-cloud-amd64
        Version: 7.2.13-1
        Depends: dracut | initramfs-tools (>= 0.120), linux-base-7.2.13+deb14-cloud-amd64 (= 7.2.13-1), linux-binary-7.2.13+deb14-cloud-amd64 (= 7.2.13-1), linux-modules-7.2.13+deb14-cloud-amd64 (= 7.2.13-1)
        Pre-Depends: linux-base (>= 4.17~)

        Version: 1
        """)

    private func candidates(_ series: String) throws -> [PackageListing.Candidate] {
        Self.listing.candidates(of: try KernelSeries(parsing: series), processor: "amd64")
    }

    @Test func takesTheNewestOfASeriesAndTheSignedFirst() throws {
        #expect(
            try candidates("6.12").map(\.package.name) == [
                "linux-image-6.12.117+deb13-cloud-amd64", "linux-image-6.12.117+deb13-cloud-amd64-unsigned",
                "linux-image-6.12.117+deb12-cloud-amd64", "linux-image-6.12.94+deb13-cloud-amd64",
            ])
        #expect(try candidates("6.1").isEmpty)
    }

    @Test func takesThePartsOfASplitPackage() throws {
        let found = try #require(try candidates("7.2").first)
        #expect(found.release == "7.2.13+deb14-cloud-amd64")
        #expect(
            found.downloads == [
                "linux-image-7.2.13+deb14-cloud-amd64=7.2.13-1",
                "linux-base-7.2.13+deb14-cloud-amd64=7.2.13-1",
                "linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1",
                "linux-modules-7.2.13+deb14-cloud-amd64=7.2.13-1",
            ])
    }

    /// Each before the next, as `dpkg --compare-versions` has it.
    @Test func ordersVersions() {
        let ordered = [
            "1.0~rc1-1", "1.0-1~deb12u1", "1.0-1", "1.0-1+b1", "1.0-2", "1.0-10", "1.0a-1", "1.0+x-1",
            "1.0.1-1", "1.9-1", "1.10-1",
            "6.12.117-1~deb12u1", "6.12.117-1", "1:0.1",
        ].map { DebianVersion($0) }
        for (index, earlier) in ordered.enumerated() {
            for later in ordered.dropFirst(index + 1) {
                #expect(earlier < later)
                #expect(!(later < earlier))
            }
        }
    }

    @Test func readsSeries() throws {
        #expect(KernelSeries("6.12.107+deb13-cloud-amd64")?.description == "6.12")
        #expect(KernelSeries("6") == nil)
        for text in ["6", "6.12.1", "linux", "", "6.", "06.1", "6.99999999999999999999"] {
            #expect(throws: KernelError.notASeries(text)) { try KernelSeries(parsing: text) }
        }
    }

    @Test func keepsToItsOwnFolders() {
        let text = DebianArchive.configuration(
            folder: "/f", processor: "amd64", proxies: "Acquire::http::Proxy \"p\";\n")
        for line in text.split(separator: "\n") where line.hasPrefix("Dir::") {
            #expect(line.contains("\"/f") || line.hasSuffix("\"\";"), "\(line)")
        }
        #expect(text.hasSuffix("Acquire::http::Proxy \"p\";\n"))
    }
}
