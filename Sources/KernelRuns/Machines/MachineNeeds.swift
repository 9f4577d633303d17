/// What a program wants of a machine beyond processors and memory. What is left out makes a machine start sooner.
public struct MachineNeeds: OptionSet, Sendable, Hashable {
    /// A bit for each need.
    public let rawValue: Int

    /// Takes bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// A device that reads and writes memory behind an IOMMU, and VFIO to drive it.
    public static let device = MachineNeeds(rawValue: 1)
    /// Two nodes of memory, so that pages can be moved.
    public static let nodes = MachineNeeds(rawValue: 2)
    /// Something to swap to.
    public static let swap = MachineNeeds(rawValue: 4)
    /// File systems that the program itself serves.
    public static let fuse = MachineNeeds(rawValue: 8)

    /// Everything.
    public static let all: MachineNeeds = [.device, .nodes, .swap, .fuse]

    /// The names of the modules that bring it, where they are not in the kernel itself. Some are no module on some
    /// kernels, for what they do came with another one before or later.
    var modules: [String] {
        var names: [String] = []
        if contains(.fuse) { names.append("fuse") }
        // Kernels before 6.12 compress swap with what they ask a helper in user space for, which is not there.
        if contains(.swap) { names += ["lzo", "lzo_rle", "zram"] }
        if contains(.device) { names += ["vfio", "vfio_iommu_type1", "vfio_pci"] }
        return names
    }
}
