import Testing
import TestSupport
import VirtualMemory

@Suite struct AccessTests {
    @Test func `a load of nothing maps the zero page`() throws {
        let run = try Playthrough("map x: anonymous private\nprocess p { r = *x }\nalways p:r == 0", "refcount")
        run.finish()
        let page = try #require(try run.page("p:x"))
        #expect(page.isZeroPage)
    }
}
