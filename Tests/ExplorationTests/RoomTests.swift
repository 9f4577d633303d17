import TestSupport
import Testing

@testable import Exploration

/// Limits that leave no room for what a test has at the start.
@Suite struct RoomTests {
    @Test(arguments: [
        ("frames 2", "'frames 2' is too small"), ("memcg p 1", "the memory limit of 'p' is too small"),
    ])
    func isRefused(_ limit: String, _ words: String) {
        let text = "map x[2]: anonymous private = 1\n\(limit)\nprocess p {\n}\n"
        let error = #expect(throws: RefusedText.self) { try LoweredTest(text: text) }
        #expect(error?.description.contains(words) == true)
    }

    @Test(arguments: ["frames 3", "memcg p 2"])
    func thatIsJustEnoughIsTaken(_ limit: String) throws {
        _ = try LoweredTest(text: "map x[2]: anonymous private = 1\n\(limit)\nprocess p {\n}\n")
    }
}
