/// One thing that a process or a thread does: `RESULT = DOING`, or only the doing.
public struct Statement: Syntax {
    /// What is done.
    public let kind: Kind
    /// The register that keeps what comes of it, or the name of the reference that it takes; nil for none.
    public let result: Name?
    /// Where it stands; with the block, where it has one.
    public let place: Place

    /// Makes a statement.
    public init(_ kind: Kind, result: Name? = nil, at place: Place = .nowhere) {
        self.kind = kind
        self.result = result
        self.place = place
    }

    /// The statements.
    public enum Kind: Sendable, Hashable {
        // MARK: The processor

        /// `*x = 1`
        case store(Location, UInt16)
        /// `r = *x`: always has a result.
        case load(Location)

        // MARK: Processes, threads and order

        /// `fork C { … }`; a result is 0 or a negative errno.
        case fork(Name, Block)
        /// `vfork C { … }`; a result is 0 or a negative errno.
        case vfork(Name, Block)
        /// `thread T { … }`
        case thread(Name, Block)
        /// `exit`
        case exit
        /// `exec`
        case exec
        /// `kill(P)`
        case kill(Name)
        /// `wait C`
        case wait(Name)
        /// `join T`
        case join(Name)
        /// `signal e`
        case signal(Name)
        /// `await e`
        case await(Name)

        // MARK: Calls on mappings

        /// `map …`: the process maps it now.
        case map(MapDeclaration)
        /// `munmap(x)`
        case munmap(Address)
        /// `mremap(x)`: to elsewhere; then x names the new place.
        case mremap(Address)
        /// `mprotect(x, PROT_READ | PROT_WRITE)`
        case mprotect(Address, Protection)
        /// `mlock(x)`
        case mlock(Address)
        /// `madvise(x, MADV_DONTNEED)`
        case madvise(Address, Advice)
        /// `cow_opt_out()`
        case cowOptOut

        // MARK: References and devices

        /// `b = io_uring_register(x)` and its like; the result names the reference.
        case reference(Interface, Address)
        /// `b = udmabuf(F)`; the result names the reference.
        case udmabuf(Name)
        /// `r = read(p)`: what a pipe refers to.
        case read(HandleLocation)
        /// `r = dma_read(b)`: the device reads memory.
        case dmaRead(HandleLocation)
        /// `dma_write(b, 3)`: the device writes memory.
        case dmaWrite(HandleLocation, UInt16)
        /// `complete(d, 7)`: the data of a direct_read arrives.
        case complete(HandleLocation, UInt16)
        /// `r = fetch(d)`: the device takes the data of a direct_write.
        case fetch(HandleLocation)
        /// `r = iommu_dirty(v)`; the word is 0 and does not count.
        case iommuDirty(HandleLocation)
        /// `rdma_reregister(b, write)`: asks for other access to a memory region, and keeps its pins.
        case reregister(Name, Access)
        /// `close(b)`
        case close(Name)
        /// `send(b, P)`: passes a reference to a process, under the same name.
        case send(Name, to: Name)

        // MARK: Other people's memory, and files

        /// `process_vm_writev(P, x, 4)` and its like; P may be the caller.
        case remote(RemoteAccess, process: Name, Location)
        /// `pwrite(F, 4)`
        case pwrite(FileLocation, UInt16)

        // MARK: Looking and tracking

        /// `f = frame(x)` and its like: looks, which are no accesses.
        case look(Look, Address)
        /// `clear_refs()`, or `clear_refs(young)`
        case clearRefs(young: Bool)
        /// `uffd_…`, `await_fault` and `poll_fault`
        case userfault(UserfaultCall, Address)

        // MARK: The kernel's own doings

        /// `reclaim(x)` and its like, done now. An address without a process is of the process that says it.
        case kernel(Doing)
        /// `memcg_limit(P, 3)`: what P may be charged from now on, in frames, 1 to 65535.
        case memcgLimit(Name, Int)
    }
}
