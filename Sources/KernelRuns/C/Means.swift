import TestLanguage

/// How a reference of the test language is taken on a real kernel.
enum Means: Hashable {
    /// vmsplice(2).
    case pipe
    /// A fixed buffer of io_uring: pinned for writing, for long.
    case fixedBuffer
    /// A read(2) with O_DIRECT into the pages, in flight.
    case directRead
    /// A write(2) with O_DIRECT from the pages, queued.
    case directWrite
    /// A mapping of the IOMMU, for a device of VFIO.
    case vfio(writes: Bool)
    /// Memory for packets, of AF_XDP.
    case packetMemory
    /// The pages of a memfd, by udmabuf.
    case dmaBuffer
    /// Nothing that a user can reach, and why.
    case none(String)

    /// The means for a call, with what it needs.
    ///
    /// The kernel's own calls have no door of their own: a driver's pin or get of the same kind stands for them.
    static func means(for interface: Interface?) -> (means: Means, needs: [Feature]) {
        switch interface {
        case .vmsplice, .get(.read, _): (.pipe, [.vmsplice])
        case .ioUringRegister, .rdmaRegister(.write), .pin(.write, longterm: true, _):
            (.fixedBuffer, [.ioUring])
        case .rdmaRegister(.read):
            (.none("a read-only memory region needs an RDMA device"), [])
        case .vfioMap(let access, let dirtyTracking):
            (.vfio(writes: access == .write), dirtyTracking ? [.vfio, .iommuDirtyTracking] : [.vfio])
        case .pin(.read, longterm: true, _): (.vfio(writes: false), [.vfio])
        case .xdpUmemRegister: (.packetMemory, [.xdp])
        case .directRead: (.directRead, [.directIO])
        case .directWrite: (.directWrite, [.directIO])
        case .pin(.write, longterm: false, _): (.directRead, [.directIO, .directIOPins])
        case .pin(.read, longterm: false, _): (.directWrite, [.directIO, .directIOPins])
        case .get(.write, _): (.directRead, [.directIO, .directIOGets])
        case nil: (.dmaBuffer, [.udmabuf])
        }
    }

    /// The function in C that reads a word of a page whenever it is called; nil where there is none.
    var reader: String? {
        switch self {
        case .pipe, .fixedBuffer, .vfio: "read_\(name)"
        case .packetMemory, .directRead, .directWrite, .dmaBuffer, .none: nil
        }
    }

    /// The one that stores a word.
    var writer: String? {
        switch self {
        case .fixedBuffer, .vfio(writes: true): "write_\(name)"
        case .pipe, .vfio(writes: false), .packetMemory, .directRead, .directWrite, .dmaBuffer, .none: nil
        }
    }

    /// The one that lets go of the pages.
    var closer: String? {
        if case .none = self { nil } else { "close_\(name)" }
    }

    /// The name of its functions in C: `take_…`, `read_…`, `write_…`, `close_…`.
    var name: String {
        switch self {
        case .pipe: "pipe"
        case .fixedBuffer: "fixed_buffer"
        case .directRead: "direct_read"
        case .directWrite: "direct_write"
        case .vfio: "vfio"
        case .packetMemory: "packet_memory"
        case .dmaBuffer: "dma_buffer"
        case .none: "nothing"
        }
    }
}
