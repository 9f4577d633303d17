@testable import VirtualMemory

extension Simulation {
    /// Leaves a process's mmap_lock held for writing by nobody.
    func holdLock(ofProcess process: Int) {
        view.machine[space: process].isWriteLocked = true
    }
}
