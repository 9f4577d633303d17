import Glibc

/// Whether the long versions of tests run: with `MUSTER_FULL=1` in the environment, for an optimised build.
package enum FullRun {
    /// Whether it was asked for.
    package static let isWanted = getenv("MUSTER_FULL").map { String(cString: $0) == "1" } ?? false
}
