// The package that `strategy new` makes.

import FoundationEssentials
import Strategies

struct StrategyPackage {
    let name: String
    let source: PackageSource

    /// What the files are, by their paths in the package.
    var files: [(path: String, text: String)] {
        var files = [
            ("Sources/\(name)/\(type).swift", Self.strategy),
            ("Sources/\(name)/main.swift", Self.main),
            ("Tests/\(name)-tests/\(type)Tests.swift", Self.tests),
            ("config.yaml", Self.configuration),
            ("README.md", Self.readme),
            (".gitignore", Self.ignored),
        ].map { (path: $0.0, text: filled($0.1)) }
        files += [("Package.swift", manifest), ("Makefile", makefile)]
        // The versions that trader247 was tested with.
        if let versions { files.append((path: "Package.resolved", text: versions)) }
        return files
    }

    /// Why nothing can be called so; nil for a name.
    static func problem(withName name: String) -> String? {
        guard CustomKinds.isType(name), name.last != "-" else {
            return "is no name for a strategy: 1 to 32 of a-z, 0-9 and -, a letter first, no - at the end"
        }
        if Fields.strategyTypes.contains(name) { return "is the name of a strategy that is there already" }
        if name.hasPrefix("trader247") || name == "main" || keywords.contains(name) {
            return "cannot be the name of a Swift module of yours; take another one"
        }
        return nil
    }

    /// Those that no `import` can name.
    private static let keywords: Set<String> = [
        "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer", "deinit",
        "do", "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for", "func", "guard",
        "if",
        "import", "in", "init", "inout", "internal", "is", "let", "nil", "operator", "precedencegroup",
        "private", "protocol", "public", "repeat", "rethrows", "return", "self", "static", "struct",
        "subscript", "super", "switch", "throw", "throws", "true", "try", "typealias", "var", "where",
        "while",
    ]

    /// `ema-cross` is the struct `EmaCross`.
    private var type: String {
        name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private func filled(_ text: String) -> String {
        text.replacing("NAME", with: name).replacing("TYPE", with: type)
            .replacing("MODULE", with: name.replacing("-", with: "_"))
    }

    private var manifest: String {
        """
        // swift-tools-version: 6.2
        import PackageDescription

        let package = Package(
            name: "\(name)",
            platforms: [.macOS(.v15)],
            dependencies: [
                \(source.dependency)
            ],
            targets: [
                .executableTarget(
                    name: "\(name)",
                    dependencies: [
                        .product(name: "TraderKit", package: "\(source.identity)"),
                        // It looks after the orders when the trader dies, and has to lie beside it.
                        .product(name: "trader247-guardian", package: "\(source.identity)"),
                    ]),
                .testTarget(
                    name: "\(name)-tests",
                    dependencies: [
                        "\(name)", .product(name: "StrategyTesting", package: "\(source.identity)"),
                    ]),
            ]
        )

        """
    }

    private var makefile: String {
        let build: String =
            switch source {
            case .directory(let path):
                """
                # What is built in the checkout of trader247 serves here, too: a build of its own (BUILD=.build) takes minutes.
                BUILD ?= \(path.replacing("$", with: "$$").replacing("#", with: "\\#"))/.build
                """
            case .repository: "BUILD ?= .build"
            }
        return """
            # `make run` trades on paper, `make test` runs the tests.
            SWIFT ?= swift
            \(build)
            ARGS ?=

            .PHONY: build run test

            build:
            \t@$(SWIFT) build --scratch-path "$(BUILD)"

            run: build
            \t@SWIFT_BACKTRACE=enable=no exec "$(BUILD)/debug/\(name)" run --config config.yaml $(ARGS)

            test:
            \t@SWIFT_BACKTRACE=enable=no $(SWIFT) test --scratch-path "$(BUILD)" --disable-xctest $(ARGS)

            """
    }

    private var versions: String? {
        guard case .directory(let path) = source else { return nil }
        return try? String(contentsOf: URL(filePath: path + "/Package.resolved"), encoding: .utf8)
    }
}
