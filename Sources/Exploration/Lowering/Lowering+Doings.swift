import Diagnostics
import TestLanguage
import VirtualMemory

// Other people's memory, and the kernel's own doings.
extension Lowering {
    /// The operations of a statement; nil where the statement is none of these, or is not modelled.
    mutating func lowerDoing(
        _ statement: Statement, _ actor: ResolvedTest.Actor, _ target: UInt16?
    ) -> [Operation]? {
        switch statement.kind {
        case .remote(let access, let name, let location):
            guard let process = process(name), let range = range(of: location.address) else { return [] }
            return lowerRemote(access, process, range, use(location.word), target)
        case .kernel(.lruAdd(let address)):
            return doingPages(address, memory(of: actor)).map {
                [.addToBatch(process: $0.process, $0.pages, background: false, register: target)]
            } ?? []
        case .kernel(.lruDrain): return [.drainBatches(background: false, register: target)]
        case .kernel(let doing):
            return lowerPageDoing(doing, memory(of: actor), background: false, target).map { [$0] }
        default: return nil
        }
    }

    private mutating func lowerRemote(
        _ access: RemoteAccess, _ process: UInt8, _ range: PageRange, _ word: UInt8, _ target: UInt16?
    ) -> [Operation] {
        let reference = kernelReferences(for: range)
        switch (access, target) {
        case (.processVMWrite(let value), _):
            return [
                .writeRemotely(
                    .processVMWrite, process: process, range, word: word, value: value, reference: reference,
                    register: target)
            ]
        case (.procMemWrite(let value), _):
            return [
                .writeRemotely(
                    .procMem, process: process, range, word: word, value: value, reference: reference,
                    register: target)
            ]
        case (.processVMRead, let target?):
            return [
                .readRemotely(
                    .processVMRead, process: process, page: range.first, word: word, reference: reference,
                    register: target)
            ]
        case (.procMemRead, let target?):
            return [
                .readRemotely(
                    .procMem, process: process, page: range.first, word: word, reference: reference,
                    register: target)
            ]
        case (_, nil): return []
        }
    }

    /// Room for references that the kernel holds while it reaches into the pages.
    private mutating func kernelReferences(for range: PageRange) -> UInt16 {
        let first = pageOfReference.count
        pageOfReference += Int(range.first)..<(Int(range.first) + Int(range.count))
        return UInt16(first)
    }

    /// The process whose memory an actor has at the statement that is lowered: that of its parent until it executes another
    /// program, if it began by vfork.
    private func memory(of actor: ResolvedTest.Actor) -> UInt8 {
        let hasExecuted = operations[actor.index].contains(.exec)
        return UInt8(processes[hasExecuted ? actor.process : actor.memory])
    }

    private func doingPages(
        _ address: DoingAddress, _ own: UInt8
    ) -> (process: UInt8, pages: PageRange)? {
        guard let pages = range(of: address.address) else { return nil }
        return (address.process.flatMap { process($0) } ?? own, pages)
    }

    /// Reclaim, migration and merging; nil where the doing is none of these, or is not modelled.
    private func lowerPageDoing(
        _ doing: Doing, _ own: UInt8, background: Bool, _ target: UInt16?
    ) -> Operation? {
        guard isModelledHuge(doing) else { return nil }
        return switch doing {
        case .reclaim(let address):
            doingPages(address, own).map {
                .reclaim(process: $0.process, $0.pages, background: background, register: target)
            }
        case .shrink(let address):
            doingPages(address, own).map {
                .shrink(process: $0.process, $0.pages, background: background, register: target)
            }
        case .retract(let address):
            doingPages(address, own).map {
                .retract(process: $0.process, page: $0.pages.first, background: background, register: target)
            }
        case .collapse(let address):
            doingPages(address, own).flatMap {
                guard $0.pages.first % 4 == 0, $0.pages.count % 4 == 0 else { return nil }
                return .makeHuge(
                    process: $0.process, $0.pages, background: background, register: target)
            }
        case .migrate(let address):
            doingPages(address, own).map {
                .migrate(process: $0.process, $0.pages, background: background, register: target)
            }
        case .numaScan(let address):
            doingPages(address, own).map {
                .scanForNUMA(process: $0.process, $0.pages, background: background, register: target)
            }
        case .ksmMerge(let first, let second):
            doingPages(first, own).flatMap { first in
                doingPages(second, own).map { second in
                    .merge(
                        process: first.process, page: first.pages.first, otherProcess: second.process,
                        otherPage: second.pages.first, background: background, register: target)
                }
            }
        default: nil
        }
    }

    /// Counts, for each reference, the words that the text has data of a direct read arrive in.
    mutating func countCompletions() {
        for actor in test.actors {
            for statement in actor.block.statements {
                guard case .complete(let place, _) = statement.kind,
                    let reference = reference(place, actor)
                else { continue }
                completions[Int(reference), default: 0] += 1
            }
        }
    }

    /// What the kernel may do by itself: a thread of its own for each, which belongs to no process of the test.
    mutating func lowerBackground() {
        for declaration in test.test.declarations {
            guard case .background(let doing) = declaration.kind else { continue }
            guard let operation = lowerBackground(doing) else {
                notModelled("\(declaration)", declaration.span)
                continue
            }
            background.append(declaration)
            operations.append([operation])
        }
    }

    private func lowerBackground(_ doing: Doing) -> Operation? {
        switch doing {
        case .lruAdd(let address):
            doingPages(address, 0).map {
                .addToBatch(process: $0.process, $0.pages, background: true, register: nil)
            }
        case .lruDrain: .drainBatches(background: true, register: nil)
        default: lowerPageDoing(doing, 0, background: true, nil)
        }
    }
}
