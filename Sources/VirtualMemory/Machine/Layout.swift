/// Where each array of a machine begins in its block, in bytes.
///
/// Arrays whose elements hold frames come in one run, so that renaming frames is one pass; the logs come last, because
/// only their used words are hashed.
struct Layout {
    let globals, frames, contents, spaces, tables, vmaLocks, mapped: Int
    let entries, translations, gathered, references, registers, threads, logs: Int
    /// Bytes of the whole block, a multiple of 8.
    let size: Int
    let frameCount, pageCount, processCount, threadCount, wordCount, tableCount, mappingCount: Int
    let referenceCount, registerCount, entriesPerTable, logWords: Int

    init(_ geometry: Geometry, vmaLocks hasVMALocks: Bool) {
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

        var end = 0
        func room<T>(for type: T.Type, _ count: Int) -> Int {
            let alignment = max(MemoryLayout<T>.alignment, 1)
            end = (end + alignment - 1) / alignment * alignment
            defer { end += MemoryLayout<T>.stride * count }
            return end
        }
        globals = room(for: Globals.self, 1)
        frames = room(for: Frame.self, frameCount)
        spaces = room(for: AddressSpace.self, processCount)
        entries = room(for: PageTableEntry.self, processCount * pageCount)
        translations = room(
            for: PageTableEntry.self, threadCount * pageCount * Machine.staleTranslations)
        gathered = room(for: PageTableEntry.self, threadCount * pageCount)
        references = room(for: Reference.self, referenceCount)
        registers = room(for: UInt32.self, registerCount)
        threads = room(for: MachineThread.self, threadCount)
        contents = room(for: UInt16.self, frameCount * wordCount)
        mapped = room(for: MappedPage.self, processCount * pageCount)
        tables = room(for: PageTable.self, processCount * tableCount)
        vmaLocks = room(for: VMALock.self, processCount * mappingCount)
        end = (end + 7) & ~7
        logs = room(for: UInt32.self, threadCount * logWords)
        size = (end + 7) & ~7
    }
}
