import TestLanguage

// Faults that a userfaultfd holds up.

extension Course {
    /// Orders who stores to a watched page with who takes the event, and with what wakes it.
    mutating func orderFaults() {
        let takings = steps.filter {
            if case .userfault(.awaitFault, _) = $0.statement?.kind { true } else { false }
        }
        var done: Set<StatementOrder.Step> = []
        for taking in takings {
            guard case .userfault(_, let address) = taking.statement?.kind else { continue }
            let watched = address.mapping.text
            guard let fault = fault(on: watched, takenBy: taking.step, except: done) else { continue }
            order.add(fault.begin, before: taking.step.end)
            if let wake = wake(of: watched, after: taking.step), isOnlyWake(wake, of: watched, fault) {
                order.add(wake.end, before: fault.end)
                done.insert(fault)
            }
            order.settle()
        }
    }

    /// The access whose event an `await_fault` takes; nil where it may be one of several.
    private func fault(
        on mapping: String, takenBy taking: StatementOrder.Step, except done: Set<StatementOrder.Step>
    ) -> StatementOrder.Step? {
        let registrations = steps.compactMap { step -> (StatementOrder.Step, UserfaultModes)? in
            guard case .userfault(.register(let modes), let address) = step.statement?.kind,
                address.mapping.text == mapping
            else { return nil }
            return (step.step, modes)
        }
        guard !registrations.contains(where: { $0.1.contains(.eventFork) }) else { return nil }
        let watchesLoads = registrations.contains { !$0.1.isDisjoint(with: [.missing, .minor]) }
        var first: [Int: StatementOrder.Step] = [:]
        for candidate in steps where candidate.step.row != taking.row && !done.contains(candidate.step) {
            guard let (name, onlyReads) = candidate.statement?.faultsOn, name.text == mapping,
                watchesLoads || !onlyReads, first[candidate.step.row] == nil,
                !order.comes(taking.end, before: candidate.step.begin),
                !registrations.allSatisfy({ order.comes(candidate.step.end, before: $0.0.begin) })
            else { continue }
            first[candidate.step.row] = candidate.step
        }
        return first.count == 1 ? first.values.first : nil
    }

    /// What lets the access go on: the first waking call behind the `await_fault`.
    private func wake(of mapping: String, after taking: StatementOrder.Step) -> StatementOrder.Step? {
        var isUnprotected = false
        for step in steps where step.step.row == taking.row && step.step.index > taking.index {
            guard case .userfault(let call, let address) = step.statement?.kind,
                address.mapping.text == mapping
            else { continue }
            switch call {
            case .resolve(wake: true), .copy, .continue: return step.step
            case .resolve(wake: false): isUnprotected = true
            // One that is woken at a protected page comes back with another event.
            case .wake: return isUnprotected ? step.step : nil
            case .awaitFault, .unregister: return nil
            case .register, .writeprotect, .pollFault: continue
            }
        }
        return nil
    }

    /// Whether nothing else may let the access go on earlier.
    private func isOnlyWake(
        _ wake: StatementOrder.Step, of mapping: String, _ fault: StatementOrder.Step
    ) -> Bool {
        steps.allSatisfy { step in
            step.step == wake || !(step.statement?.mayWake(mapping) ?? true)
                || order.comes(step.step.end, before: fault.begin)
                || order.comes(fault.end, before: step.step.begin)
                || order.comes(wake.end, before: step.step.begin)
        }
    }
}

extension Statement {
    /// Whether it may let an access go on that a userfaultfd holds up.
    fileprivate func mayWake(_ mapping: String) -> Bool {
        switch kind {
        case .userfault(let call, let address):
            switch call {
            case .resolve(wake: true), .copy, .continue, .wake, .unregister: address.mapping.text == mapping
            case .resolve(wake: false), .register, .writeprotect, .awaitFault, .pollFault: false
            }
        case .munmap(let address), .mremap(let address), .madvise(let address, _), .mprotect(let address, _):
            address.mapping.text == mapping
        case .exit, .exec, .kill: true
        default: false
        }
    }
}
