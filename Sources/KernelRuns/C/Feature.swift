/// What a test needs of a kernel and its surroundings beyond mappings and processes; the raw value is its name in C.
///
/// The compiled program asks for each feature when it begins, and says why a test that needs it cannot run there.
public enum Feature: String, Sendable, Hashable, CaseIterable {
    case vmsplice = "VMSPLICE"
    case ioUring = "IO_URING"
    case keeper = "KEEPER"
    case directIO = "DIRECT_IO"
    case directIOPins = "DIRECT_IO_PINS"
    case directIOGets = "DIRECT_IO_GETS"
    case vfio = "VFIO"
    case iommuDirtyTracking = "IOMMU_DIRTY_TRACKING"
    case xdp = "XDP"
    case udmabuf = "UDMABUF"
    case userfaultfd = "USERFAULTFD"
    case userfaultfdWriteProtect = "USERFAULTFD_WP"
    case softDirty = "SOFT_DIRTY"
    case pagemapScan = "PAGEMAP_SCAN"
    case frameNumbers = "FRAME_NUMBERS"
    case mappingCounts = "MAPPING_COUNTS"
    case youngBits = "YOUNG_BITS"
    case swap = "SWAP"
    case fileReclaim = "FILE_RECLAIM"
    case limitedSwap = "LIMITED_SWAP"
    case diskFile = "DISK_FILE"
    case ksm = "KSM"
    case hugePages = "HUGE_PAGES"
    case collapse = "COLLAPSE"
    case hugetlb = "HUGETLB"
    case migration = "MIGRATION"
    case memoryCgroup = "MEMORY_CGROUP"
    case lruBatches = "LRU_BATCHES"
    case remoteAccess = "REMOTE_ACCESS"
    case forcedAccess = "FORCED_ACCESS"

    /// Its constant in C.
    var constant: String { "NEEDS_" + rawValue }
    /// The initializer of its part of the runtime, in C.
    var part: String { rawValue + "_PART" }

    /// The file of the runtime that has it.
    var header: String {
        switch self {
        case .vmsplice: "pipe.h"
        case .ioUring: "io_uring.h"
        case .keeper: "keeper.h"
        case .directIO, .directIOPins, .directIOGets: "direct_io.h"
        case .vfio, .iommuDirtyTracking: "vfio.h"
        case .xdp: "packet_memory.h"
        case .udmabuf: "dma_buffer.h"
        case .userfaultfd, .userfaultfdWriteProtect: "userfault.h"
        case .frameNumbers, .mappingCounts: "looks.h"
        case .softDirty, .pagemapScan, .youngBits: "tracking.h"
        case .swap, .fileReclaim, .limitedSwap: "swap.h"
        case .diskFile: "files.h"
        case .ksm: "ksm.h"
        case .hugePages, .collapse: "huge.h"
        case .hugetlb: "hugetlb.h"
        case .migration: "migrate.h"
        case .memoryCgroup: "memcg.h"
        case .lruBatches: "lru.h"
        case .remoteAccess, .forcedAccess: "remote.h"
        }
    }
}
