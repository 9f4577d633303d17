// The page cache: which frame holds which page of a file, a memfd or shared anonymous memory.
//
// A frame in it has one reference from there. Its page is uptodate whenever it is not locked: whoever adds a page to the cache holds
// its lock until the content is there.
extension Machine {
    @inline(__always) func backing(of page: Int) -> PageBacking { world.pointee.backings[page] }
    @inline(__always) var cacheCount: Int { layout.cacheCount }

    /// Whether anything but private anonymous memory can be mapped at a page.
    @inline(__always) func isFileBacked(_ page: Int) -> Bool {
        world.pointee.hasFiles && !backing(of: page).isAnonymous
    }

    /// VM_SHARED.
    @inline(__always) func isShared(_ page: Int) -> Bool {
        world.pointee.hasFiles && backing(of: page).isShared
    }

    /// Whether an entry at a page maps the page cache, and not a page of the process's own. A page leaves the cache only when nothing
    /// maps it any more.
    @inline(__always) func mapsCache(_ entry: PageTableEntry, at page: Int) -> Bool {
        guard world.pointee.hasFiles, entry.isPresent, let slot = backing(of: page).slot else { return false }
        let cached = self[cache: slot]
        return cached.isPresent && cached.frame == entry.frame
    }

    /// The place in the page cache that a frame is in; nil for one that is not there.
    func cacheSlot(of frame: Int) -> Int? {
        (0..<cacheCount).first { self[cache: $0].isPresent && self[cache: $0].frame == frame }
    }

    /// Whether the file system wants to hear of the first store to a page, and counts dirty ones (vma_wants_writenotify).
    func isDirtyTracked(_ slot: Int) -> Bool { world.pointee.cacheSlots[slot].kind == .file }

    /// A word of a file as read(2) gives it: of the page cache, or of the disk.
    func fileWord(_ slot: Int, _ word: Int) -> UInt16 {
        let cached = self[cache: slot]
        return cached.isPresent ? self[cached: slot, word] : self[stored: slot, word]
    }

    /// A word of what the cache has of a page. Precondition: it is there.
    subscript(cached slot: Int, word: Int) -> UInt16 {
        @inline(__always) get {
            self[content: self[cache: slot].frame, self.place(ofWord: word, inSlot: slot)]
        }
        @inline(__always) nonmutating _modify {
            yield &self[content: self[cache: slot].frame, self.place(ofWord: word, inSlot: slot)]
        }
    }
    @inline(__always) private func place(ofWord word: Int, inSlot slot: Int) -> Int {
        isLarge(self[cache: slot].frame) ? subpage(slot) &* wordCount &+ word : word
    }

    /// Puts a frame into the page cache, locked, with what is stored of the page, and one reference more for the cache.
    ///
    /// Precondition: the page is not there; of a huge page, none is.
    func addToCache(_ frame: Int, at slot: Int) {
        self[frame: frame].references &+= 1
        self[frame: frame].isLocked = true
        for slot in slots(of: frame, at: slot) {
            self[cache: slot] = PageTableEntry(frame: frame, writable: false, dirty: false)
            for word in 0..<wordCount {
                self[cached: slot, word] = self[stored: slot, word]
                // Swap that was read is given up; a disk keeps what it has.
                if !isDirtyTracked(slot) { self[stored: slot, word] = 0 }
            }
            // What shared memory has in a frame is nowhere else.
            self[cache: slot].isDirty = !isDirtyTracked(slot)
        }
    }

    /// The places in the page cache that a frame takes which is, or is to be, at one of them.
    private func slots(of frame: Int, at slot: Int) -> Range<Int> {
        isLarge(frame) ? group(slot) : slot..<(slot + 1)
    }

    /// Takes a page out of the page cache, with the cache's reference.
    func removeFromCache(_ slot: Int) {
        let cached = self[cache: slot]
        guard cached.isPresent else { return }
        for slot in slots(of: cached.frame, at: slot) { self[cache: slot] = .none }
        put(cached.frame)
    }

    /// set_page_dirty on a frame that the page cache has.
    func makeCachedPageDirty(_ frame: Int) {
        if let slot = cacheSlot(of: frame) { self[cache: slot].isDirty = true }
    }

    /// The entry with which a fault maps a page of the cache (vm_page_prot): of shared memory writable where the mapping is, of a
    /// file only for a store, which the file system hears of, and of a private mapping never.
    func cacheEntry(_ frame: Int, _ process: Int, _ page: Int, forWriting: Bool = false) -> PageTableEntry {
        let mapped = self[mapped: process, page]
        let backing = backing(of: page)
        let isTracked = backing.slot.map { isDirtyTracked($0) } ?? true || isTrackedHere(process, page)
        var entry = PageTableEntry(
            frame: frame, writable: backing.isShared && mapped.isWritable && (forWriting || !isTracked),
            dirty: forWriting)
        entry.isProtectedNone = !mapped.isReadable && !mapped.isWritable
        entry.isYoung = world.pointee.observesYoung
        entry.isSoftDirty = forWriting && layout.keepsTracking
        if hasMarker(process, page) {
            entry.isUserfaultProtected = true
            entry.isWritable = false
        }
        return entry
    }

    /// Maps a page of the cache where nothing is mapped; a reference that the caller has becomes the mapping's.
    func mapCached(_ entry: PageTableEntry, _ process: Int, _ page: Int) {
        addMapping(entry.frame, process, page)
        change(entry: process, page, to: entry)
        checkCoherence(process, page)
    }

    /// Frees the frames of shared anonymous memory that nobody has mapped any more, and what the pool keeps for it. Mirrors the last
    /// fput of the mapping's file.
    func releaseUnmappedMemory() {
        for slot in 0..<cacheCount where world.pointee.cacheSlots[slot].goesWithLastMapping {
            guard self[cache: slot] != .none || isReservedInPool(slot) else { continue }
            let object = world.pointee.cacheSlots[slot].object
            guard !isMappedAnywhere(object) else { continue }
            unreserve(slot)
            removeFromCache(slot)
            self[cache: slot] = .none
        }
    }

    private func isMappedAnywhere(_ object: Int) -> Bool {
        (0..<pageCount).contains { page in
            guard let slot = backing(of: page).slot, world.pointee.cacheSlots[slot].object == object else {
                return false
            }
            return (0..<processCount).contains { self[mapped: $0, page].isMapped }
        }
    }
}
