// swift-tools-version: 6.1
import PackageDescription

// The arrows between the targets run one way: the languages use Diagnostics; VirtualMemory uses nothing
// of ours but the compiled Rules that it is handed; Exploration uses both; Corpus finds and reads what there
// is to explore; KernelRuns makes C of tests and runs it on real kernels; Reports prints what came of it; the
// command line uses all.
let package = Package(
    name: "muster",
    products: [
        .executable(name: "muster", targets: ["muster"]),
        .library(name: "VirtualMemory", targets: ["VirtualMemory"]),
        // Gives the rules that a memory manager is made with.
        .library(name: "RuleLanguage", targets: ["RuleLanguage"]),
    ],
    dependencies: [
        // Parses the command line; completions and manual pages come with it.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        // Runs compilers, package tools, QEMU and the compiled tests, and ends them with us.
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0", traits: []),
        // Paths and file descriptors, as Subprocess takes them.
        .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
    ],
    targets: [
        .target(name: "Diagnostics"),
        .target(name: "TestLanguage", dependencies: ["Diagnostics"]),
        .target(name: "Rules"),
        .target(name: "RuleLanguage", dependencies: ["Diagnostics", "Rules"]),
        .target(name: "VirtualMemory", dependencies: ["Rules"]),
        .target(
            name: "Exploration",
            dependencies: ["Diagnostics", "TestLanguage", "RuleLanguage", "Rules", "VirtualMemory"]),
        .target(
            name: "Explanation",
            dependencies: ["Exploration", "TestLanguage", "RuleLanguage", "Rules", "VirtualMemory"]),
        .target(
            name: "Corpus", dependencies: ["Diagnostics", "TestLanguage", "RuleLanguage", "Exploration"]),
        .target(
            name: "KernelRuns",
            dependencies: [
                "Diagnostics", "TestLanguage", "RuleLanguage", "Rules", "VirtualMemory", "Exploration",
                "Corpus",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]),
        .target(
            name: "Reports",
            dependencies: [
                "Diagnostics", "TestLanguage", "RuleLanguage", "Rules", "VirtualMemory", "Exploration",
                "Corpus", "KernelRuns",
            ]),
        .executableTarget(
            name: "muster",
            dependencies: [
                "Diagnostics", "TestLanguage", "RuleLanguage", "Rules", "VirtualMemory", "Exploration",
                "Explanation", "Corpus", "KernelRuns", "Reports",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        // What several test targets share.
        .target(
            name: "TestSupport",
            dependencies: [
                "Diagnostics", "TestLanguage", "RuleLanguage", "Rules", "VirtualMemory", "Exploration",
            ],
            path: "Tests/TestSupport"),
        .testTarget(name: "VirtualMemoryTests", dependencies: ["TestSupport", "VirtualMemory", "Rules"]),
        .testTarget(
            name: "ExplorationTests",
            dependencies: [
                "TestSupport", "Corpus", "Exploration", "TestLanguage", "RuleLanguage", "VirtualMemory",
                "Rules",
            ]),
        .testTarget(name: "DiagnosticsTests", dependencies: ["Diagnostics"]),
        .testTarget(name: "LitmusTests", dependencies: ["TestLanguage", "Diagnostics"]),
        .testTarget(
            name: "ExplanationTests",
            dependencies: [
                "TestSupport", "Explanation", "Exploration", "RuleLanguage", "TestLanguage", "VirtualMemory",
                "Diagnostics",
            ],
            exclude: ["Golden"]),
        .testTarget(
            name: "TestLanguageTests", dependencies: ["TestLanguage", "Diagnostics"],
            exclude: ["Mistakes"]),
        .testTarget(name: "RuleLanguageTests", dependencies: ["RuleLanguage", "Rules", "Diagnostics"]),
        .testTarget(
            name: "CorpusTests", dependencies: ["Corpus", "TestLanguage", "Diagnostics", "TestSupport"]),
        .testTarget(
            name: "KernelRunsTests",
            dependencies: [
                "KernelRuns", "Corpus", "Exploration", "RuleLanguage", "TestLanguage", "VirtualMemory",
                "Diagnostics", "TestSupport",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            exclude: ["Golden"]),
        .testTarget(
            name: "ReportsTests",
            dependencies: [
                "Reports", "KernelRuns", "Corpus", "Exploration", "RuleLanguage", "TestLanguage",
                "VirtualMemory", "Diagnostics", "TestSupport",
            ],
            exclude: ["Golden", "Samples"]),
        .testTarget(name: "musterTests", dependencies: ["muster", "KernelRuns", "TestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)
