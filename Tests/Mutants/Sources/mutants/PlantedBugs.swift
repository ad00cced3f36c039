import Foundation
import SwiftSyntax

// Planted bugs as entries of the same build: where a patch changes only bodies of functions and computed properties,
// both texts stand in the scratch build and the bug's number chooses. What changes anything else stays a patch.

struct PlantedChoice: Sendable {
    let number: Int
    let path: String
    let start: Int
    let end: Int
    let prefix: String
    /// What the original needs in front to stand under an `else`.
    let opening: String
}

struct PlantedBug: Sendable {
    let name: String
    let number: Int
    var choices: [PlantedChoice] = []
    /// Why it is not in this build.
    var obstacle: String?

    /// Numbers from here up are planted bugs', far above those of the drawn mutants.
    static let firstNumber = 10_000
}

enum PlantedBugs {
    /// - Parameter scratch: an empty folder of ours.
    static func read(_ checkout: Checkout, scratch: String, modules: Set<String>) throws -> [PlantedBug] {
        let folder = "Tests/PlantedBugs"
        let patches = try checkout.files(under: folder).filter { $0.hasSuffix(".patch") }
        return try patches.enumerated().map { index, patch in
            let name = String(patch.dropFirst(folder.count + 1).dropLast(".patch".count))
            var bug = PlantedBug(name: name, number: PlantedBug.firstNumber + index)
            let touched = try checkout.text(patch).split(separator: "\n")
                .filter { $0.hasPrefix("+++ b/") }.map { String($0.dropFirst(6)) }
            let copy = "\(scratch)/\(name)"
            for path in touched {
                let target = "\(copy)/\(path)"
                let parent = String(target[..<(target.lastIndex(of: "/") ?? target.endIndex)])
                try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
                try checkout.text(path).write(toFile: target, atomically: false, encoding: .utf8)
            }
            let applied = Child.run(
                [
                    "/usr/bin/env", "GIT_CEILING_DIRECTORIES=\(scratch)", "git", "apply",
                    "\(checkout.root)/\(patch)",
                ],
                in: copy, limit: 60)
            guard applied.end == .exit(0) else {
                bug.obstacle = "does not apply"
                return bug
            }
            for path in touched {
                guard modules.contains(module(of: path)) else {
                    bug.obstacle = "changes \(path), which is not in the scratch build"
                    break
                }
                let changed = try String(contentsOfFile: "\(copy)/\(path)", encoding: .utf8)
                guard let choices = choices(path, try checkout.text(path), changed, number: bug.number)
                else {
                    bug.obstacle = "changes more of \(path) than bodies"
                    break
                }
                bug.choices += choices
            }
            if bug.obstacle != nil { bug.choices = [] }
            return bug
        }
    }

    static func module(of path: String) -> String {
        String(path.split(separator: "/").dropFirst().first ?? "")
    }

    /// The choices that turn one text into the other, or nil when bodies alone can't.
    private static func choices(_ path: String, _ original: String, _ changed: String, number: Int)
        -> [PlantedChoice]?
    {
        let before = Bodies.of(Checkout.parse(original))
        let after = Bodies.of(Checkout.parse(changed))
        guard before.map(\.name) == after.map(\.name) else { return nil }
        var choices: [PlantedChoice] = []
        var rebuilt: [UInt8] = []
        var copied = 0
        let bytes = Array(original.utf8)
        for (old, new) in zip(before, after) where old.text != new.text {
            rebuilt += bytes[copied..<old.start] + Array(new.text.utf8)
            copied = old.end
            choices.append(
                PlantedChoice(
                    number: number, path: path, start: old.start, end: old.end,
                    prefix: " let _ = 0; if mutantIs(\(number)) {\(new.explicit)} else {",
                    opening: old.opening))
        }
        rebuilt += bytes[copied...]
        return rebuilt == Array(changed.utf8) ? choices : nil
    }
}

/// What stands between the braces of each function and computed property, outermost only.
private final class Bodies: SyntaxVisitor {
    struct Body {
        let name: String
        let start: Int
        let end: Int
        let text: String
        /// With the `return` that one value alone may go without, and with nothing for an empty body.
        let explicit: String
        /// What the original needs in front to stand under an `else`.
        let opening: String
    }
    private var found: [Body] = []

    static func of(_ tree: Syntax) -> [Body] {
        let visitor = Bodies(viewMode: .sourceAccurate)
        visitor.walk(tree)
        return visitor.found
    }

    override func visit(_ node: FunctionDeclSyntax) -> SyntaxVisitorContinueKind {
        guard let body = node.body else { return .skipChildren }
        let head = "\(node.name.text)\(node.signature.trimmedDescription)"
        add(head, body.statements, body.leftBrace, body.rightBrace, isValue: !Deciding.isVoid(node))
        return .skipChildren
    }

    override func visit(_ node: AccessorBlockSyntax) -> SyntaxVisitorContinueKind {
        if case .getter(let statements) = node.accessors {
            let name = node.parent?.as(PatternBindingSyntax.self)?.pattern.trimmedDescription ?? "subscript"
            add(name, statements, node.leftBrace, node.rightBrace, isValue: true)
        }
        return .skipChildren
    }

    private func add(
        _ name: String, _ statements: CodeBlockItemListSyntax, _ left: TokenSyntax, _ right: TokenSyntax,
        isValue: Bool
    ) {
        let text = left.trailingTrivia.description + statements.description + right.leadingTrivia.description
        var explicit = text
        var opening = ""
        if isValue, statements.count == 1, let only = statements.first {
            let value = only.trimmedDescription
            // A branching whose branches return by themselves stays a statement.
            let branches = value.hasPrefix("switch ") || value.hasPrefix("if ")
            let returns = only.tokens(viewMode: .sourceAccurate).contains {
                $0.tokenKind == .keyword(.return)
            }
            if !(branches && returns), !value.hasPrefix("return"), !value.hasPrefix("throw") {
                opening = "return "
                explicit = "\nreturn \(value)\n"
            }
        }
        found.append(
            Body(
                name: name, start: left.endPositionBeforeTrailingTrivia.utf8Offset,
                end: right.positionAfterSkippingLeadingTrivia.utf8Offset, text: text, explicit: explicit,
                opening: opening))
    }
}
