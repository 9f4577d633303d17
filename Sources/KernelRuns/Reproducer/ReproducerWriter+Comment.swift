import RuleLanguage
import TestLanguage

extension ReproducerWriter {
    /// The comment at the top: what the program shows, on which kernels, and how to use it.
    var comment: String {
        let name = test.test.name.text
        var lines = ["\(name)" + (test.test.summary.map { ": " + $0 } ?? ""), ""]
        lines += ["The test, in Muster's language; the functions below do what it says:", ""]
        lines += testText.map { $0.isEmpty ? "" : "    " + $0 }
        lines += [""] + kernels + [""] + usage + [""] + output + ["", "Made by \"muster emit\"."]
        let text = lines.flatMap { line -> [String] in
            let safe = statements.commentable(line)
            return CLayout.filledComment(safe)
        }
        return "// SPDX-License-Identifier: " + "Apache-2.0\n/*\n" + text.joined(separator: "\n") + "\n */\n"
    }

    /// The test without what is only said to Muster.
    private var testText: [String] {
        var shown = test.test
        shown.expectations = []
        shown.summary = nil
        var lines = "\(shown)".split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    // MARK: Kernels

    private var kernels: [String] {
        guard let verdicts else {
            return ["Which kernels are affected is not known: the model does not explore this test yet."]
        }
        var groups: [(words: String, kernels: [KernelRange])] = []
        for row in verdicts.rows {
            let words = words(for: row)
            if let same = groups.firstIndex(where: { $0.words == words }) {
                groups[same].kernels += row.kernels
            } else {
                groups.append((words, row.kernels))
            }
        }
        var lines = ["Which kernels are affected, by the model of their rules:", ""]
        let width = groups.map(\.words.count).max() ?? 0
        for group in groups {
            let padding = String(repeating: " ", count: width - group.words.count)
            let head = "    \(group.words)\(padding)   "
            let rest = String(repeating: " ", count: head.count)
            lines += CLayout.filled(
                KernelSpan.text(of: group.kernels), first: head, rest: rest, width: CLayout.width - 3)
        }
        return lines
    }

    private func words(for row: KernelVerdicts.Row) -> String {
        let broken = row.broken.isEmpty ? "" : row.broken.joined(separator: ", ") + " broken"
        let verdict =
            switch row.verdict {
            case .holds: "good"
            case .fails: "bad"
            case .undecided: "not decided: too much to explore"
            case .unusable: "not decided: its rules do not say"
            case .none: broken.isEmpty ? "keeps all guarantees" : ""
            }
        return [verdict, broken].filter { !$0.isEmpty }.joined(separator: "; ")
    }

    // MARK: Use

    private var usage: [String] {
        let file = test.test.name.text + ".c"
        var lines = ["Build and run:", "", "    cc -O1 -static -pthread -o reproducer \(file)"]
        lines.append("    ./reproducer" + (statements.isOrdered ? "" : " [RUNS]"))
        lines += ["", needs]
        if !statements.isOrdered {
            let what = sought == "BAD" ? "the bad outcome" : "the outcome"
            lines += [
                "",
                "Nothing orders all of its steps: it runs until \(what) is seen, \(10_000) times or 10 seconds unless "
                    + "RUNS says otherwise"
                    + (verdicts?.plan == nil ? "" : ", in every other run as the model came to it")
                    + ". That nothing was seen proves nothing.",
            ]
        }
        return lines
    }

    private var needs: String {
        let needs = statements.needs.sorted { $0.rawValue < $1.rawValue }.compactMap(\.inWords)
        guard !needs.isEmpty else { return "It needs nothing but Linux: no privileges, no configuration." }
        return "It needs " + needs.joined(separator: ", ")
            + "; where that is missing, it says so and is skipped."
    }

    // MARK: Output

    private var output: [String] {
        var lines = [
            "It exits with 0 when the kernel is good, 1 when it is bad, 4 when that cannot be told.", "",
        ]
        guard let condition = test.test.condition else {
            return lines + ["The test has no condition: what came of it is only printed."]
        }
        let said = condition.quantifier == .exists ? "seen" : "good"
        for (title, values) in [
            ("Printed when \(said)", verdicts?.good), ("Printed when bad", verdicts?.bad),
        ] {
            guard let values else { continue }
            let shown = test.registers.map { test.title(of: $0) }.compactMap { title in
                values[title].flatMap { $0 == "-" ? nil : "\(title) = \($0)" }
            }
            let others = (test.test.condition?.formula.operands ?? []).compactMap { operand -> String? in
                guard case .content = operand.kind, let value = values["\(operand)"] else { return nil }
                return "\(operand) = \(value)"
            }
            let all = shown + others
            guard !all.isEmpty else { continue }
            lines += ["\(title), for example:", ""] + all.map { "    # \($0)" } + [""]
        }
        return lines.dropLast()
    }

    /// The verdict that ends the runs.
    var sought: String { test.test.condition?.quantifier == .exists ? "GOOD" : "BAD" }
}

extension CWriter {
    /// A text that can stand in a comment of C.
    func commentable(_ text: String) -> String {
        text.replacing("*/", with: "* /").replacing("/*", with: "/ *")
    }
}

extension CLayout {
    /// A line of a comment, as one or several lines that begin with a star; what is indented stays in its line.
    static func filledComment(_ line: String) -> [String] {
        if line.isEmpty { return [" *"] }
        if line.hasPrefix("    ") || line.count + 3 <= width { return [" * " + line] }
        return filled(line, first: " * ", rest: " * ")
    }
}

extension Feature {
    /// What is needed, in words; nil where every kernel has it.
    fileprivate var inWords: String? {
        switch self {
        case .vmsplice, .remoteAccess: nil
        case .ioUring: "io_uring (5.1)"
        case .keeper: "pidfd_getfd (5.6)"
        case .directIO: "a FUSE device that may be mounted"
        case .directIOPins: "a kernel whose direct I/O pins pages"
        case .directIOGets: "a kernel whose direct I/O takes plain references"
        case .vfio: "root, an IOMMU and a device bound to VFIO"
        case .iommuDirtyTracking: "an IOMMU that tracks dirty pages"
        case .xdp: "root (AF_XDP)"
        case .udmabuf: "/dev/udmabuf"
        case .userfaultfd: "userfaultfd (root, or vm.unprivileged_userfaultfd = 1)"
        case .userfaultfdWriteProtect: "write-protection by userfaultfd (5.7)"
        case .softDirty: "CONFIG_MEM_SOFT_DIRTY"
        case .pagemapScan: "PAGEMAP_SCAN (6.7)"
        case .frameNumbers: "root (numbers of frames in /proc/PID/pagemap)"
        case .mappingCounts: "root (/proc/kpagecount)"
        case .youngBits: "root (/proc/PID/clear_refs and the flags of frames)"
        case .swap: "swap space"
        case .limitedSwap: "swap space of a few pages, and no other"
        case .fileReclaim: "a file system whose pages can be reclaimed"
        case .diskFile: "a file system on a disk"
        case .ksm: "root and CONFIG_KSM"
        case .hugePages: "transparent huge pages"
        case .collapse: "khugepaged or MADV_COLLAPSE (6.1)"
        case .hugetlb: "root (a pool of huge pages)"
        case .migration: "page migration"
        case .memoryCgroup: "root (a memory cgroup)"
        case .lruBatches: "root"
        case .forcedAccess: "/proc/PID/mem"
        }
    }
}
