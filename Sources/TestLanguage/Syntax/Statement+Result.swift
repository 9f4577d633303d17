extension Statement.Kind {
    /// Whether a statement has a result that can be kept.
    enum ResultRule {
        case none, optional, required
    }

    var resultRule: ResultRule {
        switch self {
        case .store, .thread, .exit, .exec, .wait, .join, .signal, .await, .map: .none
        default: resultKind == .status ? .optional : .required
        }
    }

    /// What a result is.
    var resultKind: ResolvedTest.RegisterKind {
        switch self {
        case .load, .read, .dmaRead, .fetch: .value
        case .remote(.processVMRead, _, _), .remote(.procMemRead, _, _): .value
        case .look(.frame, _): .frame
        case .look(.mapcount, _), .look(.pageCount, _): .count
        case .look, .iommuDirty, .userfault(.pollFault, _): .flag
        case .reference, .udmabuf: .reference
        default: .status
        }
    }
}
