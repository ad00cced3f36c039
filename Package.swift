// swift-tools-version: 6.2
import PackageDescription

// The arrows of the design: each module imports only what stands above it here.
// Warnings are errors in our own code; Swift 6 mode brings complete concurrency checking.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "trader247",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "trader247", targets: ["trader247"]),
        .executable(name: "trader247-guardian", targets: ["trader247-guardian"]),
        .executable(name: "trader247-sim", targets: ["trader247-sim"]),
        // For authors of strategies: `trader247 strategy new` makes a package that depends on these two.
        .library(name: "TraderKit", targets: ["TraderKit"]),
        .library(name: "StrategyTesting", targets: ["StrategyTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    ],
    targets: [
        .target(name: "CLinux"),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "TradingDomain", swiftSettings: strict),
        .target(name: "Trading", dependencies: ["TradingDomain"], swiftSettings: strict),
        .target(name: "Strategies", dependencies: ["TradingDomain", "Trading"], swiftSettings: strict),
        .target(name: "ExchangeModel", dependencies: ["TradingDomain"], swiftSettings: strict),
        .target(
            name: "Simulation",
            dependencies: ["TradingDomain", "Trading", "Strategies", "ExchangeModel", "Supervision"],
            swiftSettings: strict),
        // No Foundation: the process that must never fail stays small.
        .target(name: "Supervision", dependencies: ["CLinux"], swiftSettings: strict),
        .target(
            name: "Storage",
            dependencies: [
                "CLinux", "CCrypto", "TradingDomain", "Trading",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        // Reports, an order's story, gates before live: values in, values and text out.
        .target(name: "Analysis", dependencies: ["TradingDomain", "Trading"], swiftSettings: strict),
        .target(
            name: "Exchanges",
            dependencies: ["CLinux", "TradingDomain", "Trading", "ExchangeModel"],
            swiftSettings: strict),
        // The core and the matching engine in the time of recorded data: pure, no thread, no clock, no file.
        .target(
            name: "Backtesting",
            dependencies: ["TradingDomain", "Trading", "ExchangeModel", "Exchanges"],
            swiftSettings: strict),
        // JSON that somebody else wrote: bounded in size and depth before anything decodes it.
        .target(name: "ForeignJSON", dependencies: ["TradingDomain"], swiftSettings: strict),
        .target(name: "WebTokens", dependencies: ["CCrypto", "ForeignJSON"], swiftSettings: strict),
        // HTTP and WebSockets over TLS, for venues and for alerts: one request in, one outcome out.
        .target(
            name: "Transport",
            dependencies: [
                "CLinux",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        .target(
            name: "Coinbase",
            dependencies: [
                "CLinux", "TradingDomain", "Trading", "ExchangeModel", "Exchanges", "ForeignJSON",
                "WebTokens",
                "Transport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .target(
            name: "Sandbox",
            dependencies: [
                "CLinux", "TradingDomain", "ExchangeModel", "ForeignJSON", "WebTokens",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        .target(
            name: "Daemon",
            dependencies: ["CLinux", "TradingDomain", "Trading", "Supervision", "Storage", "Exchanges"],
            swiftSettings: strict),
        // Strategies that are programs of their own: what they are told and may say, and how they are run.
        .target(
            name: "ExternalStrategies",
            dependencies: ["CLinux", "TradingDomain", "Trading", "Daemon", "ForeignJSON"],
            swiftSettings: strict),
        // Metrics by swift-metrics, as Prometheus reads them, and what the loop tells of itself.
        .target(
            name: "Telemetry",
            dependencies: [
                "CLinux", "TradingDomain", "Trading", "Daemon",
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: strict),
        .target(
            name: "Control",
            dependencies: [
                "CLinux", "TradingDomain", "Trading", "Storage", "Daemon", "ForeignJSON",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            resources: [
                .embedInCode("Console/console.html"), .embedInCode("Console/console.css"),
                .embedInCode("Console/console.js"),
            ],
            swiftSettings: strict),
        .target(
            name: "Alerting",
            dependencies: [
                "CLinux", "CCrypto", "TradingDomain", "Trading", "Storage", "Daemon", "Transport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        // What a terminal shows of a bot: pure, values to lines.
        .target(
            name: "Viewing", dependencies: ["TradingDomain", "Trading", "Daemon", "Control"],
            swiftSettings: strict),
        .executableTarget(name: "trader247-guardian", dependencies: ["Supervision"], swiftSettings: strict),
        // The whole command line: the binary trader247 is one call of it, and so are those of strategies' authors.
        .target(
            name: "TraderCommands",
            dependencies: [
                "CLinux", "TradingDomain", "Trading", "Strategies", "ExchangeModel", "Storage",
                "Analysis", "Exchanges", "Coinbase", "Transport", "Sandbox", "WebTokens", "Daemon", "Control",
                "Alerting", "Supervision", "Telemetry", "Backtesting", "ExternalStrategies", "Viewing",
                "Yams",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .executableTarget(name: "trader247", dependencies: ["TraderCommands"], swiftSettings: strict),
        .target(
            name: "TraderKit", dependencies: ["TradingDomain", "Trading", "Strategies", "TraderCommands"],
            swiftSettings: strict),
        // A simulated market for the tests of strategies, in virtual time.
        .target(
            name: "StrategyTesting",
            dependencies: ["TradingDomain", "Trading", "ExchangeModel", "Exchanges", "Backtesting"],
            swiftSettings: strict),
        .executableTarget(
            name: "trader247-sim", dependencies: ["Simulation"], swiftSettings: strict),
        // Damaged input for the adapter's decoders, the readers of foreign JSON, the sandbox and the control API; for
        // developers, so no product.
        .executableTarget(
            name: "trader247-fuzz",
            dependencies: [
                "Coinbase", "Control", "Daemon", "ExternalStrategies", "ForeignJSON", "Sandbox", "Trading",
                "TradingDomain",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: strict),
        // Beside the daemon, what its benchmarks need; built by `make bench`.
        .executableTarget(
            name: "trader247-bench",
            dependencies: [
                "CLinux", "TradingDomain", "Trading", "Strategies", "ExchangeModel", "Exchanges", "Daemon",
                "Coinbase", "Telemetry", "Transport", "WebTokens",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),

        .testTarget(
            name: "TradingDomainTests", dependencies: ["TradingDomain"], swiftSettings: strict),
        .testTarget(
            name: "TradingTests", dependencies: ["Trading", "Strategies", "TradingDomain"],
            swiftSettings: strict),
        .testTarget(
            name: "StrategiesTests", dependencies: ["Strategies", "Trading", "TradingDomain", "Exchanges"],
            swiftSettings: strict),
        .testTarget(
            name: "AnalysisTests", dependencies: ["Analysis", "Trading", "TradingDomain"],
            swiftSettings: strict),
        .testTarget(
            name: "ExchangeModelTests", dependencies: ["ExchangeModel", "TradingDomain"],
            swiftSettings: strict),
        .testTarget(
            name: "StorageTests",
            dependencies: [
                "CCrypto", "Storage", "Trading", "TradingDomain",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ExchangesTests",
            dependencies: ["CLinux", "Exchanges", "ExchangeModel", "Trading", "TradingDomain"],
            swiftSettings: strict),
        .testTarget(
            name: "BacktestingTests",
            dependencies: [
                "Backtesting", "Exchanges", "ExchangeModel", "Trading", "TradingDomain", "Strategies",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ForeignJSONTests", dependencies: ["ForeignJSON", "TradingDomain"], swiftSettings: strict),
        .testTarget(name: "WebTokensTests", dependencies: ["WebTokens"], swiftSettings: strict),
        .testTarget(
            name: "CoinbaseTests",
            dependencies: [
                "Coinbase", "Transport", "WebTokens", "ExchangeModel", "Exchanges", "ForeignJSON", "Trading",
                "TradingDomain",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SandboxTests",
            dependencies: [
                "Sandbox", "WebTokens", "ExchangeModel", "TradingDomain",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SupervisionTests", dependencies: ["CLinux", "Supervision"], swiftSettings: strict),
        .testTarget(
            name: "SimulationTests", dependencies: ["Simulation", "Trading", "TradingDomain"],
            swiftSettings: strict),
        .testTarget(
            name: "DaemonTests",
            dependencies: ["Daemon", "Storage", "Exchanges", "Trading", "TradingDomain", "Strategies"],
            swiftSettings: strict),
        .testTarget(
            name: "ExternalStrategiesTests",
            dependencies: ["ExternalStrategies", "Daemon", "Trading", "TradingDomain"],
            swiftSettings: strict),
        .testTarget(
            name: "ControlTests",
            dependencies: ["Control", "Daemon", "Trading", "TradingDomain"], swiftSettings: strict),
        .testTarget(
            name: "ViewingTests",
            dependencies: ["Viewing", "Control", "Daemon", "Trading", "TradingDomain"],
            swiftSettings: strict),
        .testTarget(
            name: "AlertingTests",
            dependencies: [
                "Alerting", "Daemon", "Storage", "Trading", "TradingDomain", "Transport", "CLinux",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "TelemetryTests",
            dependencies: [
                "Telemetry", "Daemon", "Trading", "TradingDomain",
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "TraderKitTests",
            dependencies: [
                "TraderKit", "TraderCommands", "StrategyTesting", "Strategies", "Trading", "TradingDomain",
                "Daemon",
                "CLinux",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ProcessTests",
            dependencies: [
                "trader247", "trader247-guardian", "Daemon", "Exchanges", "TradingDomain", "CLinux",
                "WebTokens",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "RealShellTests",
            dependencies: [
                "Daemon", "Storage", "Exchanges", "ExchangeModel", "Trading", "TradingDomain", "Strategies",
            ],
            swiftSettings: strict),
    ]
)
