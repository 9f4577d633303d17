/// A user of references to pages: a system call or a subsystem that a test can name.
public enum Interface: UInt8, CaseIterable, Sendable, Hashable {
    /// vmsplice(2) of user memory into a pipe.
    case vmsplice
    /// Fixed buffers of io_uring.
    case ioUringRegister
    /// Memory regions of RDMA (`ib_umem_get`).
    case rdmaRegister
    /// DMA mappings of VFIO type 1.
    case vfioMap
    /// The umem of AF_XDP.
    case xdpUmemRegister
    /// udmabuf on a memfd.
    case udmabuf
    /// read(2) with O_DIRECT: the device writes into the page.
    case directRead
    /// write(2) with O_DIRECT: the device reads the page.
    case directWrite
    /// process_vm_readv(2).
    case processVMRead
    /// process_vm_writev(2).
    case processVMWrite
    /// `/proc/PID/mem` and ptrace(2).
    case procMem

    /// The name in the text of a rule set.
    public var name: String {
        switch self {
        case .vmsplice: "vmsplice"
        case .ioUringRegister: "io_uring_register"
        case .rdmaRegister: "rdma_register"
        case .vfioMap: "vfio_map"
        case .xdpUmemRegister: "xdp_umem_register"
        case .udmabuf: "udmabuf"
        case .directRead: "direct_read"
        case .directWrite: "direct_write"
        case .processVMRead: "process_vm_read"
        case .processVMWrite: "process_vm_write"
        case .procMem: "proc_mem"
        }
    }
}

/// With which flags an interface asks for its references.
public struct Request: Sendable, Hashable {
    /// FOLL_PIN; FOLL_GET otherwise.
    public var isPin: Bool
    /// FOLL_WRITE or not.
    public var access: Access
    /// FOLL_LONGTERM.
    public var longterm: Bool
    /// The fast path, which takes no lock, is never tried.
    public var slow: Bool
    /// FOLL_FORCE. Where `access` is `write`, it is used only for a caller who asked to read: who asks to write into a
    /// mapping that he may not write is refused.
    public var force: Bool

    /// For what the references are taken.
    public enum Access: UInt8, Sendable, Hashable {
        /// For reading, whatever the caller does later.
        case read
        /// For writing, even where the caller only reads.
        case write
        /// As the caller says.
        case asAsked
    }

    /// Makes a request.
    public init(isPin: Bool, access: Access, longterm: Bool = false, slow: Bool = false, force: Bool = false)
    {
        self.isPin = isPin
        self.access = access
        self.longterm = longterm
        self.slow = slow
        self.force = force
    }

    /// Whether FOLL_WRITE and FOLL_FORCE are set for a caller who asks to write, or only to read.
    public func flags(askedToWrite: Bool) -> (write: Bool, force: Bool) {
        switch access {
        case .read: (false, force)
        case .write: (true, force && !askedToWrite)
        case .asAsked: (askedToWrite, force)
        }
    }
}
