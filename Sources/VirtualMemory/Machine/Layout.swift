/// Where each array of a machine begins in its block, in bytes.
///
/// In four parts, each of whole 8-byte words: the frames with their contents; what holds no frame's number (from `globals`
/// on); one run of words that may name frames (from `entries` to the registers); and references, threads and logs,
/// which mix both.
struct Layout {
    let globals, frames, contents, folios, marks, spaces, tables, vmaLocks, mapped, tracked, stored,
        hugeAdvice: Int
    let entries, translations, gathered, cache, references, registers, threads, logs: Int
    /// Bytes of the whole block, a multiple of 8.
    let size: Int
    let frameCount, pageCount, processCount, threadCount, wordCount, tableCount, mappingCount: Int
    let referenceCount, registerCount, entriesPerTable, logWords, cacheCount: Int
    /// Whether there are huge pages: then a frame has room for the contents of one, and `Folio`s are kept.
    let keepsFolios: Bool
    /// Words that a frame has room for.
    let frameWords: Int
    /// Whether `FrameMarks` are kept.
    let keepsMarks: Bool
    /// Whether `TrackedPage`s are kept, and the marks of entries that go with them.
    let keepsTracking: Bool

    /// Words of 32 bits from `entries` on that may name frames; those with the top bit set are numbers.
    var namingWords: Int { (registers - entries) / 4 + registerCount }

    init(_ geometry: Geometry, vmaLocks hasVMALocks: Bool, marks: Bool, tracking: Bool) {
        keepsMarks = marks
        keepsTracking = tracking
        keepsFolios = geometry.hasHugePages
        frameWords = geometry.words * (geometry.hasHugePages ? Folio.pages : 1)
        frameCount = geometry.frames
        pageCount = geometry.pages
        processCount = geometry.processes
        threadCount = geometry.threads
        wordCount = geometry.words
        tableCount = geometry.tables
        mappingCount = hasVMALocks ? geometry.mappings : 0
        referenceCount = geometry.references
        registerCount = geometry.registers
        entriesPerTable = geometry.entriesPerTable
        logWords = geometry.logWords
        cacheCount = geometry.cacheSlots.count

        var end = 0
        func room<T>(for type: T.Type, _ count: Int) -> Int {
            let alignment = max(MemoryLayout<T>.alignment, 1)
            end = (end + alignment - 1) / alignment * alignment
            defer { end += MemoryLayout<T>.stride * count }
            return end
        }
        frames = room(for: Frame.self, frameCount)
        contents = room(for: UInt16.self, frameCount * frameWords)
        folios = room(for: Folio.self, keepsFolios ? frameCount : 0)
        self.marks = room(for: FrameMarks.self, marks ? frameCount : 0)
        end = (end + 7) & ~7
        globals = room(for: Globals.self, 1)
        spaces = room(for: AddressSpace.self, processCount)
        mapped = room(for: MappedPage.self, processCount * pageCount)
        tracked = room(for: TrackedPage.self, tracking ? processCount * pageCount : 0)
        tables = room(for: PageTable.self, processCount * tableCount)
        vmaLocks = room(for: VMALock.self, processCount * mappingCount)
        stored = room(for: UInt16.self, cacheCount * wordCount)
        hugeAdvice = room(for: HugeAdvice.self, keepsFolios ? processCount * pageCount : 0)
        end = (end + 7) & ~7
        entries = room(for: PageTableEntry.self, processCount * pageCount)
        translations = room(
            for: PageTableEntry.self, threadCount * pageCount * Machine.staleTranslations)
        gathered = room(for: PageTableEntry.self, threadCount * pageCount)
        cache = room(for: PageTableEntry.self, cacheCount)
        registers = room(for: UInt32.self, registerCount)
        end = (end + 7) & ~7
        references = room(for: Reference.self, referenceCount)
        end = (end + 7) & ~7
        threads = room(for: MachineThread.self, threadCount)
        logs = room(for: UInt32.self, threadCount * logWords)
        size = (end + 7) & ~7
    }
}
