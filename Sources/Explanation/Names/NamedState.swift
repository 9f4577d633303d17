import VirtualMemory

/// A state of the machine in which every frame in use has a name, which it keeps until it is freed: f1, f2, … in the order
/// in which the execution first uses them.
struct NamedState: Sendable {
    let snapshot: MachineSnapshot
    /// The number in each frame's name, by the frame's number in the machine.
    let numbers: [Int: Int]
    /// The names of the frames that registers hold, be they in use still or not.
    let registerFrames: [Int: Int]
    /// What a pin adds to a frame's references.
    let pinBias: Int

    /// The name of a frame in use.
    func name(of frame: Int) -> String {
        if frame == MachineView.zeroFrame { return "the zero page" }
        return numbers[frame].map { "f\($0)" } ?? "a free frame"
    }

    /// The frame that has a name; nil where it is not in use.
    func frame(numbered number: Int) -> Int? { numbers.first { $0.value == number }?.key }
}

extension NamedState {
    /// The states of an execution, from the initial one on, with the same names throughout.
    static func states(of snapshots: [MachineSnapshot], pinBias: Int) -> [NamedState] {
        var numbers: [Int: Int] = [:]
        var registers: [Int: Int] = [:]
        var last = 0
        var previous: MachineSnapshot?
        return snapshots.map { snapshot in
            for frame in snapshot.frames.indices.dropFirst() where !snapshot.isInUse(frame) {
                numbers[frame] = nil
            }
            for frame in snapshot.framesInOrder where numbers[frame] == nil {
                last += 1
                numbers[frame] = last
            }
            for (index, value) in snapshot.registers.enumerated() where value != previous?.registers[index] {
                if case .frame(let frame) = value { registers[index] = numbers[frame & 0xff_ffff] }
            }
            previous = snapshot
            return NamedState(
                snapshot: snapshot, numbers: numbers, registerFrames: registers, pinBias: pinBias)
        }
    }
}

extension MachineSnapshot {
    /// Whether a frame is neither free nor given back for a place in swap.
    fileprivate func isInUse(_ frame: Int) -> Bool {
        frames[frame].references > 0 && !frames[frame].marks.contains(.swapped)
    }

    /// The frames in use but the zero page's: those that are mapped in the order of processes and pages, then the others.
    fileprivate var framesInOrder: [Int] {
        var order: [Int] = []
        for frame in spaces.flatMap({ $0.pages.compactMap { $0.entry?.frame } }) + Array(frames.indices)
        where frame != MachineView.zeroFrame && isInUse(frame) && !order.contains(frame) {
            order.append(frame)
        }
        return order
    }
}
