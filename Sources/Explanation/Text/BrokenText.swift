import VirtualMemory

/// Names violations.
enum BrokenText {
    /// `isolation`, `durability (through a pin)`
    static func title(_ violation: Violation) -> String {
        switch violation.through {
        case .mapping: violation.guarantee.name
        case .pin: "\(violation.guarantee.name) (through a pin)"
        case .get: "\(violation.guarantee.name) (through a GET)"
        }
    }
}
