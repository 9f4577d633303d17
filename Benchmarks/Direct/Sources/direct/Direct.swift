import Glibc
import RuleLanguage
import VirtualMemory

/// Measures the memory manager on a million pages, in nanoseconds a page, beside code that was written by hand.
///
/// The operations are generic over how they are carried out. If the compiler stops specialising them, which it does without a
/// word, the memory manager becomes tens of times slower: then the exit status is 1.
@main
struct Direct {
    /// Pages of a process.
    static let pages = 1 << 20
    static let rounds = 5
    /// More than this is no noise: something is not specialised any more.
    static let worstRatio = 200.0

    enum Activity: String, CaseIterable {
        case firstTouch = "first touch"
        case hit = "hit"
        case fork = "fork"
        case copy = "copy"
        case reuse = "reuse"
    }

    static func main() {
        guard CommandLine.arguments.count == 2 else {
            complain("usage: direct RULES, the folder of the rule sets")
            exit(64)
        }
        do {
            let library = try RuleLibrary.load(directory: CommandLine.arguments[1])
            let rules = try library.set(named: "refcount")
            try report(rules)
        } catch let error as RuleLibraryError {
            complain(error.message())
            exit(65)
        } catch {
            complain("the memory manager refused: \(error)")
            exit(70)
        }
    }

    static func report(_ ruleSet: RuleSet) throws {
        var managed = Timings()
        var plain = Timings()
        for _ in 0..<rounds {
            try measureManager(ruleSet, &managed)
            measurePlain(&plain)
        }
        print("ns a page, \(pages) pages, the least of \(rounds) rounds; the same by hand; the ratio")
        var worst = 0.0
        for activity in Activity.allCases {
            let (mine, other) = (managed[activity], plain[activity])
            worst = max(worst, mine / other)
            let numbers = [mine, other, mine / other].map { padded(fixed($0), -8) }
            print("  " + padded(activity.rawValue, 12) + numbers.joined())
        }
        if worst > worstRatio {
            complain("a ratio above \(fixed(worstRatio)): the operations are not specialised any more")
            exit(1)
        }
    }

    static func measureManager(_ ruleSet: RuleSet, _ timings: inout Timings) throws {
        let memory = MemoryManager(
            rules: ruleSet.rules, processes: 2, pages: pages, frames: 2 * pages + 4 * pages / 512, words: 4)
        let parent = memory.first
        try memory.map(parent, 0..<pages, .readWrite)
        try timings.time(.firstTouch) {
            for page in 0..<pages { try memory.store(1, to: parent, page: page) }
        }
        try timings.time(.hit) {
            for page in 0..<pages { try memory.store(2, to: parent, page: page) }
        }
        let child = try timings.time(.fork) { try memory.fork(parent) }
        try timings.time(.copy) {
            for page in 0..<pages { try memory.store(3, to: parent, page: page) }
        }
        try timings.time(.reuse) {
            for page in 0..<pages { try memory.store(4, to: child, page: page) }
        }
    }

    static func measurePlain(_ timings: inout Timings) {
        var memory = PlainMemory(pages: pages)
        timings.time(.firstTouch) { for page in 0..<pages { memory.store(1, to: 0, page: page) } }
        timings.time(.hit) { for page in 0..<pages { memory.store(2, to: 0, page: page) } }
        timings.time(.fork) { memory.fork() }
        timings.time(.copy) { for page in 0..<pages { memory.store(3, to: 0, page: page) } }
        timings.time(.reuse) { for page in 0..<pages { memory.store(4, to: 1, page: page) } }
    }
}

extension Direct {
    /// The least time of each activity, in nanoseconds a page.
    struct Timings {
        private var least: [Activity: Double] = [:]

        subscript(activity: Activity) -> Double { least[activity] ?? .infinity }

        mutating func time<R, E: Error>(_ activity: Activity, _ body: () throws(E) -> R) throws(E) -> R {
            let start = ContinuousClock.now
            let result = try body()
            let (seconds, attoseconds) = start.duration(to: .now).components
            let nanoseconds = Double(seconds) * 1e9 + Double(attoseconds) * 1e-9
            least[activity] = min(self[activity], nanoseconds / Double(Direct.pages))
            return result
        }
    }

    /// With one decimal.
    static func fixed(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// With spaces behind, or for a negative width in front.
    static func padded(_ text: String, _ width: Int) -> String {
        let spaces = String(repeating: " ", count: max(abs(width) - text.count, 0))
        return width < 0 ? spaces + text : text + spaces
    }

    static func complain(_ text: String) {
        let line = Array("direct: \(text)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
    }
}
