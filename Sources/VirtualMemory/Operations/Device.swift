// What holders do with references: reading a pipe, a device's DMA, and letting go.

extension Execution {
    /// Reads a word through a reference: the read end of a pipe, or a device that reads memory.
    ///
    /// - Returns: the word, or a negative errno.
    mutating func readReference(_ process: Int, _ reference: Int, _ word: Int) throws(Failure) -> Int {
        try atomically(Site("device", "reads the page that the reference leads to")) { machine in
            guard machine.holds(process, reference) else { return -Errno.ebadf }
            let target = machine[reference: reference].target
            guard target.isPresent, machine[frame: target.frame].references > 0 else {
                machine.breaks(.safety)
                return 0
            }
            return Int(machine[content: target.frame, word])
        }
    }

    /// A device writes a word through a reference.
    ///
    /// - Returns: 0 or a negative errno.
    mutating func writeReference(
        _ process: Int, _ reference: Int, _ word: Int, _ value: UInt16
    ) throws(Failure) -> Int {
        try atomically(Site("device", "writes the page that the reference leads to")) { machine in
            guard machine.holds(process, reference) else { return -Errno.ebadf }
            let record = machine[reference: reference]
            guard record.isForWriting else { return -Errno.eacces }
            guard record.target.isPresent, machine[frame: record.target.frame].references > 0 else {
                machine.breaks(.safety)
                return 0
            }
            machine.store(
                value,
                StoreAct(
                    process: Int(record.owner), page: machine.pageOfReference(reference), word: word,
                    frame: record.target.frame, thread: nil, through: record.through,
                    isGivenUp: record.isGivenUp))
            return 0
        }
    }

    /// A process closes neighbouring references; the last holder's close drops them. Mirrors unpin_user_pages, put_page.
    ///
    /// - Returns: 0 or -EBADF.
    mutating func close(_ process: Int, references: Range<Int>) throws(Failure) -> Int {
        let isOpen = try inRounds(references.count) { execution, step throws(Failure) in
            let index = references.lowerBound + step
            return try execution.atomically(Site("close", "lets go of the reference")) { machine in
                guard machine.holds(process, index) else { return false }
                machine.letGo(index, of: process)
                return true
            }
        }
        return isOpen ? 0 : -Errno.ebadf
    }
}
