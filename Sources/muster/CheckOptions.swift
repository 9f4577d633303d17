import ArgumentParser
import Exploration
import Glibc
import Reports

/// Which rule sets to take.
struct RuleOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Rule sets by name, or files of rule sets; may be repeated, and lists have commas.",
            discussion: "All shipped ones where none is named.", valueName: "name|file"),
        completion: .file(extensions: ["rules"]))
    var rules: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("The rule set of a kernel, by what 'uname -r' says there.", valueName: "release"))
    var kernelRelease: String?
}

/// What to print, and how.
struct OutputOptions: ParsableArguments {
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json, herd
    }

    @Option(name: .long, help: "How to print the results.")
    var format: Format = .text

    @Option(name: .long, help: "Whether to use colours; NO_COLOR and CLICOLOR_FORCE are heeded.")
    var color: Palette.Choice = .auto

    @Flag(
        name: [.customLong("all"), .long],
        help: "Print every outcome and every broken guarantee, also where all is as expected.")
    var verbose = false

    @Flag(name: .long, help: "Leave out the matrix of rule sets against guarantees.")
    var noMatrix = false

    /// Which executions the format shows.
    var witnesses: Checker.WitnessWish {
        switch format {
        case .text: verbose ? .all : .unexpected
        case .json: .all
        case .herd: .none
        }
    }

    /// The results in the format.
    func text(of results: CheckResults) -> String {
        switch format {
        case .text:
            TextReport(
                results, palette: .of(STDOUT_FILENO, color),
                options: TextReport.Options(showsEverything: verbose, showsMatrix: !noMatrix)
            ).text
        case .json: JSONReport(results).text
        case .herd: HerdLog(results).text
        }
    }
}

/// How to search, and what it may use up.
struct SearchArguments: ParsableArguments {
    @Option(name: .long, help: "Distinct states of one search at the most.")
    var maxStates: Int?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Memory of all searches together at the most; three quarters of what is available unless said "
                + "otherwise.", valueName: "MiB"))
    var maxMemory: Int?

    @Option(name: .long, help: ArgumentHelp("Seconds of one search at the most.", valueName: "seconds"))
    var timeout: Double?

    @Option(
        name: .long,
        help: "How many tests are explored at a time; one for each processor unless said otherwise.")
    var workers: Int?

    @Flag(name: .long, help: "Tell states apart that differ only in the numbers of their frames.")
    var noSymmetry = false

    @Flag(name: .long, help: "Let others run between steps that nobody can see apart, too.")
    var noMovers = false

    /// How to search.
    var options: SearchOptions { SearchOptions(usesSymmetry: !noSymmetry, joinsMovers: !noMovers) }

    /// What one of so many searches may use up.
    func limits(workers: Int) -> SearchLimits {
        let memory = maxMemory.map { $0 << 20 } ?? MachineLimits.availableMemory / 4 * 3
        var limits = SearchLimits()
        limits.memory = memory / max(workers, 1)
        if let maxStates { limits.states = maxStates }
        if let timeout { limits.seconds = timeout }
        return limits
    }

    func validate() throws {
        for (name, value) in [("states", maxStates), ("memory", maxMemory)] {
            if let value, value < 1 { throw ValidationError("--max-\(name) must be at least 1") }
        }
        if let maxMemory, maxMemory > 1 << 30 { throw ValidationError("--max-memory is counted in MiB") }
        if let workers, !(1...1024).contains(workers) {
            throw ValidationError("--workers must be between 1 and 1024")
        }
        if let timeout, !(timeout > 0 && timeout < 1e9) {
            throw ValidationError("--timeout must be a number of seconds above 0")
        }
    }
}
