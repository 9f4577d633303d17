// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that who builds Muster does not build this.
let package = Package(
    name: "direct",
    dependencies: [.package(name: "muster", path: "../..")],
    targets: [
        .executableTarget(
            name: "direct",
            dependencies: [
                .product(name: "VirtualMemory", package: "muster"),
                .product(name: "RuleLanguage", package: "muster"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
