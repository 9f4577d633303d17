import Diagnostics
import TestLanguage
import VirtualMemory

/// A test as the machine runs it, with the way back from machine to text.
public struct LoweredTest: Sendable {
    /// The test.
    public let test: ResolvedTest
    /// The text that it was read from.
    public let source: SourceText
    /// What the machine runs. Thread n is actor n; behind those come what the kernel may do by itself.
    public let program: Program
    /// For each actor and each of its operations, the statement that it comes from.
    public let statements: [[Statement]]
    /// What the kernel may do by itself, in the order of its threads.
    public let background: [Declaration]
    /// The process index of each thread; of the kernel's own one behind all others.
    public let processes: [Int]
    /// For each mapping, its first page.
    public let firstPages: [Int]
    /// For each handle, its first reference.
    public let firstReferences: [Int]
    /// For each file, the number of its first page in the page cache; behind those come pages of shared anonymous memory.
    public let firstSlots: [Int]
    /// For each page whose initial frame the condition asks for, the register that remembers it.
    let initialFrames: [Int: Int]
    /// Whether outcomes record the frames of all pages of all processes in the end.
    public var recordsFinalFrames = false

    /// The pages of an address.
    public func pages(of address: Address) -> PageRange? { test.pages(of: address, firstPages: firstPages) }

    /// The name of a page, as the text would write it; at an address that mremap moves it to, with that in brackets.
    public func name(ofPage page: Int) -> String {
        guard !program.geometry.places.isEmpty else { return name(ofHome: page) }
        let place = program.geometry.places[page]
        let moves = place.stride > 0 ? (page - place.home) / place.stride : 0
        let name = name(ofHome: place.home)
        return moves == 0 ? name : moves == 1 ? "\(name) (moved)" : "\(name) (moved \(moves) times)"
    }

    private func name(ofHome page: Int) -> String {
        for mapping in test.mappings {
            let first = firstPages[mapping.index]
            guard (first..<(first + mapping.pages)).contains(page) else { continue }
            return mapping.declaration.count == nil
                ? mapping.name.text : "\(mapping.name.text)[\(page - first)]"
        }
        return "page \(page)"
    }

    /// The name of a page that the page cache can hold: `F[1]` of a file, the name of the mapping of shared anonymous memory.
    public func name(ofSlot slot: Int) -> String {
        for file in test.files {
            let first = firstSlots[file.index]
            guard (first..<(first + file.pages)).contains(slot) else { continue }
            return file.declaration.count == nil ? file.name.text : "\(file.name.text)[\(slot - first)]"
        }
        let page = program.geometry.backings.firstIndex { $0.slot == slot }
        return page.map { name(ofPage: $0) } ?? "page \(slot)"
    }

    /// The actor that is the main thread of a process.
    public func mainActor(of process: Int) -> Int {
        test.actors.indices.first { processes[$0] == process && test.actors[$0].kind != .thread } ?? 0
    }

    /// The name of a process.
    public func name(ofProcess process: Int) -> String { test.actors[mainActor(of: process)].name.text }

    /// The name of a thread.
    public func name(ofThread thread: Int) -> String {
        thread < test.actors.count ? test.actors[thread].name.text : "kernel"
    }

    /// The declaration of what the kernel does by itself in a thread; nil for a thread of the test.
    public func background(ofThread thread: Int) -> Declaration? {
        thread < test.actors.count ? nil : background[thread - test.actors.count]
    }
}

extension ResolvedTest {
    /// The pages of an address, in a layout that is given by each mapping's first page.
    func pages(of address: Address, firstPages: [Int]) -> PageRange? {
        guard let mapping = mapping(named: address.mapping.text) else { return nil }
        let first = firstPages[mapping.index]
        if let page = address.page { return PageRange(first + page) }
        return PageRange(first, count: mapping.pages)
    }
}
