import KernelRuns
import Testing

@Suite struct KernelReleaseTests {
    @Test func keepsItsText() {
        #expect(KernelRelease("6.12.107+deb12-cloud-amd64").description == "6.12.107+deb12-cloud-amd64")
    }
}
