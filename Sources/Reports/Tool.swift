/// The tool as its reports name it.
public enum Tool {
    /// Its version.
    public static let version = "0.1.0"
    /// Name and version.
    public static let title = "muster \(version)"
}
