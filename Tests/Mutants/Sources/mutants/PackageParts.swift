import SwiftParser
import SwiftSyntax

// The few targets of the product's package that the scratch build needs, read from its Package.swift: they must hang
// together without any package from outside.

struct PackageParts {
    struct Target {
        let name: String
        /// `target`, `executableTarget` or `testTarget`.
        let kind: String
        let dependencies: [String]
        var folder: String { kind == "testTarget" ? "Tests/\(name)" : "Sources/\(name)" }
    }
    /// In the order of the product's package.
    let targets: [Target]

    init(of checkout: Checkout, roots: [String]) throws {
        let reader = TargetReader(viewMode: .sourceAccurate)
        reader.walk(Parser.parse(source: try checkout.text("Package.swift")))
        var wanted = Set(roots)
        var open = roots
        while let name = open.popLast() {
            guard let target = reader.targets.first(where: { $0.name == name }) else {
                throw ToolError("Package.swift has no target \(name)")
            }
            if reader.foreign.contains(name) {
                throw ToolError("\(name) depends on another package, and the scratch build must not")
            }
            for other in target.dependencies where wanted.insert(other).inserted { open.append(other) }
        }
        targets = reader.targets.filter { wanted.contains($0.name) }
    }

    /// - Parameter mutated: the modules that read the switch.
    func manifest(mutated: Set<String>) -> String {
        var lines = [
            "// swift-tools-version: 6.2", "import PackageDescription", "let package = Package(",
            "    name: \"Scratch\", platforms: [.macOS(.v15)],", "    targets: [",
            "        .target(name: \"MutantSwitch\"),",
        ]
        for target in targets {
            let dependencies = target.dependencies + (mutated.contains(target.name) ? ["MutantSwitch"] : [])
            // Tests are compiled fast: they take less than a second anyway.
            let flags =
                target.kind == "testTarget" ? ["-suppress-warnings", "-Onone"] : ["-suppress-warnings"]
            lines.append(
                "        .\(target.kind)(name: \"\(target.name)\", dependencies: \(dependencies), "
                    + "swiftSettings: [.unsafeFlags(\(flags))]),")
        }
        return (lines + ["    ])", ""]).joined(separator: "\n")
    }
}

private final class TargetReader: SyntaxVisitor {
    var targets: [PackageParts.Target] = []
    /// Targets that use another package.
    var foreign: Set<String> = []

    override func visit(_ node: FunctionCallExprSyntax) -> SyntaxVisitorContinueKind {
        let kind = Deciding.name(of: node)
        guard ["target", "executableTarget", "testTarget"].contains(kind),
            let name = node.arguments.first(where: { $0.label?.text == "name" }).flatMap({
                text($0.expression)
            })
        else { return .visitChildren }
        let list = node.arguments.first { $0.label?.text == "dependencies" }?.expression.as(
            ArrayExprSyntax.self)
        let dependencies = list?.elements.map { text($0.expression) } ?? []
        if dependencies.contains(nil) { foreign.insert(name) }
        targets.append(
            PackageParts.Target(name: name, kind: kind, dependencies: dependencies.compactMap { $0 }))
        return .skipChildren
    }

    private func text(_ expression: ExprSyntax) -> String? {
        expression.as(StringLiteralExprSyntax.self)?.representedLiteralValue
    }
}
