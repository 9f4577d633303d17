import Diagnostics
import TestLanguage
import VirtualMemory

extension ResolvedTest {
    /// Turns the test into what the machine runs.
    ///
    /// - Throws: what the machine does not model yet, each with its place.
    public func lowered(from source: SourceText) throws(DiagnosticsError) -> LoweredTest {
        var lowering = Lowering(test: self)
        let lowered = lowering.lower(source)
        guard lowering.errors.isEmpty else {
            throw DiagnosticsError(source: source, diagnostics: lowering.errors)
        }
        return lowered
    }
}

/// Walks over a test and writes down the operations of each thread.
struct Lowering {
    let test: ResolvedTest
    var errors: [Diagnostic] = []
    var processes: [Int] = []
    var firstPages: [Int] = []
    var firstReferences: [Int] = []
    var pageOfReference: [Int] = []
    var mappingOfPage: [Int] = []
    var firstSlots: [Int] = []
    /// For each DMA buffer, by its handle, the first of the pages that stand for it.
    var firstPagesOfBuffers: [Int: Int] = [:]
    var cacheSlots: [CacheSlot] = []
    var backings: [PageBacking] = []
    /// For each page, which of its mapping's addresses it stands for.
    var places: [Geometry.Place] = []
    /// For each page, whether one of the pool of hugetlb is mapped there.
    var hugetlbPages: [Bool] = []
    var words = 1
    /// What the kernel may do by itself; each is a thread behind those of the test.
    var background: [Declaration] = []
    /// For each reference that direct reads take, the words that data arrive in.
    var completions: [Int: Int] = [:]
    var operations: [[Operation]] = []
    var statements: [[Statement]] = []
    var initialFrames: [Int: Int] = [:]
    var asksForYoung = false
    var asksForSoftDirty = false

    init(test: ResolvedTest) {
        self.test = test
    }

    mutating func lower(_ source: SourceText) -> LoweredTest {
        numberProcesses()
        placeFiles()
        placeMappings()
        placeReferences()
        operations = Array(repeating: [], count: test.actors.count)
        statements = operations.map { _ in [] }
        countCompletions()
        for actor in test.actors { lower(actor.block, of: actor) }
        lowerBackground()
        if let condition = test.test.condition { prepare(condition.formula) }
        if test.events.count > 32 {
            errors.append(
                Diagnostic(
                    "a test can have at most 32 events, this one has \(test.events.count)",
                    at: test.events[32].name.span))
        }
        let limits = lowerDeclarations()
        let registers = test.registers.count + initialFrames.count
        var geometry = Geometry(
            frames: guessFrames(), pages: mappingOfPage.count,
            processes: (processes.max() ?? 0) + (background.isEmpty ? 1 : 2),
            threads: test.actors.count + background.count, words: words, entriesPerTable: 4,
            pageOfReference: pageOfReference,
            registers: registers, mappingOfPage: mappingOfPage, places: places)
        geometry.backings = backings
        geometry.cacheSlots = cacheSlots
        geometry.hasHugePages = hasHugePages
        geometry.hugetlbPages = hugetlbPages.contains(true) ? hugetlbPages : []
        var program = Program(geometry: geometry, threads: [], mappings: [])
        program.threads = test.actors.map { actor in
            Program.Thread(
                process: processes[actor.index], isInitial: actor.kind == .process,
                operations: operations[actor.index])
        }
        program.threads += operations[test.actors.count...].map { operations in
            Program.Thread(
                process: geometry.processes - 1, isInitial: true, operations: operations, isBackground: true)
        }
        program.mappings = limits.mappings
        program.cachedPages = cachedPages()
        program.asksForYoung = asksForYoung
        program.asksForSoftDirty = asksForSoftDirty
        program.frameLimit = limits.frames
        program.chargeLimits = limits.charges
        program.pinBias = limits.pinBias
        program.poolPages = limits.poolPages
        program.swapPages = limits.swapPages
        program.countsCopies = test.test.condition?.formula.mentionsCopies ?? false
        program.initialFrames = initialFrames.map { ($0.key, $0.value) }.sorted { $0.1 < $1.1 }
            .map { Program.InitialFrame(page: $0.0, register: $0.1) }
        return LoweredTest(
            test: test, source: source, program: program, statements: statements, background: background,
            processes: processes + background.map { _ in geometry.processes - 1 },
            firstPages: firstPages, firstReferences: firstReferences, firstSlots: firstSlots,
            initialFrames: initialFrames)
    }

    private mutating func numberProcesses() {
        var next = 0
        var numbers: [Int: Int] = [:]
        for actor in test.actors where actor.kind != .thread {
            numbers[actor.index] = next
            next += 1
        }
        processes = test.actors.map { numbers[$0.process] ?? 0 }
    }

    /// Mappings lie in the order of their declaration, but those of a page table's size or more come first, at a page
    /// table's boundary.
    private mutating func placeMappings() {
        firstPages = Array(repeating: 0, count: test.mappings.count)
        let order =
            test.mappings.filter { $0.pages >= 4 && $0.pages % 4 == 0 }
            + test.mappings.filter { $0.pages < 4 || $0.pages % 4 != 0 }
        var number = 0
        for mapping in order {
            if let file = mapping.file, isHugeFile(file) { alignPages(&number) }
            let first = mappingOfPage.count
            firstPages[mapping.index] = first
            let moves = moves(of: mapping)
            let own = backings(of: mapping)
            let hasOwnTables = isWholesale(mapping)
            // A mapping that mremap moves has one address after the other, each with a VMA of its own.
            for _ in 0...moves {
                mappingOfPage += Array(repeating: number, count: mapping.pages)
                places += (first..<(first + mapping.pages)).map {
                    Geometry.Place(
                        home: $0, stride: moves > 0 ? mapping.pages : 0, hasOwnTables: hasOwnTables)
                }
                backings += own
                hugetlbPages += own.map { _ in mapping.declaration.backing == .hugetlb }
                number += 1
            }
        }
        placeBuffers(from: number)
        if places.allSatisfy({ $0.stride == 0 }) { places = [] }
        if mappingOfPage.isEmpty { (mappingOfPage, backings, hugetlbPages) = ([0], [.anonymous], [false]) }
    }

    /// A DMA buffer has its pages by no mapping: pages that nobody ever maps stand for the places where they were taken.
    private mutating func placeBuffers(from number: Int) {
        var number = number
        for handle in test.handles where handle.interface == nil {
            if let file = file(behind: handle), isHugeFile(file.index) { alignPages(&number) }
            let first = mappingOfPage.count
            firstPagesOfBuffers[handle.index] = first
            mappingOfPage += Array(repeating: number, count: handle.pages)
            hugetlbPages += Array(repeating: false, count: handle.pages)
            places += (first..<(first + handle.pages)).map { Geometry.Place(home: $0, stride: 0) }
            number += 1
            guard let file = file(behind: handle) else { continue }
            backings += (0..<handle.pages).map { .cache(firstSlots[file.index] + $0, shared: true) }
        }
    }

    private func file(behind handle: ResolvedTest.Handle) -> ResolvedTest.File? {
        for statement in test.actors[handle.actor].block.statements
        where statement.result?.text == handle.name.text {
            if case .udmabuf(let name) = statement.kind { return test.file(named: name.text) }
        }
        return nil
    }

    /// The pages of files come first in the page cache, in the order of their declaration.
    private mutating func placeFiles() {
        for file in test.files {
            if isHugeFile(file.index) { alignSlots() }
            firstSlots.append(cacheSlots.count)
            let kind = file.declaration.kind == .file ? CacheSlot.Kind.file : .memfd
            cacheSlots += Array(
                repeating: CacheSlot(kind, object: file.index), count: pages(ofFile: file.index))
        }
    }

    /// What is behind the pages of a mapping; shared anonymous memory gets an object of its own.
    private mutating func backings(of mapping: ResolvedTest.Mapping) -> [PageBacking] {
        let isShared = mapping.declaration.sharing == .shared
        let canBeHuge = canMapHugeCached(mapping)
        if let file = mapping.file {
            let pages = pages(ofFile: file)
            return (0..<mapping.pages).map { page in
                page < pages
                    ? .cache(firstSlots[file] + page, shared: isShared, huge: canBeHuge)
                    : .behindTheEnd(shared: isShared)
            }
        }
        guard isShared else { return Array(repeating: .anonymous, count: mapping.pages) }
        let kind = mapping.declaration.backing == .hugetlb ? CacheSlot.Kind.hugetlb : .sharedAnonymous
        if canBeHuge { alignSlots() }
        let first = cacheSlots.count
        cacheSlots += Array(
            repeating: CacheSlot(kind, object: test.files.count + mapping.index), count: mapping.pages)
        return (0..<mapping.pages).map { .cache(first + $0, shared: true, huge: canBeHuge) }
    }

    /// Every page of a file and of a memfd was written before the test starts.
    private func cachedPages() -> [Program.InitialCachedPage] {
        test.files.flatMap { file in
            (0..<file.pages).map { page in
                let values = file.declaration.values
                var cached = Program.InitialCachedPage(
                    slot: firstSlots[file.index] + page, value: page < values.count ? values[page] : 0)
                cached.isHuge = isHugeFromStart(file.index)
                return cached
            }
        }
    }

    /// How often a mapping can be moved at most, for the text has no loops.
    private mutating func moves(of mapping: ResolvedTest.Mapping) -> Int {
        let moves = test.actors.flatMap(\.block.statements).filter { statement in
            guard case .mremap(let address) = statement.kind else { return false }
            return address.mapping.text == mapping.name.text
        }
        if moves.count > 7 {
            errors.append(
                Diagnostic(
                    "a mapping can be moved at most 7 times, '\(mapping.name.text)' is moved \(moves.count) times",
                    at: moves[7].span))
        }
        return min(moves.count, 7)
    }

    private mutating func placeReferences() {
        firstReferences = Array(repeating: 0, count: test.handles.count)
        for handle in test.handles {
            firstReferences[handle.index] = pageOfReference.count
            pageOfReference += Array(repeating: 0, count: handle.pages)
        }
    }

    /// A first guess: what can be mapped at once and what is in flight, without sharing. The search takes more when that is
    /// not enough.
    private func guessFrames() -> Int {
        let forks = test.actors.filter { $0.kind == .fork }.count
        let pages = test.mappings.map(\.pages).reduce(0, +)
        return 1 + pages * (1 + forks) + min(test.actors.count, 4) + cacheSlots.count
    }

    private struct Limits {
        var mappings: [Program.InitialMapping] = []
        var frames: Int?
        var framesSpan: Span?
        var charges: [Int: Int] = [:]
        var pinBias = 1024
        var poolPages: Int?
        var swapPages: Int?
    }

    private mutating func lowerDeclarations() -> Limits {
        var limits = Limits()
        for declaration in test.test.declarations {
            switch declaration.kind {
            case .map(let map):
                guard isModelled(map), let mapping = test.mapping(named: map.name.text) else { continue }
                var initial = Program.InitialMapping(
                    pages: PageRange(firstPages[mapping.index], count: map.pages),
                    protection: VirtualMemory.Protection(isReadable: true, isWritable: !map.readonly),
                    value: map.value)
                initial.isHuge = map.isHuge
                limits.mappings.append(initial)
            case .frames(let count):
                limits.frames = count
                limits.framesSpan = declaration.span
            case .memcg(let name, let count):
                if let actor = test.actor(named: name.text) { limits.charges[processes[actor.index]] = count }
            case .pinBias(let bias): limits.pinBias = bias
            case .swap(let count): limits.swapPages = count
            case .background, .file: break
            case .hugepages(let count):
                limits.poolPages = count
                checkPool(count, declaration.span)
            }
        }
        checkRoom(limits)
        return limits
    }

    /// What is mapped at the start must fit into what memory there is.
    private mutating func checkRoom(_ limits: Limits) {
        let pages = limits.mappings.filter { $0.value != nil }.flatMap { mapping in
            Int(mapping.pages.first)..<(Int(mapping.pages.first) + Int(mapping.pages.count))
        }
        let tables = Set(pages.map { $0 / 4 }).count
        let filePages = test.files.reduce(0) {
            $0 + (isHugeFromStart($1.index) ? self.pages(ofFile: $1.index) : $1.pages)
        }
        let ownPages = pages.count { page in
            let isOfFile = backings[page].isShared && test.files.contains { $0.index == file(atPage: page) }
            return !hugetlbPages[page] && !isOfFile
        }
        if let frames = limits.frames, frames < ownPages + tables + filePages {
            errors.append(
                Diagnostic(
                    "'frames \(frames)' is too small for what is mapped at the start", at: limits.framesSpan,
                    help: "pages with a value take \(ownPages), their page tables \(tables)"
                        + (filePages > 0 ? ", the pages of files \(filePages)" : "")))
        }
        if let charge = limits.charges[0], charge < ownPages, let name = test.actors.first?.name {
            errors.append(
                Diagnostic(
                    "the memory limit of '\(name.text)' is too small for what is mapped at the start",
                    at: name.span, help: "pages with a value take \(ownPages)"))
        }
    }

    private func file(atPage page: Int) -> Int? { backings[page].slot.map { cacheSlots[$0].object } }

    mutating func isModelled(_ map: MapDeclaration) -> Bool {
        if isModelledHuge(map) { return true }
        notModelled("\(map)", map.span)
        return false
    }

    mutating func notModelled(_ text: String, _ span: Span) {
        errors.append(
            Diagnostic(
                "'\(text)' is not modelled yet", at: span,
                help: "Docs/Limitations.md lists what is not modelled"))
    }
}
