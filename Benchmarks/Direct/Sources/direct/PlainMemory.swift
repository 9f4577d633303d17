/// Copy-on-write between two processes, written down without sections, locks, rules or errors: what the memory manager's
/// numbers are held against.
///
/// It keeps the counts, entries and contents that copy-on-write needs, and nothing else.
struct PlainMemory: ~Copyable {
    private struct Frame {
        var references: Int32 = 0
        var mappings: Int32 = 0
    }
    private struct Entry {
        /// 0 for none.
        var frame: UInt32 = 0
        var isWritable = false
        var isDirty = false
    }

    private let entries: UnsafeMutablePointer<Entry>
    private let frames: UnsafeMutablePointer<Frame>
    private let contents: UnsafeMutablePointer<UInt64>
    private let pages: Int
    private var lastFrame = 0

    init(pages: Int) {
        self.pages = pages
        entries = .allocate(capacity: 2 * pages)
        entries.initialize(repeating: Entry(), count: 2 * pages)
        frames = .allocate(capacity: 2 * pages + 1)
        frames.initialize(repeating: Frame(), count: 2 * pages + 1)
        contents = .allocate(capacity: 2 * pages + 1)
        contents.initialize(repeating: 0, count: 2 * pages + 1)
    }

    deinit {
        entries.deallocate()
        frames.deallocate()
        contents.deallocate()
    }

    @inline(never) mutating func store(_ value: UInt16, to process: Int, page: Int) {
        let index = process &* pages &+ page
        let entry = entries[index]
        if !entry.isWritable { fault(index, entry) }
        let content = contents + Int(entries[index].frame)
        content.pointee = content.pointee & ~0xffff | UInt64(value)
    }

    private mutating func fault(_ index: Int, _ entry: Entry) {
        let old = Int(entry.frame)
        if old != 0, frames[old].references == 1 {
            entries[index] = Entry(frame: entry.frame, isWritable: true, isDirty: true)
            return
        }
        lastFrame &+= 1
        contents[lastFrame] = contents[old]
        frames[lastFrame] = Frame(references: 1, mappings: 1)
        entries[index] = Entry(
            frame: UInt32(truncatingIfNeeded: lastFrame), isWritable: true, isDirty: true)
        if old != 0 {
            frames[old].references &-= 1
            frames[old].mappings &-= 1
        }
    }

    /// Forks process 0 into process 1.
    @inline(never) mutating func fork() {
        for page in 0..<pages where entries[page].frame != 0 {
            entries[page].isWritable = false
            entries[pages &+ page] = entries[page]
            let frame = Int(entries[page].frame)
            frames[frame].references &+= 1
            frames[frame].mappings &+= 1
        }
    }
}
