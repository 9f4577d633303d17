import Exploration
import RuleLanguage
import Rules
import VirtualMemory

/// One execution of a test under one rule set, section by section and without reductions, as the caller directs it.
package final class Playthrough {
    /// The test.
    package let test: LoweredTest
    /// Its machine.
    package let simulation: Simulation
    /// What was broken so far, in the order in which it was.
    package private(set) var broken: [Violation] = []
    /// The kernel's functions whose sections ran, with the actor: `parent do_wp_page`.
    package private(set) var log: [String] = []

    /// Lays out a test in its initial state.
    package init(_ test: LoweredTest, _ rules: Rules) {
        self.test = test
        var program = test.program
        while program.makeRoom(for: .logFull) {}
        program.geometry.frames += 4
        simulation = Simulation(program, rules, joinsMovers: false, usesSymmetry: false)
    }

    /// Lays out a test, given as text, under a shipped rule set.
    package convenience init(_ text: String, _ rules: String) throws {
        self.init(try LoweredTest(text: text), try ShippedRules.set(rules).rules)
    }

    /// Lays out a test, given as text, under a rule set.
    package convenience init(_ text: String, _ set: RuleSet) throws {
        self.init(try LoweredTest(text: text), set.rules)
    }

    // MARK: Going on

    /// Advances an actor by one section.
    @discardableResult
    package func step(_ actor: String, choice: Int = 0) throws -> Simulation.Step {
        try step(try test.thread(actor), choice)
    }

    private func step(_ thread: Int, _ choice: Int) throws -> Simulation.Step {
        let step = simulation.advance(thread, choice: choice)
        if let trouble = simulation.trouble { throw trouble }
        if step == .taken {
            broken += simulation.violations.members.filter { !broken.contains($0) }
            log.append("\(test.test.actors[thread].name.text) \(simulation.site.function)")
        }
        return step
    }

    /// Advances an actor until a section of a kernel function has run, told by what it does where that is given.
    ///
    /// - Returns: whether one has.
    @discardableResult
    package func run(
        _ actor: String, through function: String, _ act: String = "", choice: Int = 0
    ) throws -> Bool {
        let thread = try test.thread(actor)
        for _ in 0..<10_000 {
            guard try step(thread, choice) == .taken else { return false }
            let site = simulation.site
            if site.function == function, act.isEmpty || site.act.hasPrefix(act) { return true }
        }
        return false
    }

    /// Advances an actor until it waits or has nothing left to do.
    package func run(_ actor: String) throws {
        let thread = try test.thread(actor)
        for _ in 0..<100_000 where try step(thread, 0) != .taken { return }
    }

    /// Advances whoever can go on, the first of the text first, until nobody can.
    ///
    /// - Throws: when that takes more steps than any test should.
    @discardableResult
    package func finish() throws -> Self {
        for _ in 0..<100_000 {
            guard try (0..<simulation.threadCount).contains(where: { try step($0, 0) == .taken }) else {
                broken += simulation.checkEnd().members.filter { !broken.contains($0) }
                return self
            }
        }
        throw RefusedText(description: "runs for ever: \(log.suffix(20))\n\(test.source.name)")
    }

    // MARK: Looking

    /// The machine.
    package var view: MachineView { simulation.view }

    /// What is mapped at `P:x`.
    package func page(_ place: String) throws -> PageState? {
        let (process, home) = try test.place(place)
        let page = view.knownPlace(of: home, in: process)
        let entry = view.entry(process, page)
        guard entry.isPresent else { return nil }
        return PageState(frame: entry.frame, entry: entry, view: view)
    }

    /// What is mapped at `P:x`, in words: see `PageState.description`.
    package func facts(_ place: String) throws -> String {
        try page(place).map { "\($0)" } ?? "nothing"
    }

    /// What the process would read at `P:x`, word by word; nil where it would get a signal.
    package func words(_ place: String) throws -> [Int?] {
        let (process, home) = try test.place(place)
        let page = view.knownPlace(of: home, in: process)
        return (0..<test.program.geometry.words).map { view.content(process, page, $0) }
    }

    /// The frame that a reference `P:b` leads to.
    package func target(_ name: String) throws -> PageState? {
        let parts = name.split(separator: ":").map(String.init)
        guard parts.count == 2,
            let handle = test.test.handle(named: parts[1], saidBy: try test.thread(parts[0])),
            let frame = view.target(ofReference: test.firstReferences[handle.index])
        else { return nil }
        return PageState(frame: frame, entry: nil, view: view)
    }

    /// The number that the register `P:r` holds; nil where it holds none.
    package func number(_ name: String) throws -> Int? {
        if case .number(let number) = try register(name) { number } else { nil }
    }

    /// What the register `P:r` holds.
    package func register(_ name: String) throws -> Register.Value {
        view.register(try test.register(name))
    }

    /// Locks and marks of a process's memory.
    package func space(_ actor: String) throws -> MachineView.SpaceFacts {
        view.spaceFacts(test.processes[try test.thread(actor)])
    }

    /// The old translations that an actor's TLB may hold for a page of its own.
    package func oldTranslations(_ actor: String, _ page: String) throws -> [PageTableEntry] {
        let place = try test.place("\(actor):\(page)")
        return view.oldTranslations(try test.thread(actor), place.page)
    }
}

/// A frame, with the entry that led to it.
package struct PageState: CustomStringConvertible {
    /// Its number.
    package let frame: Int
    /// The entry, nil where a reference led here.
    package let entry: PageTableEntry?
    /// Whether PROT_NONE hides the entry.
    package let isHidden: Bool
    /// page_count.
    package let count: Int
    /// page_mapcount.
    package let mapcount: Int
    /// PG_anon_exclusive.
    package let isExclusive: Bool
    /// Contents.
    package let words: [UInt16]

    init(frame: Int, entry: PageTableEntry?, view: MachineView) {
        self.frame = frame
        self.entry = entry
        isHidden = entry.map { view.isHidden($0) } ?? false
        let facts = view.frameFacts(frame)
        count = facts.references
        mapcount = facts.mappings
        isExclusive = facts.isExclusive
        words = facts.words
    }

    /// Whether it is the zero page.
    package var isZeroPage: Bool { frame == MachineView.zeroFrame }

    /// As tests expect it: `count 2, mapcount 2, read-only dirty`, with `exclusive` behind the counts where it is.
    package var description: String {
        var parts = ["count \(count)", "mapcount \(mapcount)"]
        if isExclusive { parts.append("exclusive") }
        if let entry { parts.append(rights(of: entry)) }
        return (isZeroPage ? "zero page, " : "") + parts.joined(separator: ", ")
    }

    private func rights(of entry: PageTableEntry) -> String {
        (isHidden ? "hidden" : entry.isWritable ? "writable" : "read-only") + (entry.isDirty ? " dirty" : "")
    }
}
