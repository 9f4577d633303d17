import KernelRuns
import RuleLanguage

/// What there is of kernels.
public struct KernelList {
    private struct Row {
        let release: String
        let origin: String
        let size: String
        let rules: String
        let caution: String?
    }

    private let rows: [Row]
    private let isEmpty: Bool
    private let path: String

    /// Makes a list of the kernels of a store, the host's kernel before them.
    ///
    /// - Parameter library: Where the rule set of each is looked for.
    public init(_ store: KernelStore, host: KernelRelease, library: RuleLibrary) throws(KernelError) {
        let kernels = try store.kernels()
        let own = KernelList.row(host, origin: "this machine", bytes: nil, library)
        rows =
            [own]
            + kernels.map { kernel in
                KernelList.row(kernel.release, origin: kernel.origin, bytes: store.size(of: kernel), library)
            }
        isEmpty = kernels.isEmpty
        path = store.path
    }

    private static func row(
        _ release: KernelRelease, origin: String, bytes: Int?, _ library: RuleLibrary
    ) -> Row {
        let size = bytes.map { "\(($0 + 1 << 19) >> 20) MiB" } ?? "-"
        do throws(ReleaseError) {
            let match = try library.set(forRelease: release.description)
            return Row(
                release: release.description, origin: origin, size: size, rules: match.set.name,
                caution: match.caution)
        } catch {
            return Row(
                release: release.description, origin: origin, size: size, rules: "-", caution: error.message)
        }
    }

    /// A table of them, what to bear in mind of each, and how to get kernels where there are none.
    public var text: String {
        let head = ["release", "rules", "size", "origin"]
        let cells = [head] + rows.map { [$0.release, $0.rules, $0.size, $0.origin] }
        let widths = head.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        let table = cells.map { cells in
            let padded = zip(cells, widths).dropLast().map { Layout.left($0, $1) + "  " }.joined()
            return padded + (cells.last ?? "") + "\n"
        }
        let cautions = rows.compactMap(\.caution).map { "note: " + $0 + "\n" }
        return table.joined() + (cautions.isEmpty ? "" : "\n" + cautions.joined()) + (isEmpty ? hint : "")
    }

    private var hint: String {
        """

        No other kernels are installed (in \(path)).
        'muster kernels install 5.10 6.1 6.12 7.2' fetches Debian's, as an ordinary user.

        """
    }
}
