import RuleLanguage

/// Releases of Linux from one on, up to but not including another one.
struct KernelSpan: Hashable {
    /// Nil for all before the end.
    let first: KernelVersion?
    /// Nil for all that come.
    var end: KernelVersion?

    /// The releases of a range; nil for packages, which are no releases.
    init?(_ range: KernelRange) {
        switch range {
        case .series(let version): (first, end) = (version, version.next)
        case .range(let from, let upTo): (first, end) = (from, upTo)
        case .from(let from): (first, end) = (from, nil)
        case .before(let upTo): (first, end) = (nil, upTo)
        case .debian: return nil
        }
    }

    /// Ranges in words, with those that follow one another joined.
    static func text(of ranges: [KernelRange]) -> String {
        let spans = ranges.compactMap(KernelSpan.init).sorted { first, second in
            guard let other = second.first else { return false }
            return first.first.map { $0 < other } ?? true
        }
        var joined: [KernelSpan] = []
        for span in spans {
            if let last = joined.last, let start = span.first, last.end.map({ start <= $0 }) ?? true {
                if let end = last.end, span.end.map({ end < $0 }) ?? true {
                    joined[joined.count - 1].end = span.end
                }
            } else {
                joined.append(span)
            }
        }
        let packages = ranges.compactMap {
            if case .debian(let series) = $0 { "Debian's \(series)" } else { nil }
        }
        return (joined.map(\.text) + packages).joined(separator: "; ")
    }

    private var text: String {
        switch (first, end) {
        case (nil, nil): "all"
        case (nil, let end?): "before \(end)"
        case (let first?, nil): "\(first) and later"
        case (let first?, let end?): end == first.next ? "\(first)" : "\(first) to before \(end)"
        }
    }
}

extension KernelVersion {
    /// The version after this one's series: 5.9 after 5.8, 6.4.3 after 6.4.2.
    fileprivate var next: KernelVersion? {
        var numbers = numbers
        numbers[numbers.count - 1] += 1
        return KernelVersion(numbers.map(String.init).joined(separator: "."))
    }
}
