import Testing
import TestSupport

@testable import KernelRuns

@Suite struct KernelStoreTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func store(_ releases: [String]) throws -> KernelStore {
        for release in releases {
            try folder.write("kernels/\(release)/bzImage", [UInt8](repeating: 1, count: 5000))
            try folder.write("kernels/\(release)/origin", "Debian linux-image-\(release) 1\n")
        }
        return KernelStore(path: folder.path + "/kernels")
    }

    @Test func listsTheOldestFirst() throws {
        let store = try store([
            "6.12.9+deb13-cloud-amd64", "6.1.0-9-cloud-amd64", "6.1.0-10-cloud-amd64",
        ])
        let kernels = try store.kernels()
        #expect(
            kernels.map(\.release.description) == [
                "6.1.0-9-cloud-amd64", "6.1.0-10-cloud-amd64", "6.12.9+deb13-cloud-amd64",
            ])
        #expect(kernels.first?.origin == "Debian linux-image-6.1.0-9-cloud-amd64 1")
        #expect(try store.size(of: #require(kernels.first)) >= 5000)
    }

    @Test func findsTheNewestOfASeriesOrARelease() throws {
        let store = try store(["6.1.0-9-cloud-amd64", "6.1.0-10-cloud-amd64"])
        #expect(try store.kernel(named: "6.1").release.description == "6.1.0-10-cloud-amd64")
        #expect(
            try store.kernel(named: "6.1.0-9-cloud-amd64").release.description == "6.1.0-9-cloud-amd64")
    }

    @Test func saysWhatThereIsAndHowToGetMore() throws {
        let store = try store(["6.1.0-9-cloud-amd64"])
        #expect(throws: KernelError.notInstalled("6.12", installed: ["6.1.0-9-cloud-amd64"])) {
            try store.kernel(named: "6.12")
        }
        #expect(
            KernelError.notInstalled("6.12", installed: []).message
                == "no kernel '6.12' is installed; 'muster kernels install 6.12' brings one")
    }

    @Test func passesOverWhatIsHalfDone() throws {
        let store = try store([])
        try folder.write("kernels/.new-6.1/bzImage", [1])
        try folder.write("kernels/6.2/origin", "no image")
        #expect(try store.kernels().isEmpty)
        #expect(try KernelStore(path: folder.path + "/none").kernels().isEmpty)
    }
}
