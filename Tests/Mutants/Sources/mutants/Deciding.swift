import SwiftSyntax

// What is code that decides, and what are only words, values under construction or their encoding.

enum Deciding {
    /// Calls whose arguments are words for people.
    private static let speaking: Set<String> = [
        "alert", "alertOnce", "tell", "inform", "Notice", "Alert", "line", "illegal", "print",
    ]
    /// Calls that do nothing but say something; leaving them out is no mutant.
    private static let talk: Set<String> = ["tell", "inform", "line"]
    private static let talkingTargets = ["turn.notices", "errors.append", "volatile.stop?.errors"]
    private static let wordLabels: Set<String> = ["reason", "detail", "message", "text", "what"]
    private static let skippedFunctions: Set<String> = ["encode", "hash", "==", "description"]
    private static let skippedProperties: Set<String> = ["description", "debugDescription", "hashValue"]

    /// Whether a function's body decides something.
    static func decides(_ function: FunctionDeclSyntax) -> Bool {
        !skippedFunctions.contains(function.name.text)
            && !areWords(function.signature.returnClause?.type.trimmedDescription)
    }

    static func decides(_ binding: PatternBindingSyntax) -> Bool {
        !skippedProperties.contains(binding.pattern.trimmedDescription)
            && !areWords(binding.typeAnnotation?.type.trimmedDescription)
    }

    private static func areWords(_ type: String?) -> Bool {
        guard let type else { return false }
        return ["String", "String?", "[String]", "Notice", "Notice?", "[Notice]", "Alert", "Alert?"]
            .contains(type)
    }

    static func speaks(_ call: FunctionCallExprSyntax) -> Bool {
        speaking.contains(name(of: call)) || name(of: call).hasPrefix("Refus")
            || name(of: call).hasSuffix("Error")
    }

    static func isWords(_ argument: LabeledExprSyntax) -> Bool {
        argument.label.map { wordLabels.contains($0.text) } ?? false
    }

    static func isTalk(_ statement: ExprSyntax) -> Bool {
        let text = statement.trimmedDescription
        if talkingTargets.contains(where: { text.contains($0) }) { return true }
        guard let call = statement.as(FunctionCallExprSyntax.self) else { return false }
        return talk.contains(name(of: call))
    }

    static func name(of call: FunctionCallExprSyntax) -> String {
        if let reference = call.calledExpression.as(DeclReferenceExprSyntax.self) {
            return reference.baseName.text
        }
        if let member = call.calledExpression.as(MemberAccessExprSyntax.self) {
            return member.declName.baseName.text
        }
        return ""
    }

    // MARK: Values

    /// Whether this is the only statement of something whose value it may be.
    static func isValue(_ item: CodeBlockItemSyntax) -> Bool {
        guard let list = item.parent?.as(CodeBlockItemListSyntax.self), list.count == 1,
            let owner = list.parent
        else { return false }
        if owner.is(ClosureExprSyntax.self) || owner.is(AccessorBlockSyntax.self) { return true }
        if let branch = owner.as(SwitchCaseSyntax.self) {
            return branch.parent?.parent.map { isValue($0) } ?? false
        }
        guard let block = owner.as(CodeBlockSyntax.self), let whole = block.parent else { return false }
        if let function = whole.as(FunctionDeclSyntax.self) { return !isVoid(function) }
        if let accessor = whole.as(AccessorDeclSyntax.self) {
            return accessor.accessorSpecifier.text == "get"
        }
        if whole.is(IfExprSyntax.self) { return isValue(whole) }
        return false
    }

    /// The same of a branching: it is used as a value unless it is a statement among others.
    private static func isValue(_ branching: Syntax) -> Bool {
        guard let parent = branching.parent else { return false }
        if parent.is(ExpressionStmtSyntax.self), let item = parent.parent?.as(CodeBlockItemSyntax.self) {
            return isValue(item)
        }
        if let item = parent.as(CodeBlockItemSyntax.self) { return isValue(item) }
        if parent.is(IfExprSyntax.self) { return isValue(parent) }
        return true
    }

    static func isVoid(_ function: FunctionDeclSyntax) -> Bool {
        guard let type = function.signature.returnClause?.type.trimmedDescription else { return true }
        return type == "Void" || type == "()"
    }

    /// What a function of this type can return without having done anything; one empty text for nothing at all.
    static func hasty(_ type: TypeSyntax?) -> [String] {
        guard let type else { return [""] }
        if ["Void", "()"].contains(type.trimmedDescription) { return [""] }
        if type.trimmedDescription == "Bool" { return ["false", "true"] }
        if type.is(OptionalTypeSyntax.self) { return ["nil"] }
        if type.is(ArrayTypeSyntax.self) { return ["[]"] }
        if type.is(DictionaryTypeSyntax.self) { return ["[:]"] }
        return []
    }
}
